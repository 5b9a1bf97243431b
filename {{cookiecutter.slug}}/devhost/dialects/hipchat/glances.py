"""Glance data: its schema, where it is kept and who sees what."""

import itertools
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from devhost.errors import GlanceRefused
from devhost.wire.body import explain
from devhost.world.jsonvalue import Json


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, extra="allow")


class Label(_Part):
    """The glance's text; HTML with a few tags."""

    type: Literal["html"]
    value: str = Field(min_length=1, max_length=1000)


class Lozenge(_Part):
    """A short coloured word."""

    label: str = Field(min_length=1, max_length=20)
    type: Literal["default", "success", "error", "current", "new", "moved"]


class LozengeStatus(_Part):
    """A status that is a lozenge."""

    type: Literal["lozenge"]
    value: Lozenge


class StatusIcon(_Part):
    """An icon in both sizes."""

    url: str = Field(min_length=1)
    url_2x: str = Field(alias="url@2x", min_length=1)


class IconStatus(_Part):
    """A status that is an icon."""

    type: Literal["icon"]
    value: StatusIcon


class GlanceData(_Part):
    """The answer of a glance's query and the content of a push."""

    label: Label
    status: Annotated[LozengeStatus | IconStatus, Field(discriminator="type")] | None = None
    metadata: dict[str, Any] | None = None


def check_glance(data: Json) -> dict[str, Any]:
    """Check glance data and return it as it came. Raises GlanceRefused with the place of every fault."""
    if not isinstance(data, dict):
        raise GlanceRefused("The glance data is not a JSON object")
    if "error" in data:
        raise GlanceRefused("The glance answered with an `error` member, which clients show as an error")
    try:
        GlanceData.model_validate(data)
    except ValidationError as error:
        faults = dict.fromkeys(f"{path or 'content'}: {text}" for path, text, _ in explain(error, data))
        raise GlanceRefused("The glance data is not valid. " + "; ".join(faults)) from error
    return data


@dataclass(slots=True, kw_only=True)
class GlanceState:
    """The newest data of one glance for one audience; None in `room_id` or `user_id` means everyone."""

    client_id: str
    key: str
    room_id: int | None
    user_id: int | None
    data: dict[str, Any] | None
    error: str = ""
    source: Literal["query", "push"] = "query"
    updated: datetime
    number: int = 0


class GlanceStore:
    """Keeps the newest data per glance and audience."""

    def __init__(self) -> None:
        self._states: dict[tuple[str, str, int | None, int | None], GlanceState] = {}
        self._numbers = itertools.count(1)

    def put(self, state: GlanceState) -> None:
        """Keep the newest data of an audience."""
        state.number = next(self._numbers)
        self._states[(state.client_id, state.key, state.room_id, state.user_id)] = state

    def seen(self, client_id: str, key: str, *, room_id: int, user_id: int) -> GlanceState | None:
        """Return what one person sees in one room: the newest data whose audience they belong to."""
        audiences = [(room_id, user_id), (room_id, None), (None, user_id), (None, None)]
        found = [self._states.get((client_id, key, room, user)) for room, user in audiences]
        return max((one for one in found if one), key=lambda one: one.number, default=None)

    def forget(self, client_id: str) -> None:
        """Drop everything of one installation."""
        for place in [place for place in self._states if place[0] == client_id]:
            del self._states[place]
