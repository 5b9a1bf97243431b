"""The two chains of migrations: the plumbing's and the author's, each with a folder and a version table of its own."""

from dataclasses import dataclass
from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory


@dataclass(frozen=True, slots=True)
class Chain:
    """One line of revisions. `name` is its section of alembic.ini."""

    name: str
    folder: str
    """Below the project's root; holds env.py and versions/."""
    command: str
    """How a person calls Alembic for it."""

    @property
    def version_table(self) -> str:
        """Return the table that holds the revision the database is at."""
        return f"{self.name}_version"

    @property
    def versions(self) -> str:
        """Return where its revisions are, as people write it."""
        return f"{self.folder}/versions"


PLUMBING = Chain("connect", folder="app/connect/database/migrations", command="alembic -n connect")
AUTHOR = Chain("alembic", folder="migrations", command="alembic")
CHAINS = (PLUMBING, AUTHOR)
"""In the order in which they are applied: the author's tables point to the plumbing's."""


def alembic_config(chain: Chain, root: Path) -> Config:
    """Return Alembic's configuration of a chain of the project in `root`."""
    config = Config(root / "alembic.ini", ini_section=chain.name)
    config.set_main_option("script_location", str(root / chain.folder).replace("%", "%%"))
    # The add-on that asks is imported already; its path stays as it is.
    config.set_main_option("prepend_sys_path", "")
    return config


def script_directory(chain: Chain, root: Path) -> ScriptDirectory:
    """Return Alembic's view of a chain's folder; no file is read yet."""
    return ScriptDirectory.from_config(alembic_config(chain, root))
