"""The form of what sites send: what is not known is left alone, ids are strings, names are as the hosts have them."""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict
from pydantic.alias_generators import to_camel


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Id = Annotated[str, BeforeValidator(_text)]
"""Sent as a number or as digits."""


class Wire(BaseModel):
    """What every object of a site has in common."""

    model_config = ConfigDict(
        extra="ignore", frozen=True, hide_input_in_errors=True, populate_by_name=True, alias_generator=to_camel
    )


class Account(Wire):
    """A person or an app, as the site names it in events and answers; keep `account_id`, and no more than needed."""

    account_id: str | None = None
    display_name: str = ""
    active: bool = True
    time_zone: str | None = None
    account_type: str | None = None


class SiteEvent(Wire):
    """What every event has."""

    timestamp: int | None = None
    """When it happened, in milliseconds since 1970."""

    @property
    def actor(self) -> Account | None:
        """Who caused it, where the host says so."""
        return None

    @property
    def place(self) -> str | None:
        """Where it happened: the key of an issue or project, the id of a page, the key of a space."""
        return None
