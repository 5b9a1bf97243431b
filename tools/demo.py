"""`make demo`: the first minute with an add-on, every step on this machine and printed as it happens."""

import os
import signal
import sys
import threading
from contextlib import ExitStack

from tools.bake import bake, install_project
from tools.console import Console
from tools.environments import program
from tools.failure import StepError
from tools.paths import LOGS, PROJECT, REPOSITORY
from tools.servers import Server, start_on_free_port
from tools.walk import BUILD, DESCRIPTOR, Walk, as_text, wait_for

STEPS = 8


def make_project(console: Console) -> None:
    """Bake the default project and install it."""
    with console.step("make a project: cookiecutter, with Enter at every question") as results:
        project = bake(progress=console.installer_line)
        results.append(f"{project.relative_to(REPOSITORY)}")
    with console.step("install it: pip install -c constraints.txt -e '.[dev]'") as results:
        installer = install_project(PROJECT, PROJECT / ".venv", progress=console.installer_line)
        results.append(f"done by {installer}")


def start_servers(console: Console, stack: ExitStack, servers: list[Server]) -> Walk:
    """Start the add-on and the host, each on its usual port or a free one."""

    def start(name: str, command: list[str], port: int, settings: dict[str, str]) -> Server:
        full = [program(PROJECT / ".venv", command[0]), *command[1:], "--port", str(port)]
        server = Server(f"the {name}", full, folder=PROJECT, log=LOGS / f"{name}.log", settings=settings)
        servers.append(stack.enter_context(server))
        return server

    def start_addon(port: int) -> Server:
        return start("add-on", ["uvicorn", "app.main:app"], port, {"BASE_URL": f"http://127.0.0.1:{port}"})

    def start_devhost(port: int) -> Server:
        return start("devhost", ["python", "-m", "devhost", "--addon", f"{addon}{DESCRIPTOR}"], port, {})

    with console.step("start the add-on: uvicorn app.main:app") as results:
        addon = f"http://127.0.0.1:{start_on_free_port(start_addon, preferred=8000, path='/health/ready')}"
        results.append(addon)
    with console.step("start a host: python -m devhost") as results:
        port = start_on_free_port(start_devhost, preferred=9000, path="/_devhost/installations")
        host = f"http://127.0.0.1:{port}"
        results.append(host)
    return Walk(host=host, addon=addon)


def use_addon(console: Console, walk: Walk) -> None:
    """Install the add-on, talk to it, report a build, look at what came of it."""
    with console.step("Admin installs the add-on in the room") as results:
        client_id = walk.install()
        welcome = wait_for(walk.notifications, what="greeting in the room")
        results.append(f"the add-on greets the room: {as_text(welcome[0]['message'])}")
    with console.step("Developer says /builds in the room") as results:
        before = len(walk.notifications())
        walk.say("/builds", user="developer")
        answers = wait_for(lambda: walk.notifications()[before:], what="answer in the room")
        results.append(f"the add-on answers: {as_text(answers[0]['message'])}")
    with console.step("Admin opens the settings page and creates an API token") as results:
        token = walk.create_api_token(client_id)
        results.append(f"{token[:6]}... (shown once)")
    with console.step("a CI server reports a build: POST /api/builds") as results:
        told, shown = len(walk.notifications()), walk.glances()
        walk.report_build(token)
        results.append(f"sent: {BUILD['name']} #{BUILD['number']} {BUILD['status']}")
        cards = wait_for(lambda: [one for one in walk.notifications()[told:] if "card" in one], what="card")
        results.append(f"the room gets a card: {cards[0]['card']['title']}, {cards[0]['card']['description']}")
        changed = wait_for(lambda: [one for one in walk.glances() if one not in shown], what="change of the glance")
        results.append(f"the glance says: {as_text(changed[0]['data']['label']['value'])}")


def stay(walk: Walk) -> None:
    """Print the addresses to open and wait for Ctrl-C."""
    print(
        f"\nRunning. Open:\n"
        f"  {walk.host}   the host: rooms, chat, the glance, the request log\n"
        f"  {walk.addon}   the add-on, for people; {walk.addon}/docs for its API\n"
        f"Logs are in {LOGS.relative_to(REPOSITORY)}/. Ctrl-C stops both.",
        flush=True,
    )
    threading.Event().wait()


def main() -> int:
    """Walk; with ONCE=1 stop at the end, otherwise stay until Ctrl-C. Return the exit code."""
    console = Console(STEPS)
    servers: list[Server] = []
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with ExitStack() as stack:
        try:
            make_project(console)
            walk = start_servers(console, stack, servers)
            use_addon(console, walk)
            if os.environ.get("ONCE", "") in {"", "0"}:
                stay(walk)
        except StepError as error:
            console.failed(error, {server.log.name: server.last_lines() for server in servers})
            return 1
        except KeyboardInterrupt:
            print("\nStopping.")
            return 0 if console.number == STEPS else 130
    print("\nEverything worked, and is stopped again.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
