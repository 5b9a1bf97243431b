"""The events of an Echo host."""

from typing import Any

from pydantic import BaseModel, ConfigDict


class Ping(BaseModel):
    """Somebody pings."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    text: str


class Called(BaseModel):
    """Somebody calls, and waits for the answer."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    name: str


class Posted(BaseModel):
    """The body in which every event comes."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    id: str
    client_key: str
    event: str
    data: dict[str, Any]


EVENTS: dict[str, type[BaseModel]] = {"ping": Ping, "called": Called}
