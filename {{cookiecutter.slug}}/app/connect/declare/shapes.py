"""The shape of a form's fields: which input shows a field and what may be typed into it, read from its JSON schema."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic.json_schema import GenerateJsonSchema

Kind = Literal[
    "text",
    "email",
    "url",
    "number",
    "date",
    "time",
    "password",
    "hidden",
    "textarea",
    "checkbox",
    "checkboxes",
    "select",
]
Schema = Mapping[str, Any]

TEXT_KINDS: Mapping[str, Kind] = {"date": "date", "time": "time", "email": "email", "uri": "url"}
NOT_TYPED = frozenset({"date-time", "duration", "binary", "base64url", "json-string"})
"""Strings of JSON that nobody types into an input."""
YES_OR_NO: Mapping[str, Any] = {"Yes": True, "No": False}


@dataclass(frozen=True, slots=True)
class Shape:
    """One field: `many` is a list, `format` what its text is (a JSON type or format), `choices` text to value."""

    name: str
    label: str
    hint: str | None
    kind: Kind
    format: str
    optional: bool = False
    required: bool = False
    many: bool = False
    choices: Mapping[str, Any] = field(default_factory=dict)
    attributes: Mapping[str, str] = field(default_factory=dict)


class _Lenient(GenerateJsonSchema):
    """Give a type without a JSON schema an empty one, so that the other fields are still described."""

    ignored_warning_kinds = {"skipped-choice", "non-serializable-default"}  # noqa: RUF012 - as Pydantic declares it

    def handle_invalid_for_json_schema(self, schema: Any, error_info: str) -> dict[str, Any]:  # noqa: ARG002
        return {}


@cache
def shapes_of(model: type[BaseModel]) -> Mapping[str, Shape]:
    """Return the shapes of a model's fields; a field that no input can show is left out."""
    whole = model.model_json_schema(by_alias=False, schema_generator=_Lenient)
    properties = _resolve(whole, whole).get("properties", {})
    shapes = {name: _shape(name, info, properties[name], whole) for name, info in model.model_fields.items()}
    return {name: shape for name, shape in shapes.items() if shape is not None}


def _shape(name: str, info: FieldInfo, schema: Schema, whole: Schema) -> Shape | None:
    spec, optional = _without_null(schema, whole)
    many = spec.get("type") == "array" and "prefixItems" not in spec
    item = _resolve(spec.get("items", {}), whole) if many else spec
    choices = _choices(item, optional=optional, many=many)
    extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    kind = _kind(item, extra, many=many, chosen=bool(choices))
    if kind is None:
        return None
    required = not optional and _refuses_nothing(kind, spec, info)
    return Shape(
        name=name,
        label=info.title or name.replace("_", " ").strip().capitalize(),
        hint=info.description,
        kind=kind,
        format=str(item.get("format") or item.get("type") or ""),
        optional=optional,
        required=required,
        many=many,
        choices=choices,
        attributes=_attributes(kind, item) | ({"required": "required"} if required else {}),
    )


def _resolve(schema: Schema, whole: Schema) -> Schema:
    reference = schema.get("$ref")
    return schema if reference is None else whole["$defs"][reference.rsplit("/", 1)[-1]]


def _without_null(schema: Schema, whole: Schema) -> tuple[Schema, bool]:
    """Take the one shape of `X | None` that is not null, and say whether null was there; a real union has no shape."""
    members = schema.get("anyOf", [schema])
    shapes = [member for member in members if member.get("type") != "null"]
    optional = len(shapes) < len(members)
    if len(shapes) != 1:
        return {}, optional
    spec = _resolve(shapes[0], whole)
    if None in spec.get("enum", ()):  # Literal["a", None]
        return {**spec, "enum": [choice for choice in spec["enum"] if choice is not None]}, True
    return spec, optional


def _choices(item: Schema, *, optional: bool, many: bool) -> Mapping[str, Any]:
    if item.get("type") == "boolean" and optional and not many:
        return YES_OR_NO
    values = [item["const"]] if "const" in item else item.get("enum", [])
    typed = all(isinstance(value, str | int) and not isinstance(value, bool) for value in values)
    choices = {str(value): value for value in values}
    return choices if typed and len(choices) == len(values) else {}


def _kind(item: Schema, extra: Schema, *, many: bool, chosen: bool) -> Kind | None:
    is_choice = "enum" in item or "const" in item
    if is_choice and not chosen:
        return None
    text = item.get("type") == "string" and item.get("format") not in NOT_TYPED
    number = item.get("type") in {"integer", "number"}
    if many:
        lines = number or (text and not item.get("writeOnly") and item.get("format") not in {"date", "time"})
        return "checkboxes" if is_choice else "textarea" if lines else None
    if extra.get("hidden") and (is_choice or number or text):
        return "hidden"
    if chosen:
        return "select"
    if item.get("type") == "boolean":
        return "checkbox"
    return _kind_of_text(item, extra) if text else "number" if number else None


def _kind_of_text(item: Schema, extra: Schema) -> Kind:
    if item.get("writeOnly"):
        return "password"
    return "textarea" if extra.get("multiline") else TEXT_KINDS.get(item.get("format", ""), "text")


def _refuses_nothing(kind: Kind, spec: Schema, info: FieldInfo) -> bool:
    """Say whether leaving the input empty is refused; free text may be empty where the field has a default."""
    if kind == "checkbox":
        return False
    if spec.get("type") == "array":
        return bool(spec.get("minItems"))
    if kind == "password":
        return info.is_required()
    free = spec.get("type") == "string" and "format" not in spec and not {"enum", "const"} & spec.keys()
    return not free or info.is_required() or bool(spec.get("minLength"))


def _attributes(kind: Kind, item: Schema) -> dict[str, str]:
    """Return what helps while typing. No `maxlength`, which cuts what is pasted without a word."""
    if kind == "password":
        return {"autocomplete": "new-password"}
    if kind != "number":
        return {}
    found = {html: str(item[key]) for key, html in (("minimum", "min"), ("maximum", "max")) if key in item}
    if item["type"] == "integer":
        if "exclusiveMinimum" in item:
            found["min"] = str(item["exclusiveMinimum"] + 1)
        if "exclusiveMaximum" in item:
            found["max"] = str(item["exclusiveMaximum"] - 1)
        return found
    return found | {"step": "any"}
