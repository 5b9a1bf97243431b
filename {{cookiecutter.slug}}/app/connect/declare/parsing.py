"""Reads what a browser submitted into the model of a form, or says field by field what to change."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from app.connect.declare.forms import NO_VALUES
from app.connect.declare.sentences import FORMATS, REQUIRED, about, say, say_choices
from app.connect.declare.shapes import Shape, shapes_of
from app.connect.errors import FieldError, FormRefused

T = TypeVar("T", bound=BaseModel)

WHOLE_FORM = "form"
"""The path of an error that is about no single field."""
CLEAR = "-clear"
"""What the box that clears a secret adds to its name; no field can be called so."""
WRITTEN = {"date": re.compile(r"\d{4}-\d\d-\d\d"), "time": re.compile(r"\d\d:\d\d(:\d\d(\.\d{1,6})?)?")}
"""Stricter than Pydantic, which takes numbers for dates and times with a timezone."""


class _Refused(Exception):
    """One field cannot be read; the text is the predicate of its sentence."""


class _Absent(Exception):
    """A field was not sent: the model decides."""


def parse(model: type[T], pairs: Sequence[tuple[str, str]], kept: Mapping[str, Any] = NO_VALUES) -> T:
    """Make an instance from the fields of a form, in order; `FormRefused` carries one sentence a field.

    `kept` are present values, for secrets that were left empty and for fields that were not sent. An absent checkbox
    means False, because browsers leave an unticked one out.
    """
    sent: dict[str, list[str]] = {}
    for name, text in pairs:
        sent.setdefault(name, []).append(text)
    shapes = shapes_of(model)
    values: dict[str, Any] = {}
    refused: dict[str, str] = {}
    for name, shape in shapes.items():
        try:
            values[name] = _read(shape, sent, kept)
        except _Refused as error:
            refused[name] = about(shape, str(error))
        except _Absent:
            pass
    try:
        instance = model.model_validate(values)
    except ValidationError as error:
        _add(refused, error, shapes)
    else:
        if not refused:
            return instance
    raise FormRefused([FieldError(path=name, message=refused[name]) for name in _in_order(refused, shapes)])


def _add(refused: dict[str, str], error: ValidationError, shapes: Mapping[str, Shape]) -> None:
    unread = bool(refused)
    for problem in error.errors(include_url=False, include_input=False):
        name = str(problem["loc"][0]) if problem["loc"] else WHOLE_FORM
        if name in shapes:
            refused.setdefault(name, say(problem, shapes[name]))
        elif not unread:
            # With a field unread, its default stood in for it: what the whole form says then is not about this input.
            refused.setdefault(WHOLE_FORM, say(problem, None))


def _in_order(refused: Mapping[str, str], shapes: Mapping[str, Shape]) -> list[str]:
    return [name for name in (WHOLE_FORM, *shapes) if name in refused]


def _read(shape: Shape, sent: Mapping[str, list[str]], kept: Mapping[str, Any]) -> Any:
    texts = sent.get(shape.name, [])
    if shape.kind == "checkboxes":
        chosen = [_choose(shape, text) for text in texts]
        return None if shape.optional and not chosen else chosen
    if len(texts) > 1:
        raise _Refused("was sent more than once. Send it once")
    if shape.kind == "checkbox":
        return texts[0] if texts else False
    if shape.kind == "password":
        return _read_secret(shape, "".join(texts), kept, clear=shape.name + CLEAR in sent)
    if not texts:
        return _present(shape, kept)
    return _read_text(shape, texts[0].replace("\r\n", "\n").replace("\r", "\n"))


def _read_text(shape: Shape, text: str) -> Any:
    if shape.choices and text in shape.choices:
        return shape.choices[text]
    if not text.strip():
        if shape.optional:
            return None
        if shape.required:
            raise _Refused(REQUIRED)
    if shape.many:
        return [line.strip() for line in text.split("\n") if line.strip()]
    if shape.choices:
        raise _Refused(say_choices(shape))
    pattern = WRITTEN.get(shape.format)
    if pattern is None:
        return text
    if not pattern.fullmatch(text.strip()):
        raise _Refused(FORMATS[shape.format])
    return text.strip()


def _read_secret(shape: Shape, text: str, kept: Mapping[str, Any], *, clear: bool) -> Any:
    if clear and shape.optional:
        if text:
            raise _Refused("can be replaced or cleared, not both. Empty the input or untick the box")
        return None
    return text or _present(shape, kept)


def _present(shape: Shape, kept: Mapping[str, Any]) -> Any:
    if shape.name not in kept:
        raise _Absent
    return kept[shape.name]


def _choose(shape: Shape, text: str) -> Any:
    if text not in shape.choices:
        raise _Refused(say_choices(shape))
    return shape.choices[text]
