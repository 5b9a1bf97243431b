"""Reads from an add-on's webhook patterns what a person could say to it."""

import re
from collections.abc import Iterable

from devhost.dialects.hipchat.installation import HipChatInstallation

_ENDS = re.compile(r"(\\b|\$|\\s\*?|\(\\s\|\$\)|\(\?:\\s\|\$\)|\.\*)+$")
_PLAIN = re.compile(r"[/!@\w\- ]{2,40}")


def suggestions(installations: Iterable[HipChatInstallation]) -> list[str]:
    """List the texts that patterns of message webhooks spell out; patterns that mean more than one are left out."""
    found = [
        literal
        for one in installations
        for hook in one.descriptor.capabilities.webhook
        if hook.event == "room_message" and hook.pattern and (literal := _literal(hook.pattern))
    ]
    return list(dict.fromkeys(found))[:4]


def _literal(pattern: str) -> str:
    text = re.sub(r"^(\(\?[aimsx]+\))?\^?", "", pattern)
    text = _ENDS.sub("", text).replace(r"\/", "/").replace(r"\-", "-")
    return text if _PLAIN.fullmatch(text) else ""
