"""Covers the programs behind the Makefile: exports, servers and how failures are told."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tools.console import Console
from tools.export import list_files
from tools.failure import StepError
from tools.paths import REPOSITORY
from tools.scratch import scratch
from tools.servers import Server, free_port, start_on_free_port
from tools.web import call, expect

PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(child.pid, flush=True)
time.sleep(600)
"""


SERVE = """
import http.server, sys
try:
    server = http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), http.server.SimpleHTTPRequestHandler)
except OSError:
    sys.exit("address already in use")
server.serve_forever()
"""


def is_alive(pid: int) -> bool:
    """Tell whether a process runs; one that ended and was not collected yet does not."""
    status = Path(f"/proc/{pid}/stat")
    if status.parent.parent.joinpath("self").exists():
        return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def wait_until_gone(pid: int) -> None:
    """Return once the system has carried out the end of a process; fail if it was not asked to."""
    for _ in range(200):
        if not is_alive(pid):
            return
        time.sleep(0.02)
    pytest.fail(f"process {pid} still runs")


class TestExport:
    def test_holds_new_files_and_leaves_out_what_git_ignores(self, tmp_path: Path) -> None:
        subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
        (tmp_path / ".gitignore").write_text("*.db\n")
        (tmp_path / "new.py").write_text("")
        (tmp_path / "addon.db").write_text("")
        assert list_files(tmp_path) == [Path(".gitignore"), Path("new.py")]

    def test_leaves_out_files_that_were_deleted(self, tmp_path: Path) -> None:
        subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
        (tmp_path / "gone.py").write_text("")
        subprocess.run(["git", "add", "gone.py"], cwd=tmp_path, check=True)
        (tmp_path / "gone.py").unlink()
        assert list_files(tmp_path) == []

    def test_works_without_git_and_leaves_out_caches(self, tmp_path: Path) -> None:
        for name in ("app/main.py", "app/__pycache__/main.pyc", ".mypy_cache/x.json", "build/log"):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text("")
        assert list_files(tmp_path) == [Path("app/main.py")]


class TestPorts:
    def test_preferred_one_is_taken_when_it_is_free(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        assert free_port(port) == port

    def test_another_one_is_taken_when_somebody_listens(self) -> None:
        with socket.socket() as busy:
            busy.bind(("127.0.0.1", 0))
            busy.listen()
            assert free_port(busy.getsockname()[1]) != busy.getsockname()[1]


class TestServer:
    def test_is_stopped_with_everything_it_started(self, tmp_path: Path) -> None:
        log = tmp_path / "server.log"
        with Server("parent", [sys.executable, "-c", PARENT], folder=tmp_path, log=log, settings={}) as server:
            while not log.read_text().strip():
                assert server.running
            child = int(log.read_text())
            assert is_alive(child)
        assert not server.running
        wait_until_gone(child)

    def test_one_that_ends_while_starting_is_named_with_its_exit_code(self, tmp_path: Path) -> None:
        command = [sys.executable, "-c", "import sys; sys.exit('no such table')"]
        with Server("the add-on", command, folder=tmp_path, log=tmp_path / "x.log", settings={}) as server:
            with pytest.raises(StepError, match="the add-on ended with exit code 1"):
                server.wait_until_answers("http://127.0.0.1:9/")
            assert server.last_lines() == "no such table"

    def test_answers_are_waited_for(self, tmp_path: Path) -> None:
        port = free_port(0)
        command = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"]
        with Server("files", command, folder=tmp_path, log=tmp_path / "x.log", settings={}) as server:
            server.wait_until_answers(f"http://127.0.0.1:{port}/")
            assert call("GET", f"http://127.0.0.1:{port}/nowhere").status == 404
            with pytest.raises(StepError, match="answered 404, not 200"):
                expect(200, "GET", f"http://127.0.0.1:{port}/nowhere")


class TestFreePort:
    def test_another_one_is_tried_when_somebody_takes_it_first(self, tmp_path: Path) -> None:
        servers: list[Server] = []

        def make(port: int) -> Server:
            # The first server finds its port taken: somebody listens there by the time it binds.
            if not servers:
                busy.bind(("127.0.0.1", port))
                busy.listen()
            command = [sys.executable, "-c", SERVE, str(port)]
            servers.append(Server("files", command, folder=tmp_path, log=tmp_path / "x.log", settings={}))
            return servers[-1]

        with socket.socket() as busy:
            try:
                port = start_on_free_port(make, preferred=0, path="/")
                assert port != busy.getsockname()[1]
                assert [server.running for server in servers] == [False, True]
            finally:
                for server in servers:
                    server.stop()


class TestScratch:
    def test_is_where_programs_write_what_is_temporary_and_goes_afterwards(self, tmp_path: Path) -> None:
        with scratch(tmp_path, needed=1) as settings:
            where = [sys.executable, "-c", "import tempfile; print(tempfile.gettempdir())"]
            said = subprocess.run(where, env={**os.environ, **settings}, check=True, capture_output=True, text=True)
            folder = Path(said.stdout.strip())
            assert (folder.parent, folder.stat().st_mode & 0o777) == (tmp_path, 0o755)
            (folder / "left").write_text("behind")
        assert [*tmp_path.iterdir()] == []

    def test_is_what_it_was_where_there_is_no_room_or_no_such_place(self, tmp_path: Path) -> None:
        for memory, needed in ((tmp_path, 2**60), (tmp_path / "none", 1)):
            with scratch(memory, needed=needed) as settings:
                assert settings == {}


class TestFailures:
    def test_name_the_step_the_evidence_and_what_to_try(self, capsys: pytest.CaptureFixture[str]) -> None:
        console = Console(3)
        with console.step("first"):
            pass
        with pytest.raises(StepError), console.step("install the add-on"):
            raise StepError("the host answered 400", seen="unknown scope", hint="read addon.toml")
        console.failed(StepError("the host answered 400", seen="unknown scope", hint="read addon.toml"), {"a.log": "x"})
        said = capsys.readouterr().err
        assert "FAILED at step 2, install the add-on: the host answered 400" in said
        assert said.index("unknown scope") < said.index("the last lines of a.log") < said.index("Try: read addon.toml")


class TestDemo:
    def test_a_failing_step_ends_it_with_its_name_and_leaves_nothing_running(self, tmp_path: Path) -> None:
        # An installer that cannot work: pip and uv are asked for an index that is not there.
        broken = {"PIP_INDEX_URL": "http://127.0.0.1:9/", "UV_DEFAULT_INDEX": "http://127.0.0.1:9/"}
        copy = tmp_path / "copy"
        for name in list_files(REPOSITORY):
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            (copy / name).write_bytes((REPOSITORY / name).read_bytes())
        settings = {
            "PIP_NO_INDEX": "1",
            "PIP_RETRIES": "0",
            "UV_OFFLINE": "1",
            "UV_NO_CACHE": "1",
            "ONCE": "1",
            **broken,
        }
        done = subprocess.run(
            [sys.executable, "-m", "tools.demo"],
            cwd=copy,
            env={**os.environ, **settings},
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 1
        assert "FAILED at step 1, " in done.stderr
        assert "packages could not be installed" in done.stderr
        assert "Try: " in done.stderr
