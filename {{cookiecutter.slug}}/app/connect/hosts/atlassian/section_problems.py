"""What is wrong with the modules of a section, in sentences that say what to write instead. Pure."""

import re
from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel

from app.connect.hosts.atlassian.module_types import LINK, ModuleType
from app.connect.hosts.atlassian.modules import Module

OPENED = ("dialogs", "generalPages", "adminPages")
"""Types that a web item can open by their key."""
NEAR = 0.8
VARIABLE = re.compile(r"\{([^{}]*)\}")
# fmt: off
VARIABLES: Mapping[str, Collection[str]] = {
    "jira": (
        "user.accountId", "issue.id", "issue.key", "issuetype.id", "project.id", "project.key", "version.id",
        "component.id", "board.id", "board.type", "board.screen", "board.mode", "sprint.id", "sprint.state",
        "dashboard.id", "dashboardItem.id", "dashboardItem.key", "dashboardItem.viewType", "postFunction.id",
        "postFunction.config", "condition.id", "condition.config", "validator.id", "validator.config",
    ),
    "confluence": (
        "user.accountId", "content.id", "content.version", "content.type", "content.plugin", "space.id", "space.key",
        "page.id", "page.version", "page.type", "macro.hash", "macro.id", "macro.body", "output.type",
    ),
}
# fmt: on
"""What a host fills in (reference 3.6); others pass, unless they look like one of these misspelt."""


def unknown_types(product: str, extra: Mapping[str, Any], known: Collection[str]) -> Iterator[str]:
    """Name the tables that are no type of module of the product, each with the nearest that is."""
    for name in extra:
        full = f"{product}{name[:1].upper()}{name[1:]}"
        near = get_close_matches(name, known, 1) or get_close_matches(full, known, 1)
        instead = f"did you mean {near[0]}?" if near else "remove it, or see the list in its documentation"
        yield f"{name}: is no type of module of this product; {instead}"


def of_module(product: str, module_type: ModuleType, module: Module) -> Iterator[str]:
    """List what is wrong with one module: sentences that begin with a field."""
    written = module.written()
    for name in module_type.required:
        if written.get(name) in (None, "", [], {}):
            yield f"{name}: is missing; add it"
    yield from _misspelt(module, "")
    for place in module_type.places:
        node = written if len(place.path) == 1 else place.node(written)
        if place.kind != LINK and isinstance(node, Mapping) and place.path[-1] in node:
            yield f"{'.'.join(place.path)}: is made from the key; remove it, and put what varies into query"
    if getattr(module, "opens", None) and getattr(module, "url", None):
        yield "opens: and url exclude each other; remove one"
    yield from _variables(product, written)


def _misspelt(part: BaseModel, path: str) -> Iterator[str]:
    """Name the fields that are not typed here and look like one that is."""
    known = {info.alias or name for name, info in type(part).model_fields.items()}
    for name in part.model_extra or {}:
        near = get_close_matches(name, known, 1, NEAR)
        if near:
            yield f"{path}{name}: is not known here; did you mean {near[0]}?"
    for name, info in type(part).model_fields.items():
        value = getattr(part, name)
        for one in value if isinstance(value, tuple) else [value]:
            if isinstance(one, BaseModel):
                yield from _misspelt(one, f"{path}{info.alias or name}.")


def _variables(product: str, written: Mapping[str, Any]) -> Iterator[str]:
    own = {one.get("identifier", "") for one in written.get("parameters", ())}
    for name, value in written["query"].items():
        for variable in VARIABLE.findall(value):
            if variable in VARIABLES[product] or variable in own or variable.startswith(("ac.", "condition.")):
                continue
            near = get_close_matches(variable, [*VARIABLES[product], *own], 1, NEAR)
            if near:
                yield f"query.{name}: the host fills in no {{{variable}}}; did you mean {{{near[0]}}}?"
