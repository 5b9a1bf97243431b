"""The type of whatever JSON can hold."""

from typing import Any, TypeAlias

# Strict recursive types would need a cast at every step into a body that its model has checked already.
Json: TypeAlias = Any
