"""`make chaos`: processes are killed and PostgreSQL is restarted while events come in; nothing may be lost.

EVENTS=1000 sends fewer than 10,000; DATABASE=sqlite or postgresql takes one of the two.
"""

import os
import shutil
import sys
from collections.abc import Mapping

from tools.bake import bake, install_project
from tools.chaos.place import DATABASES, storm
from tools.chaos.storm import Outcome, Plan
from tools.environments import program
from tools.failure import StepError
from tools.paths import BUILD, LOGS

EVENTS = 10_000
RATE = 40.0
KILL_EVERY = 4.0


def main() -> int:
    """Let it storm on each database and print what became of the events; exit 1 when one was lost."""
    wanted = os.environ.get("DATABASE")
    if wanted and wanted not in DATABASES:
        print(f"DATABASE is {wanted}; write one of {', '.join(DATABASES)}, or leave it out.")
        return 1
    plan = Plan(int(os.environ.get("EVENTS") or EVENTS), RATE, KILL_EVERY)
    try:
        project = bake(progress=print)
        python = program(project / ".venv", "python")
        install_project(project, project / ".venv", progress=print)
        folder = BUILD / "chaos"
        shutil.rmtree(folder, ignore_errors=True)
        outcomes = {}
        for database in DATABASES if not wanted else (wanted,):
            print(f"{plan.events} events on {database}, {plan.rate:.0f} a second, while processes are killed")
            outcomes[database] = storm(database, plan, project=project, python=python, folder=folder, logs=LOGS)
    except StepError as error:
        print(f"{error.message}\n{error.seen}\n{error.hint}", file=sys.stderr)
        return 1
    report(outcomes)
    return 0 if all(outcome.is_well for outcome in outcomes.values()) else 1


def report(outcomes: Mapping[str, Outcome]) -> None:
    """Print the table."""
    print(f"\n{'':58}" + "".join(f"{database:>12}" for database in outcomes))
    for name, read in (
        ("processes killed", lambda one: one.kills),
        ("restarts of the database", lambda one: one.restarts),
        ("events sent", lambda one: one.sent),
        ("accepted", lambda one: len(one.accepted)),
        ("handled", lambda one: len(one.handled)),
        ("lost", lambda one: len(one.lost)),
        ("answered twice, a kill or restart between", lambda one: len(one.twice) - len(one.twice_without_a_blow)),
        ("answered twice without one", lambda one: len(one.twice_without_a_blow)),
        ("longest wait, seconds", lambda one: round(one.longest_wait, 1)),
        ("the middle one, milliseconds", lambda one: round(one.median_wait * 1000)),
    ):
        print(f"{name:58}" + "".join(f"{read(outcome):>12}" for outcome in outcomes.values()))


if __name__ == "__main__":
    sys.exit(main())
