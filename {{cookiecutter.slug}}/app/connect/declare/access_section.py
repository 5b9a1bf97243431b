"""`[access]` of addon.toml: what API tokens are made with."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

PolicyName = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z0-9_\-]+$", max_length=40)]
NamedAccesses = Mapping[str, Sequence[str]]


class AccessSection(BaseModel):
    """`[access]`: the named sets of accesses that API tokens are made with."""

    # As every table of addon.toml has it (`manifest.Section`, which reads this one).
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    policies: Mapping[PolicyName, list[str]] = {}
