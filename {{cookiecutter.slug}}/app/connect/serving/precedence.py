"""Which of the add-on's own routers are tried before the plumbing's: routes are tried one by one, which takes time."""

from collections.abc import Collection, Sequence
from itertools import takewhile
from typing import Any

from app.connect.declare.router import Router


def first_ones(routers: Sequence[Router[Any]], reserved: Collection[str]) -> list[Router[Any]]:
    """Return those at the beginning of which no path can be one of `reserved`, so that the order changes no answer."""
    return list(takewhile(lambda router: all(_is_apart(one.path, reserved) for one in router.api.routes), routers))  # type: ignore[attr-defined]


def _is_apart(path: str, reserved: Collection[str]) -> bool:
    return all(_differ(path, other) for other in reserved)


def _differ(one: str, other: str) -> bool:
    """Tell whether two paths differ in a word before the first that either leaves open."""
    for mine, theirs in zip(one.split("/"), other.split("/"), strict=False):
        if "{" in mine or "{" in theirs:
            return False
        if mine != theirs:
            return True
    return False
