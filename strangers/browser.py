"""The browser on PATH."""

import shutil

from tools.failure import StepError

NAMES = ("chromium", "chromium-browser", "google-chrome")


def find_chromium() -> str:
    """Return the path of Chromium. Raises StepError where there is none."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        raise StepError("there is no Chromium on PATH", hint="on Debian and Ubuntu: apt-get install chromium")
    return found
