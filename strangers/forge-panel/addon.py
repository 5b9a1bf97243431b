"""The example with its panel switched on, as docs/forge.md says; runs in the project's environment, on its path.

`addon.py manifest` prints what `addon manifest` would, `addon.py PORT` serves it.
"""

import re
import sys
import tomllib

import uvicorn
from app.addon.forge_builds import panel_router
from app.connect.application import ROOT, Application
from app.connect.declare.author import find_routers
from app.connect.hosts.kept import KeptDocument
from app.connect.settings import load_settings

LINES, PANEL = 0, 1
"""The blocks of the page that are added to addon.toml: the three lines, and the panel."""


def make() -> Application:
    """Make the add-on of addon.toml and of those two blocks."""
    page = (ROOT / "docs" / "forge.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```toml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    text = "\n".join([(ROOT / "addon.toml").read_text(encoding="utf-8"), blocks[LINES], blocks[PANEL]])
    return Application(load_settings(), [*find_routers(), panel_router()], document=tomllib.loads(text))


def main() -> None:
    """Print or serve."""
    application = make()
    if sys.argv[1] == "manifest":
        document = application.documents["forge"]
        assert isinstance(document, KeptDocument)
        print(document.body.decode(), end="")
        return
    uvicorn.run(application.app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")


if __name__ == "__main__":
    main()
