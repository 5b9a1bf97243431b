"""Alembic's way into the plumbing's chain. Run by Alembic, imported by nobody."""

import app.connect.application  # noqa: F401 - every table of the plumbing must be known
from app.connect.database.chains import PLUMBING
from app.connect.database.environment import run_environment

run_environment(PLUMBING)
