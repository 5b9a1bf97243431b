"""Finds issues by the part of JQL that add-ons filter and search with: equality of fields and properties."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from devhost.dialects.atlassian.accounts import account_id
from devhost.dialects.atlassian.tracker import Issue
from devhost.errors import bad_request

_TOKEN = re.compile(
    r"""\s*(?:(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?P<sign>!=|=|~|\(|\)|,)|"""
    r"""(?P<word>issue\.property\[[^\]]*\][\w.\-]*|[^\s=!~(),"']+))"""
)
_PROPERTY = re.compile(r"issue\.property\[(?P<key>[^\]]*)\]\.?(?P<path>[\w.\-]*)")
_ORDER = re.compile(r"(?i)(?:^|\s)order\s+by\s.*$")

Match = Callable[[Issue], bool]


@dataclass(frozen=True, slots=True)
class Alias:
    """A property that an add-on indexes under a name of its own."""

    name: str
    key: str
    path: str


def compile_jql(jql: str, aliases: tuple[Alias, ...] = ()) -> Match:
    """Return what says whether an issue is found. Raises HostError 400, which says what is not understood."""
    tokens = _tokens(_ORDER.sub("", jql))
    clauses: list[Match] = []
    while tokens:
        clauses.append(_clause(tokens, {one.name.lower(): one for one in aliases}))
        if tokens:
            joined = tokens.pop(0)
            if joined.lower() != "and" or not tokens:
                raise bad_request(f"JQL: {joined!r} is not understood here: join conditions with AND")
    return lambda issue: all(clause(issue) for clause in clauses)


def _tokens(jql: str) -> list[str]:
    found, at = [], 0
    jql = jql.rstrip()
    while at < len(jql):
        one = _TOKEN.match(jql, at)
        if one is None:
            raise bad_request(f"JQL: {jql[at:].strip()!r} is not understood")
        at = one.end()
        found.append(one["text"] or one["sign"] or one["word"])
    return found


def _clause(tokens: list[str], aliases: dict[str, Alias]) -> Match:
    field = _plain(_next(tokens, "a field"))
    sign = _next(tokens, "=, !=, IN or NOT IN").lower()
    is_negated = sign in ("!=", "not")
    if sign == "not":
        sign = _next(tokens, "IN").lower()
    if sign not in ("=", "!=", "in", "~"):
        raise bad_request(f"JQL: {sign!r} is not understood after {field}: use =, !=, ~, IN or NOT IN")
    wanted = {one.lower() for one in (_list(tokens) if sign == "in" else [_plain(_next(tokens, "a value"))])}
    read = _reader(field, aliases)
    if sign == "~":
        return lambda issue: any(part in value for part in wanted for value in read(issue))
    return lambda issue: bool(wanted & read(issue)) is not is_negated


def _next(tokens: list[str], what: str) -> str:
    if not tokens:
        raise bad_request(f"JQL: it ends where {what} is needed")
    return tokens.pop(0)


def _list(tokens: list[str]) -> list[str]:
    found: list[str] = []
    if _next(tokens, "(") != "(":
        raise bad_request("JQL: a list in parentheses is needed after IN")
    while (part := _next(tokens, ")")) != ")":
        if part != ",":
            found.append(_plain(part))
    return found


def _plain(token: str) -> str:
    return re.sub(r"\\(.)", r"\1", token[1:-1]) if token[:1] in ("'", '"') else token


def _reader(field: str, aliases: dict[str, Alias]) -> Callable[[Issue], set[str]]:
    """Return what reads a field's values in lower case; people are known by their account ids."""
    name = field.lower()
    found = _PROPERTY.fullmatch(field)
    alias = aliases.get(name)
    if found is not None or alias is not None:
        key, path = (
            (found["key"].strip("'\""), found["path"]) if found else (alias.key, alias.path) if alias else ("", "")
        )
        return lambda issue: _values(issue.properties.get(key), path)
    readers: dict[str, Callable[[Issue], list[str]]] = {
        "project": lambda issue: [issue.project.key, issue.project.name, str(issue.project.id)],
        "key": lambda issue: [issue.key, str(issue.id)],
        "status": lambda issue: [issue.status],
        "issuetype": lambda issue: [issue.kind],
        "summary": lambda issue: [issue.summary],
        "labels": lambda issue: issue.labels,
        "assignee": lambda issue: [account_id(issue.assignee)] if issue.assignee else ["empty"],
        "reporter": lambda issue: [account_id(issue.reporter)],
    }
    synonyms = {"issue": "key", "issuekey": "key", "id": "key", "type": "issuetype"}
    read = readers.get(synonyms.get(name, name))
    if read is None:
        raise bad_request(f"Field '{field}' does not exist or you do not have permission to view it.")
    return lambda issue: {value.lower() for value in read(issue)}


def _values(held: Any, path: str) -> set[str]:
    for name in filter(None, path.split(".")):
        held = held.get(name) if isinstance(held, dict) else None
    listed = held if isinstance(held, list) else [held]
    return {str(one).lower() for one in listed if isinstance(one, str | int | float | bool)}
