"""The add-on as it runs, beside hosts in the same process: real signatures, a real database, nothing patched.

Each family of hosts brings what people do there: one line of imports and one below `class`.
"""

from tests.support.chat import InChat
from tests.support.process import ADDON, KEY, Clock
from tests.support.sites import OnSites

__all__ = ["ADDON", "KEY", "Clock", "RunningAddon"]


class RunningAddon(
    InChat,
    OnSites,
):
    """Your add-on, with everything that a test does to it."""
