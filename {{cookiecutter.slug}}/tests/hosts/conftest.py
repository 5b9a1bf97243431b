"""The hosts' own tests run the add-on as the plumbing's do."""

from tests.connect.conftest import probed, showcase, start

__all__ = ["probed", "showcase", "start"]
