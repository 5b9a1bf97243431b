"""Evaluates the conditions of modules: what is unknown or cannot be evaluated is false."""

from dataclasses import dataclass
from typing import Any

from devhost.modules import Condition, ConditionList, Conditions, InnerConditions
from devhost.people import Person
from devhost.rooms import Room


@dataclass(slots=True, kw_only=True)
class Viewer:
    """Who looks at a module, where, and at what: a glance's metadata or a message."""

    person: Person
    room: Room
    metadata: dict[str, Any] | None = None
    message: dict[str, Any] | None = None


def holds(conditions: ConditionList, viewer: Viewer) -> bool:
    """Say whether all conditions of a module are true; none at all means always."""
    return all(_one(condition, viewer) for condition in conditions)


def _one(condition: Condition | Conditions | InnerConditions, viewer: Viewer) -> bool:
    if isinstance(condition, Condition):
        return _simple(condition, viewer) is not condition.invert
    members = (_one(member, viewer) for member in condition.conditions)
    return any(members) if condition.type.lower() == "or" else all(members)


def _simple(condition: Condition, viewer: Viewer) -> bool:
    params = condition.params or {}
    message = viewer.message or {}
    match condition.condition:
        case "room_is_public":
            return viewer.room.privacy == "public"
        case "user_is_admin":
            return viewer.person.is_group_admin
        case "user_is_guest":
            return viewer.person.is_guest
        case "user_is_room_owner":
            return viewer.room.owner is viewer.person
        case "glance_matches":
            return _rules(params.get("metadata"), viewer.metadata)
        case "message_contains_link":
            return "http://" in message.get("body", "") or "https://" in message.get("body", "")
        case "message_sent_by_current_user":
            return bool(message) and message.get("sender", {}).get("id") == viewer.person.id
        case "message_matches":
            return bool(message) and all(
                message.get(name) == params[name] for name in ("type", "sender") if name in params
            )
        case "card_matches":
            return _card(params, message.get("card"))
        case _:
            return False


def _card(params: dict[str, Any], card: Any) -> bool:
    if not isinstance(card, dict):
        return False
    if "style" in params and card.get("style") != params["style"]:
        return False
    return "metadata" not in params or _rules(params["metadata"], card.get("metadata"))


def _rules(rules: Any, metadata: Any) -> bool:
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
