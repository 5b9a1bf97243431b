"""What the fields of modules are made of: texts, pictures, conditions and the parameters of an address (reference 3.4).

They are written in addon.toml as the hosts name them; a plain string stands for a text, a picture or a condition.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator
from pydantic.alias_generators import to_camel

RESERVED = {"jwt", "acpt", "signed_request", "xdm_e", "xdm_c", "xdm_p", "cp", "lic", "cv"}
"""Parameters that the host adds itself, or in which a token is looked for."""


class Part(BaseModel):
    """A table in the host's own words; fields that are not typed here pass as they are."""

    model_config = ConfigDict(extra="allow", frozen=True, alias_generator=to_camel, hide_input_in_errors=True)


def from_string(name: str) -> BeforeValidator:
    """Let a plain string stand for the table whose one member is `name`."""
    return BeforeValidator(lambda given: {name: given} if isinstance(given, str) else given)


def _check_condition(name: str) -> str:
    if "/" in name:
        raise ValueError("conditions at an address do not exist in the cloud; name one of the host's own")
    return name


def _check_parameter(name: str) -> str:
    if name in RESERVED:
        raise ValueError("is added by the host itself; choose another name")
    if not re.fullmatch(r"[A-Za-z0-9._~-]{1,100}", name):
        raise ValueError("is not a name that everybody signs alike; use letters, digits, '.', '_', '~' and '-'")
    return name


def _check_key(key: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,40}", key):
        raise ValueError("is not a key; use 1 to 40 letters, digits, '_' and '-'")
    return key


class TextPart(Part):
    """A text, and the key of its translation."""

    value: Annotated[str, StringConstraints(min_length=1, max_length=1_500)]
    i18n: Annotated[str, StringConstraints(max_length=300)] | None = None


class IconPart(Part):
    """A picture: a file of app/addon/static, or a whole address."""

    url: str
    width: int | None = None
    height: int | None = None


class ConditionPart(Part):
    """One condition, or several of which one (`or`) or all (`and`) hold; they only hide: a handler asks who may."""

    condition: Annotated[str, StringConstraints(max_length=100), AfterValidator(_check_condition)] | None = None
    invert: bool | None = None
    params: Mapping[str, Any] | None = None
    type: Literal["and", "or"] | None = None
    conditions: "tuple[Condition, ...] | None" = None

    @model_validator(mode="before")
    @classmethod
    def read_short(cls, given: Any) -> Any:
        """Write `{ or = [...] }` as the host's schema has it."""
        match given:
            case {"or": conditions} | {"and": conditions} if len(given) == 1:
                return {"type": next(iter(given)), "conditions": conditions}
        return given

    @model_validator(mode="after")
    def require_one(self) -> "ConditionPart":
        """Refuse what is neither a condition nor a list of them, or both."""
        if (self.condition is None) is (self.conditions is None) or (self.conditions is None) is not (
            self.type is None
        ):
            raise ValueError('write { condition = "..." }, or { or = [...] } or { and = [...] }')
        return self


Condition = Annotated[ConditionPart, from_string("condition")]
Conditions = tuple[Condition, ...]
Text = Annotated[TextPart, from_string("value")]
Icon = Annotated[IconPart, from_string("url")]
ModuleKey = Annotated[str, AfterValidator(_check_key)]
Query = Mapping[Annotated[str, AfterValidator(_check_parameter)], str]
"""Parameters of a module's address; `{issue.key}` and its like are filled in by the host."""
Short = Annotated[str, StringConstraints(max_length=10)]
"""A width or height, such as 400px or 100%."""
Location = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class PagePart(Part):
    """A further page of a module, such as an editor; `true` shows it with nothing set."""

    query: Query = Field(default_factory=dict)


FurtherPage = Annotated[PagePart, BeforeValidator(lambda given: {} if given is True else given)]
