"""The tenant's settings: a Pydantic model is the form, its validation and the type a handler reads."""

from collections.abc import Mapping
from typing import Any, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from app.connect.database.store import TenantStore
from app.connect.errors import FieldError

SCOPE = "settings"


class ConfigForm(BaseModel):
    """Derive from it, give every field a default, a title and a description, and declare it with `@router.settings`.

    Strings, numbers, booleans, `Literal` and string enums become inputs of the settings page.
    """

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    @classmethod
    async def load(cls, store: TenantStore) -> Self:
        """Read the tenant's settings; a stored value that no longer fits the form falls back to its default."""
        stored = await store.narrow(SCOPE).all()
        try:
            return cls.model_validate(stored)
        except ValidationError as error:
            wrong = {problem["loc"][0] for problem in error.errors(include_url=False) if problem["loc"]}
            return cls.model_validate({name: value for name, value in stored.items() if name not in wrong})

    async def save(self, store: TenantStore) -> None:
        """Keep every field for this tenant."""
        for name, value in self.model_dump(mode="json").items():
            await store.narrow(SCOPE).set(name, value)


T = TypeVar("T", bound=ConfigForm)


class FormRefused(Exception):
    """The submitted form does not validate; `fields` says what to change, field by field."""

    def __init__(self, fields: list[FieldError]) -> None:
        super().__init__("the form does not validate")
        self.fields = fields


class Input(BaseModel):
    """One input of the settings page, as the template draws it."""

    name: str
    label: str
    hint: str | None
    kind: Literal["text", "number", "checkbox", "select"]
    value: Any
    choices: list[str] = []
    attributes: dict[str, str] = {}


ATTRIBUTES = {
    "minimum": "min",
    "maximum": "max",
    "minLength": "minlength",
    "maxLength": "maxlength",
    "pattern": "pattern",
}


def inputs(form: ConfigForm) -> list[Input]:
    """Describe the inputs of a form with its present values, from its JSON schema."""
    schema = form.model_json_schema()
    values = form.model_dump(mode="json")
    result = []
    for name, field in schema.get("properties", {}).items():
        spec = _resolve(field, schema)
        kind: Literal["text", "number", "checkbox", "select"] = "text"
        if "enum" in spec:
            kind = "select"
        elif spec.get("type") == "boolean":
            kind = "checkbox"
        elif spec.get("type") in {"integer", "number"}:
            kind = "number"
        attributes = {html: str(spec[key]) for key, html in ATTRIBUTES.items() if key in spec}
        if spec.get("type") == "number":
            attributes["step"] = "any"
        result.append(
            Input(
                name=name,
                label=field.get("title") or spec.get("title") or name,
                hint=field.get("description"),
                kind=kind,
                value=values[name],
                choices=[str(choice) for choice in spec.get("enum", [])],
                attributes=attributes,
            )
        )
    return result


def parse_form(form: type[T], submitted: Mapping[str, str]) -> T:
    """Validate what a browser submitted; `FormRefused` carries one message a field.

    Browsers leave an unticked checkbox out, so an absent boolean means False here.
    """
    schema = form.model_json_schema()
    values: dict[str, Any] = dict(submitted)
    for name, field in schema.get("properties", {}).items():
        if name not in values and _resolve(field, schema).get("type") == "boolean":
            values[name] = False
    try:
        return form.model_validate(values)
    except ValidationError as error:
        raise FormRefused(
            [
                FieldError(path=".".join(str(part) for part in problem["loc"]) or "form", message=problem["msg"])
                for problem in error.errors(include_input=False, include_url=False)
            ]
        ) from None


def _resolve(field: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """Follow a reference, and take the one shape of `X | None` that is not null."""
    for member in (field, *field.get("allOf", []), *field.get("anyOf", [])):
        if "$ref" in member:
            found: dict[str, Any] = schema["$defs"][member["$ref"].rsplit("/", 1)[-1]]
            return found
    shapes = [member for member in field.get("anyOf", []) if member.get("type") != "null"]
    return shapes[0] if shapes else field
