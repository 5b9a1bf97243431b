"""Events of Forge as those of Connect, so that one handler serves both doors (reference 7.1, Connect's 14).

What differs: names (`event_names.py`), who did it (`atlassianId`), times as text, and the contents of Confluence, which
are `content` whatever they are. What is not known passes as it is.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from app.connect.errors import BadRequest

RETRY = "retryContext"
NESTED = "payload"
TYPE = "eventType"
LONGEST_NAME = 100
_CONTENTS = {"page": "page", "blog": "blog", "comment": "comment", "attachment": "attachment"}


def read_event(document: object) -> dict[str, Any]:
    """Return an event without what is of its retry; it stands at the top or below `payload`. `BadRequest`."""
    found = document
    if isinstance(found, Mapping) and TYPE not in found:
        found = found.get(NESTED)
    if not isinstance(found, Mapping):
        raise BadRequest("The body is not an event.")
    event = {name: value for name, value in found.items() if name != RETRY}
    name = event.get(TYPE)
    if not isinstance(name, str) or not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        raise BadRequest("The event has no eventType.")
    return event


def name_of(event: Mapping[str, Any]) -> str:
    """Name an event, so that one which is sent again has the same name: by what it is about, and when.

    There is no id in it. Where it has no time either it is named by everything it says.
    """
    about = {
        name: value["id"]
        for name, value in event.items()
        if isinstance(value, Mapping) and isinstance(value.get("id"), str | int)
    }
    when = event.get("timestamp")
    said: Any = [event[TYPE], about, when] if about and when is not None else event
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def as_connect(event: Mapping[str, Any], product: str, name: str) -> dict[str, Any]:
    """Return an event in the form in which Connect sends it, under Connect's name."""
    body = {key: value for key, value in event.items() if key != TYPE}
    body["timestamp"] = _milliseconds(event.get("timestamp"))
    actor = event.get("atlassianId")
    if product == "jira":
        if isinstance(actor, str):
            body.setdefault("user", {"accountId": actor})
        return body | {"webhookEvent": name}
    if isinstance(actor, str):
        body.setdefault("userAccountId", actor)
    content = event.get("content")
    kind = _CONTENTS.get(name.partition("_")[0])
    if isinstance(content, Mapping) and kind is not None:
        body.setdefault(kind, _content(content))
    return body


def _content(content: Mapping[str, Any]) -> dict[str, Any]:
    space, version, parent = content.get("space"), content.get("version"), content.get("container")
    made = dict(content)
    if isinstance(space, Mapping):
        made.setdefault("spaceKey", space.get("key"))
    if isinstance(version, Mapping):
        made["version"] = version.get("number")
    if isinstance(parent, Mapping):
        made.setdefault("parent", _content(parent))
    return made


def _milliseconds(value: object) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 20:  # noqa: PLR2004
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
