"""Prints the processor time, in milliseconds, of a check of 1,000 accesses against 100 rules; the least of many.

Runs in the project's environment and folder. What is checked is what a token asks about itself: texts, not yet read.
"""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path.cwd()))

from app.connect.access.comparing import read_access
from app.connect.api_tokens.rules import Accesses

RULES = [*(f"builds.p{number}.report" for number in range(90)), *(f"!builds.p{n}.read" for n in range(9)), "builds.*.#"]
ASKED = [f"builds.p{number}.{verb}" for number in range(500) for verb in ("report", "read")]
ROUNDS = 200


def main() -> None:
    """Measure."""
    held = Accesses.read(RULES)
    spent = []
    for _ in range(ROUNDS):
        began = time.process_time_ns()
        answers = {text: held.allow(read_access(text)) for text in ASKED}
        spent.append(time.process_time_ns() - began)
        if sum(answers.values()) != len(ASKED) - 9:
            raise SystemExit("the check is wrong")
    print(min(spent) / 1e6)


if __name__ == "__main__":
    main()
