"""Alembic's way into your chain. It sees the tables of app/addon alone; the plumbing's have a chain of their own."""

from importlib import import_module
from importlib.util import find_spec

from alembic.util.exc import CommandError

import app.connect.application  # noqa: F401 - the plumbing's tables must be known to be left alone
from app.connect.database.chains import AUTHOR
from app.connect.database.environment import run_environment
from app.connect.declare.author import find_routers
from app.connect.errors import ConfigurationError

try:
    find_routers()
except ConfigurationError as error:
    # Alembic's command line prints this kind without a traceback.
    raise CommandError(str(error)) from error
# Tables that no handler uses yet are yours, too.
if find_spec("app.addon.models"):
    import_module("app.addon.models")

run_environment(AUTHOR)
