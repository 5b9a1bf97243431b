"""Mistakes in the model of a form that are found when the add-on starts, each with the line that mends it."""

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from app.connect.declare.forms import ConfigForm
from app.connect.declare.parsing import WHOLE_FORM
from app.connect.declare.sentences import say
from app.connect.declare.shapes import shapes_of

USABLE = (
    "str, int, float, bool, date, time, Literal or Enum of str or int, SecretStr, a type that is read from a string "
    "(HttpUrl, EmailStr, ZoneInfo), a list of str, int or choices, or one of these | None"
)


def problems(model: type[BaseModel]) -> list[str]:
    """List what is wrong with a form's model; nothing where it can be shown, sent and stored."""
    found = [
        f"{model.__name__}.{name}: no input can show {_written(info)}. Use {USABLE}."
        for name, info in model.model_fields.items()
        if name not in shapes_of(model)
    ]
    if WHOLE_FORM in model.model_fields:
        found.append(
            f"{model.__name__}.{WHOLE_FORM}: errors of the whole form are called so. Give the field another name."
        )
    if issubclass(model, ConfigForm):
        bare = [
            f"{model.__name__}.{name} has no default, and a tenant who saved no settings yet needs one. "
            f"Write `{name}: {_written(info)} = Field(<default>, ...)`, or `| None` with None."
            for name, info in model.model_fields.items()
            if info.is_required()
        ]
        found += bare or _wrong_defaults(model)
    return found


def _wrong_defaults(model: type[ConfigForm]) -> list[str]:
    """Try the defaults: people must be able to save the settings as they are first shown."""
    try:
        model.model_validate(dict(model()))
    except ValidationError as error:
        return [_wrong_default(model, problem) for problem in error.errors(include_url=False, include_input=False)]
    return []


def _wrong_default(model: type[ConfigForm], problem: ErrorDetails) -> str:
    name = str(problem["loc"][0]) if problem["loc"] else None
    where, shape = (f"{model.__name__}.{name}", shapes_of(model).get(name)) if name else (model.__name__, None)
    return f"{where}: its own rules refuse the default. {say(problem, shape)} Change the default or the rule."


def _written(info: FieldInfo) -> str:
    annotation = info.annotation
    return annotation.__name__ if isinstance(annotation, type) else str(annotation).replace("typing.", "")
