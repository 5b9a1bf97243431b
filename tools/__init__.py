"""The programs behind the Makefile; they need Python 3.11 and nothing else."""

import sys

OLDEST = (3, 11)

# Here, because every other module already needs that version to be read.
if sys.version_info[:2] < OLDEST:
    sys.exit(
        "FAILED: Python {}.{} is too old: 3.11 or newer is needed\n"
        "  Try: install a newer Python and name it: make demo PYTHON=python3.13".format(*sys.version_info[:2])
    )
