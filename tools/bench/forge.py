"""What an event of Forge costs until its row is committed, as a share of a bare FastAPI route that commits one."""

import json
import secrets
import subprocess
from contextlib import ExitStack
from pathlib import Path

from tools.bench.processes import start
from tools.environments import program, without_outer_environment
from tools.servers import free_port

APP = "ari:cloud:ecosystem::app/11111111-1111-4111-8111-111111111111"
TARGET = 0.40
ROUNDS = 5
SECONDS = 2.0
HERE = Path(__file__).parent


def measure(project: Path, environment: Path, *, folder: Path, logs: Path) -> bool:
    """Measure and print; False when the share misses its target."""
    keys, addon, bare = free_port(0), free_port(0), free_port(0)
    settings = {
        "DATABASE_URL": f"sqlite:///{folder / 'forge.db'}",
        "SECRET_KEYS": secrets.token_urlsafe(48),
        "BASE_URL": f"http://127.0.0.1:{addon}",
        "FORGE_APP_IDS": APP,
        "FORGE_JWKS_URL": f"http://127.0.0.1:{keys}/",
    }
    with ExitStack() as stack:
        for name, module, home, port, given in (
            ("forge", "forge_addon:app", project, addon, settings),
            ("bare-commit", "bare_commit:app", folder, bare, {"DATABASE_URL": f"sqlite:///{folder / 'bare.db'}"}),
        ):
            command = [program(environment, "uvicorn"), module, "--app-dir", str(HERE), "--port", str(port)]
            answers = f"http://127.0.0.1:{port}/" + ("health/ready" if name == "forge" else "")
            start(
                stack,
                name,
                [*command, "--no-access-log"],
                folder=home,
                log=logs,
                answers=answers,
                port=port,
                settings=given,
            )
        ran = subprocess.run(
            [
                program(environment, "python"),
                str(HERE / "forge_events.py"),
                *map(str, (keys, addon, bare, ROUNDS, SECONDS)),
            ],
            check=True,
            capture_output=True,
            text=True,
            cwd=project,
            env=without_outer_environment(),
        )
    found = json.loads(ran.stdout)
    event, plain = found["per_second"]["event"], found["per_second"]["bare"]
    print(
        f"\nAn event with a new RS256 token, to the commit of its row: {event:.0f} a second, a bare route that commits "
        f"one: {plain:.0f}; ratio {event / plain:.2f}, target {TARGET:.2f}"
    )
    print(f"Verifying alone: RS256 {found['RS256']:.0f} us, HS256 {found['HS256']:.0f} us")
    return bool(event / plain >= TARGET)
