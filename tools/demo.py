"""`make demo`: the first minute with an add-on, every step on this machine and printed as it happens.

`FAMILY=chat` or `FAMILY=atlassian` makes a project for one family of hosts, and walks through that one alone.
"""

import os
import signal
import sys
import threading
from contextlib import ExitStack

from tools import walk_chat, walk_site
from tools.bake import bake, install_project
from tools.console import Console
from tools.environments import program
from tools.failure import StepError
from tools.paths import LOGS, PROJECT, REPOSITORY
from tools.servers import Server, free_port, start_on_free_port

FAMILIES = {"all": ("chat", "atlassian"), "chat": ("chat",), "atlassian": ("atlassian",)}
COMMON_STEPS = 4
STEPS = COMMON_STEPS + walk_chat.STEPS + walk_site.STEPS


def require_known(hosts: str) -> None:
    """Raise StepError for an answer that the question `hosts` does not have."""
    if hosts not in FAMILIES:
        raise StepError(f"FAMILY={hosts} is none of {', '.join(FAMILIES)}", hint="make demo FAMILY=chat")


def count_steps(hosts: str) -> int:
    """Count the steps of a walk through the families of an answer."""
    steps = {"chat": walk_chat.STEPS, "atlassian": walk_site.STEPS}
    return COMMON_STEPS + sum(steps[family] for family in FAMILIES[hosts])


def make_project(console: Console, hosts: str) -> None:
    """Bake the project and install it."""
    how = "with Enter at every question" if hosts == "all" else f"with {hosts} at the question for hosts"
    with console.step(f"make a project: cookiecutter, {how}") as results:
        project = bake(f"hosts={hosts}", progress=console.installer_line)
        results.append(f"{project.relative_to(REPOSITORY)}")
    with console.step("install it: pip install -c constraints.txt -e '.[dev]'") as results:
        installer = install_project(PROJECT, PROJECT / ".venv", progress=console.installer_line)
        results.append(f"done by {installer}")


def start_servers(console: Console, stack: ExitStack, servers: list[Server], hosts: str) -> tuple[str, str]:
    """Start the add-on and the host, each on its usual port or a free one; return the addresses of host and add-on."""
    families = FAMILIES[hosts]
    descriptors = {"chat": walk_chat.DESCRIPTOR, "atlassian": walk_site.DESCRIPTOR}
    # The add-on is told before it starts where the keys of signed installs are.
    expected = free_port(9000)
    believed = walk_site.settings_of(f"http://127.0.0.1:{expected}") if "atlassian" in families else {}

    def start(name: str, command: list[str], port: int, settings: dict[str, str]) -> Server:
        full = [program(PROJECT / ".venv", command[0]), *command[1:], "--port", str(port)]
        server = Server(f"the {name}", full, folder=PROJECT, log=LOGS / f"{name}.log", settings=settings)
        servers.append(stack.enter_context(server))
        return server

    def start_addon(port: int) -> Server:
        return start("add-on", ["uvicorn", "app.main:app"], port, {"BASE_URL": f"http://127.0.0.1:{port}"} | believed)

    def start_devhost(port: int) -> Server:
        offers = [part for family in families for part in ("--addon", f"{addon}{descriptors[family]}")]
        return start("devhost", ["python", "-m", "devhost", *offers], port, {})

    with console.step("start the add-on: uvicorn app.main:app") as results:
        addon = f"http://127.0.0.1:{start_on_free_port(start_addon, preferred=8000, path='/health/ready')}"
        results.append(addon)
    with console.step("start a host: python -m devhost") as results:
        port = start_on_free_port(start_devhost, preferred=expected, path="/_devhost/wire")
        if believed and port != expected:
            raise StepError(f"port {expected} was taken by another program meanwhile", hint="try again")
        host = f"http://127.0.0.1:{port}"
        results.append(host)
    return host, addon


def stay(host: str, addon: str, hosts: str) -> None:
    """Print the addresses to open and wait for Ctrl-C."""
    places = {
        "chat": f"  {host}   the host: rooms, chat, the glance, the request log\n",
        "atlassian": f"  {host}/{walk_site.SITE}/browse/{walk_site.ISSUE}   an issue with the builds of its branch\n",
    }
    print(
        f"\nRunning. Open:\n"
        f"{''.join(places[family] for family in FAMILIES[hosts])}"
        f"  {addon}   the add-on, for people; {addon}/docs for its API\n"
        f"Logs are in {LOGS.relative_to(REPOSITORY)}/. Ctrl-C stops both.",
        flush=True,
    )
    threading.Event().wait()


def main() -> int:
    """Walk; with ONCE=1 stop at the end, otherwise stay until Ctrl-C. Return the exit code."""
    hosts = os.environ.get("FAMILY", "") or "all"
    console = Console(count_steps(hosts) if hosts in FAMILIES else STEPS)
    servers: list[Server] = []
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with ExitStack() as stack:
        try:
            require_known(hosts)
            make_project(console, hosts)
            host, addon = start_servers(console, stack, servers, hosts)
            if "chat" in FAMILIES[hosts]:
                walk_chat.walk(console, walk_chat.Chat(host, addon))
            if "atlassian" in FAMILIES[hosts]:
                walk_site.walk(console, walk_site.Site(host, addon))
            if os.environ.get("ONCE", "") in {"", "0"}:
                stay(host, addon, hosts)
        except StepError as error:
            console.failed(error, {server.log.name: server.last_lines() for server in servers})
            return 1
        except KeyboardInterrupt:
            print("\nStopping.")
            return 0 if console.number == console.total else 130
    print("\nEverything worked, and is stopped again.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
