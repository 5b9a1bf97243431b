"""What the HTTP interface of API tokens takes and answers. Times are in UTC."""

from datetime import UTC, datetime
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from app.connect.access.wishes import Wish
from app.connect.api_tokens.rules import LONGEST, MOST_RULES
from app.connect.declare.token_events import TokenFacts

LONGEST_LIFE = 366 * 24 * 3600
"""Seconds that a token with an expiry may live."""
MOST_CHECKED = 1000
AN_ID = "066b1f0c9a41d2c7f3e0b8d5a6947c12"
ACCESSES: list[Any] = ["builds.web.report"]


def _printable(text: str) -> str:
    if not text.isprintable() or not text.strip():
        raise ValueError("must hold something to read and no control characters")
    return text


Access = Annotated[str, Field(max_length=LONGEST)]
Name = Annotated[
    str,
    Field(min_length=1, max_length=100, description="For people: where the token is used"),
    AfterValidator(_printable),
]


class TokenWish(BaseModel):
    """What a new API token is to be."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"name": "CI of web", "accesses": ACCESSES, "expires_in": 7776000},
                {"name": "CI", "policy": "ci"},
            ]
        },
    )

    name: Name
    accesses: Annotated[list[Access], Field(min_length=1, max_length=MOST_RULES)] | None = Field(
        None,
        description="What it may do: words joined by dots, `*` for one word, `#` for more, `!` in front denies. "
        "Null, said, is everything, for whoever may give that.",
    )
    policy: Annotated[str, Field(min_length=1, max_length=40)] | None = Field(
        None,
        description="Instead of accesses: the name of a set of them in addon.toml. The token keeps them as they are.",
    )
    expires_in: Annotated[int, Field(strict=True, ge=1, le=LONGEST_LIFE)] | None = Field(
        None, description="Seconds. Null is as long as the token that asks lives."
    )

    @model_validator(mode="after")
    def _say_what(self) -> Self:
        if self.policy is None and "accesses" not in self.model_fields_set:
            raise ValueError("must have 'accesses', or 'policy'")
        return self

    @property
    def wish(self) -> Wish:
        """Return it as the token manager takes it."""
        return Wish(self.name, self.accesses, self.expires_in, self.policy)


class TokenTold(BaseModel):
    """What may be told of an API token."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": AN_ID,
                    "name": "CI of web",
                    "accesses": ACCESSES,
                    "policy": None,
                    "expires_at": "2027-02-26T12:00:00Z",
                    "created_at": "2026-11-28T12:00:00Z",
                    "last_used_at": "2026-11-28T14:00:00Z",
                    "place": "1",
                    "created_by": "42",
                    "created_via": None,
                }
            ]
        }
    )

    id: str
    name: str
    accesses: list[str] | None
    policy: str | None = Field(description="The policy it was made with; the accesses are those of then")
    expires_at: datetime | None
    created_at: datetime
    last_used_at: datetime | None = Field(description="Within the hour")
    place: str | None = Field(description="Where it was made and acts, in the host's own words")
    created_by: str | None = Field(description="The id of the person who made it, or the token that did")
    created_via: str | None = Field(description="The id of the token that made it; null: a person")

    @classmethod
    def of(cls, facts: TokenFacts) -> "TokenTold":
        """Tell what is known of a token."""
        return cls(
            id=facts.id,
            name=facts.name,
            accesses=None if facts.accesses is None else list(facts.accesses),
            policy=facts.policy,
            expires_at=moment(facts.expires_at),
            created_at=datetime.fromtimestamp(facts.created_at, UTC),
            last_used_at=moment(facts.last_used_at),
            place=facts.place,
            created_by=facts.created_by,
            created_via=facts.created_via,
        )


class TokenMade(BaseModel):
    """A new API token; `token` is shown this once."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": AN_ID,
                    "name": "CI of web",
                    "accesses": ACCESSES,
                    "expires_at": "2027-02-26T12:00:00Z",
                    "token": "addon_...",
                }
            ]
        }
    )

    id: str
    name: str
    accesses: list[str] | None
    expires_at: datetime | None
    token: str


class TokenList(BaseModel):
    """Some of the tenant's API tokens, newest first."""

    items: list[TokenTold]
    next: str | None = Field(description="Ask again with this as `after`; null: there are no more", examples=[AN_ID])


class AccessQuestion(BaseModel):
    """What a token asks about itself."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"accesses": ["builds.web.report", "builds.api.read"]}]}
    )

    accesses: Annotated[list[Access], Field(max_length=MOST_CHECKED)]


class BackendList(BaseModel):
    """The ways to say who you are: backends of `AUTH_BACKENDS`, in the order in which they are asked."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": ["page", "tokens", "passwords"]}]})

    items: list[str]


def moment(seconds: float | None) -> datetime | None:
    """Return Unix seconds as a moment in UTC."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
