"""The form of everything that is sent: closed models whose limits are checked when they are built."""

import json
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    JsonValue,
    ModelWrapValidatorHandler,
    ValidationError,
    model_validator,
)

from app.connect.hosts.hipchat.client.errors import LimitExceeded


def _encodable(value: dict[str, JsonValue]) -> dict[str, JsonValue]:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise ValueError("holds half of a surrogate pair, which no encoding has") from None
    return value


Metadata = Annotated[dict[str, JsonValue], AfterValidator(_encodable)]


class Outgoing(BaseModel):
    """Mistakes raise `LimitExceeded` with the model's and field's name, never with the value."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, validate_by_name=True, allow_inf_nan=False, hide_input_in_errors=True
    )

    @model_validator(mode="wrap")
    @classmethod
    def _hold_to_limits(cls, value: object, handler: ModelWrapValidatorHandler[Self]) -> Self:
        # Anything but a dict may fit another member of a union, which only pydantic can tell.
        if not isinstance(value, dict):
            return handler(value)
        try:
            return handler(value)
        except ValidationError as error:
            problem = error.errors(include_input=False, include_url=False)[0]
            # Deeper parts are pydantic's names for branches of a union; models inside name themselves.
            field = f"{cls.__name__}.{problem['loc'][0]}"
            raise LimitExceeded(field, problem["msg"].removeprefix("Value error, ")) from None

    def wire(self) -> dict[str, Any]:
        """Return the JSON object the host reads; members without a value are left out."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)
