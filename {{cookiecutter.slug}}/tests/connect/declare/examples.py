"""Forms with one of every type that an input can show, and a browser that fills nothing in."""

from collections.abc import Mapping, Sequence
from datetime import date, time
from enum import Enum, StrEnum
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, Field, GetCoreSchemaHandler, HttpUrl, SecretStr, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from app.connect.declare.forms import ConfigForm, Form, Input, inputs
from app.connect.declare.parsing import parse
from app.connect.errors import FormRefused


class Colour(StrEnum):
    RED = "red"
    GREEN = "green"


class Size(Enum):
    SMALL = 1
    LARGE = 2


class Email:
    """A type like Pydantic's EmailStr, which needs a package of its own."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(cls.check, core_schema.str_schema())

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: Any) -> JsonSchemaValue:
        return {"type": "string", "format": "email"}

    @staticmethod
    def check(text: str) -> str:
        if "@" not in text:
            raise PydanticCustomError("value_error", "value is not a valid email address: {reason}", {"reason": text})
        return text


def no_shouting(text: str) -> str:
    if text.isupper():
        message = "write it in small letters"
        raise ValueError(message)
    return text


class Vote(Form):
    who: str = Field(title="Who", max_length=50)
    points: int = Field(1, ge=1, le=5, title="Points", description="1 to 5")


class Everything(Form):
    text: str
    blank: str = ""
    pattern: str = Field("ab-1", pattern=r"^[a-z]+-\d$", min_length=4, max_length=10)
    quiet: Annotated[str, AfterValidator(no_shouting)] = ""
    maybe: str | None = None
    long: str = Field("", json_schema_extra={"multiline": True})
    row: int = Field(7, json_schema_extra={"hidden": True})
    whole: int = 3
    odd: int | None = Field(None, gt=0, lt=100)
    share: float = 0.5
    loud: bool = True
    asked: bool | None = None
    mode: Literal["all", "some"] = "all"
    size: Literal[1, 2, 3] = 2
    other: Literal["a", "b"] | None = None
    colour: Colour = Colour.RED
    wide: Size | None = None
    day: date = date(2026, 1, 31)
    until: date | None = None
    at: time = time(9, 30)
    names: list[str] = []
    numbers: list[int] = []
    few: list[Literal["x", "y", "z"]] = []
    colours: frozenset[Colour] = frozenset()
    secret: SecretStr = SecretStr("")
    key: SecretStr | None = None
    link: HttpUrl | None = None
    zone: ZoneInfo = ZoneInfo("UTC")
    mail: Annotated[str, Email] | None = None


class Hours(ConfigForm):
    begin: time = Field(time(9), title="From")
    end: time = Field(time(17), title="To")
    title: str = "Office"
    password: SecretStr | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.end <= self.begin:
            message = "the end must be after the beginning"
            raise ValueError(message)
        return self


def by_name(model: type[BaseModel], values: BaseModel | Mapping[str, Any] | None = None) -> dict[str, Input]:
    return {one.name: one for one in inputs(model, values or {})}


def submitted(shown: Sequence[Input]) -> list[tuple[str, str]]:
    """Return what a browser sends when nothing was changed."""
    pairs = []
    for one in shown:
        if one.kind == "checkbox":
            pairs += [(one.name, "true")] if one.value else []
        elif one.kind == "checkboxes":
            assert isinstance(one.value, list)
            pairs += [(one.name, text) for text in one.choices if text in one.value]
        elif one.kind == "password":
            pairs.append((one.name, ""))
        else:
            assert isinstance(one.value, str)
            pairs.append((one.name, one.value))
    return pairs


def refusals(model: type[BaseModel], pairs: Sequence[tuple[str, str]], **kept: Any) -> dict[str, str]:
    """Return what is said of a form that does not validate."""
    try:
        parse(model, pairs, kept)
    except FormRefused as refused:
        return {one.path: one.message for one in refused.fields}
    return {}
