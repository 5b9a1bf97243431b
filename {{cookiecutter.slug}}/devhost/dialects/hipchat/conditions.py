"""Evaluates the conditions of modules: what is unknown or cannot be evaluated is false."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from devhost.dialects.hipchat.modules import Condition, ConditionList, Conditions, InnerConditions
from devhost.world.jsonvalue import Json
from devhost.world.people import Person
from devhost.world.rooms import Room


@dataclass(slots=True, kw_only=True)
class Viewer:
    """Who looks at a module, where, and at what: a glance's metadata or a message."""

    person: Person
    room: Room
    metadata: dict[str, Any] | None = None
    message: dict[str, Any] | None = None
    # The patterns that were found in the message; they are searched beforehand, with a time limit.
    patterns: set[str] = field(default_factory=set)

    @staticmethod
    def pattern_of(params: dict[str, Any] | None) -> str:
        """Return the pattern of a `message_matches` condition with its flags; empty when there is none."""
        regex = (params or {}).get("regex")
        if not isinstance(regex, dict) or not isinstance(regex.get("pattern"), str):
            return ""
        flags = "".join(sorted({flag for flag in str(regex.get("flags", "")) if flag in "im"}))
        return f"(?{flags}){regex['pattern']}" if flags else regex["pattern"]


def holds(conditions: ConditionList, viewer: Viewer) -> bool:
    """Say whether all conditions of a module are true; none at all means always."""
    return all(_one(condition, viewer) for condition in conditions)


def _one(condition: Condition | Conditions | InnerConditions, viewer: Viewer) -> bool:
    if isinstance(condition, Condition):
        return _simple(condition, viewer) is not condition.invert
    members = (_one(member, viewer) for member in condition.conditions)
    return any(members) if condition.type.lower() == "or" else all(members)


def _simple(condition: Condition, viewer: Viewer) -> bool:
    test = _TESTS.get(condition.condition)
    return test is not None and test(viewer, condition.params or {})


def _has_link(viewer: Viewer, _params: dict[str, Any]) -> bool:
    body = (viewer.message or {}).get("body", "")
    return "http://" in body or "https://" in body


def _is_own(viewer: Viewer, _params: dict[str, Any]) -> bool:
    sender = (viewer.message or {}).get("sender", {})
    return bool(sender.get("id") == viewer.person.id)


def _message(viewer: Viewer, params: dict[str, Any]) -> bool:
    message = viewer.message
    if message is None:
        return False
    sender = message.get("sender", {})
    facts: dict[str, tuple[Any, ...]] = {
        "type": (message.get("type"),),
        "file_type": ((message.get("media") or {}).get("type"),),
        "sender": (sender.get("id"), str(sender.get("id")), sender.get("name"), sender.get("mention")),
    }
    if any(name in params and params[name] not in values for name, values in facts.items()):
        return False
    return "regex" not in params or viewer.pattern_of(params) in viewer.patterns


def _card(viewer: Viewer, params: dict[str, Any]) -> bool:
    card = (viewer.message or {}).get("card")
    if not isinstance(card, dict):
        return False
    if "style" in params and card.get("style") != params["style"]:
        return False
    return "metadata" not in params or _rules(params["metadata"], card.get("metadata"))


_TESTS: dict[str, Callable[[Viewer, dict[str, Any]], bool]] = {
    "room_is_public": lambda viewer, _: viewer.room.privacy == "public",
    "user_is_admin": lambda viewer, _: viewer.person.is_group_admin,
    "user_is_guest": lambda viewer, _: viewer.person.is_guest,
    "user_is_room_owner": lambda viewer, _: viewer.room.owner is viewer.person,
    "glance_matches": lambda viewer, params: _rules(params.get("metadata"), viewer.metadata),
    "message_contains_link": _has_link,
    "message_sent_by_current_user": _is_own,
    "message_matches": _message,
    "card_matches": _card,
}


def _rules(rules: Json, metadata: Json) -> bool:
    """Check `attr` with `eq`, `lt` or `gt`; missing data and rules of another shape are false."""
    if isinstance(rules, dict):
        rules = [rules]
    if not isinstance(rules, list) or not isinstance(metadata, dict):
        return False
    return all(isinstance(rule, dict) and _rule(rule, metadata) for rule in rules)


def _rule(rule: dict[str, Any], metadata: dict[str, Any]) -> bool:
    here: Any = metadata
    for name in str(rule.get("attr", "")).split("."):
        if not isinstance(here, dict) or name not in here:
            return False
        here = here[name]
    try:
        if "eq" in rule:
            return type(here) is type(rule["eq"]) and bool(here == rule["eq"])
        if "lt" in rule:
            return bool(here < rule["lt"])
        return "gt" in rule and bool(here > rule["gt"])
    except TypeError:
        return False
