"""Forms as an author writes them: a Pydantic model is the inputs, their validation and the type a handler reads.

Every field may be a `str`, `int`, `float`, `bool`, `date`, `time`, `Literal`, `Enum`, `SecretStr`, a type that is read
from a string (`HttpUrl`, `EmailStr`, `ZoneInfo`), a list of strings, numbers or choices, or one of these `| None`.
`Field(title=..., description=...)` are label and hint; `json_schema_extra={"multiline": True}` makes space for long
text, `{"hidden": True}` carries a value that people do not see. A new kind of input begins at `shapes.Kind`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import time
from enum import Enum
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic_core import PydanticUndefined

from app.connect.declare.shapes import Kind, Shape, shapes_of

NO_VALUES: Mapping[str, Any] = MappingProxyType({})


class Form(BaseModel):
    """Derive from it to put a form on a page; fields the model does not name are ignored."""

    model_config = ConfigDict(
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        # Inputs are named after fields, and NaN cannot be stored as JSON.
        validate_by_name=True,
        validate_by_alias=False,
        allow_inf_nan=False,
    )


class ConfigForm(Form):
    """Derive from it to declare what a tenant can choose; every field needs a default."""


@dataclass(frozen=True, slots=True)
class Done:
    """The answer to a form that was taken: what to tell, and whether the page is drawn again."""

    message: str
    refresh: bool = False


@dataclass(frozen=True, slots=True)
class Input:
    """One input as `connect/form.html` draws it; `value` is True for a secret that is stored, never the secret."""

    name: str
    label: str
    hint: str | None
    kind: Kind
    value: str | bool | Sequence[str]
    choices: Sequence[str] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)
    clearable: bool = False


@dataclass(frozen=True, slots=True)
class BoundForm:
    """A form with its present values and the address it is sent to; templates draw it with `form(...)`."""

    action: str
    inputs: Sequence[Input]


def inputs(model: type[BaseModel], values: BaseModel | Mapping[str, Any] = NO_VALUES) -> list[Input]:
    """Describe the inputs of a model with `values`; a field without one shows its default."""
    present = dict(values)
    return [_input(shape, present.get(name, _default(model, name))) for name, shape in shapes_of(model).items()]


def _default(model: type[BaseModel], name: str) -> Any:
    value = model.model_fields[name].get_default(call_default_factory=True, validated_data={})
    return None if value is PydanticUndefined else value


def _input(shape: Shape, value: Any) -> Input:
    choices = tuple(shape.choices)
    if shape.kind == "select" and (shape.optional or value is None) and "" not in choices:
        choices = ("", *choices)
    return Input(
        name=shape.name,
        label=shape.label,
        hint=" ".join(filter(None, (shape.hint, "One per line."))) if _is_lines(shape) else shape.hint,
        kind=shape.kind,
        value=_shown(shape, value),
        choices=choices,
        attributes=shape.attributes,
        clearable=shape.optional and shape.kind == "password" and _shown(shape, value) is True,
    )


def _is_lines(shape: Shape) -> bool:
    return shape.many and shape.kind == "textarea"


def _shown(shape: Shape, value: Any) -> str | bool | list[str]:
    if shape.kind == "password":
        return value is not None and bool(value.get_secret_value() if hasattr(value, "get_secret_value") else value)
    if shape.kind == "checkbox":
        return bool(value)
    if shape.many:
        texts = [_text(item) for item in value or ()]
        if isinstance(value, set | frozenset):
            texts.sort()
        return "\n".join(texts) if _is_lines(shape) else texts
    if isinstance(value, bool):
        return next((text for text, choice in shape.choices.items() if choice is value), "")
    return _text(value)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, time):
        # Browsers show no more than milliseconds, and seconds only where there are some.
        exact = "milliseconds" if value.microsecond else "seconds" if value.second else "minutes"
        return value.isoformat(exact)
    return str(value)
