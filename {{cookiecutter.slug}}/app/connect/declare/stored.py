"""How a form's values are stored: JSON by field, secrets sealed, and read again by a later version of the model."""

from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, JsonValue, ValidationError

from app.connect.declare.shapes import shapes_of

T = TypeVar("T", bound=BaseModel)

Seal = Callable[[str], bytes]
Unseal = Callable[[bytes], str]

SEALED = "sealed"
"""The one key of a stored secret, so that it is never taken for text when its field changes its type."""


def dump(form: BaseModel, seal: Seal) -> dict[str, JsonValue]:
    """Return every field as JSON; secrets only as what `seal` makes of them."""
    secrets = {name for name, shape in shapes_of(type(form)).items() if shape.kind == "password"}
    values: dict[str, JsonValue] = form.model_dump(mode="json", exclude=secrets)
    for name in secrets:
        secret = getattr(form, name)
        values[name] = None if secret is None else stored_secret(seal(secret.get_secret_value()))
    return values


def load(model: type[T], stored: Mapping[str, Any], unseal: Unseal) -> T:
    """Make an instance of what was stored; a value that no longer fits falls back to its default, alone.

    What `unseal` raises is raised here: a secret that cannot be opened must not be replaced by its default unnoticed.
    """
    shapes = shapes_of(model)
    values = {
        name: _open(value, unseal) if name in shapes and shapes[name].kind == "password" else value
        for name, value in stored.items()
        if name in model.model_fields
    }
    while True:
        try:
            return model.model_validate(values)
        except ValidationError as error:
            places = {problem["loc"][0] for problem in error.errors(include_url=False) if problem["loc"]}
        fitting = {name: value for name, value in values.items() if name not in places}
        if len(fitting) == len(values):
            return _nearest(model, values)
        values = fitting


def sealed_in(value: Any) -> bytes | None:
    """Return what is sealed in one stored value; None where nothing is."""
    match value:
        case {"sealed": str(text)}:
            return b64decode(text)
        case _:
            return None


def stored_secret(sealed: bytes) -> dict[str, JsonValue]:
    """Write a sealed secret as JSON can hold it."""
    return {SEALED: b64encode(sealed).decode("ascii")}


def _open(value: Any, unseal: Unseal) -> Any:
    sealed = sealed_in(value)
    return value if sealed is None else unseal(sealed)


def _nearest(model: type[T], values: Mapping[str, Any]) -> T:
    """Give up one value where the values do not go together any more; all of them only where that is not enough."""
    for given_up in values:
        try:
            return model.model_validate({name: value for name, value in values.items() if name != given_up})
        except ValidationError:
            continue
    return model.model_validate({})
