"""Backends that somebody wrote and did not finish."""

import asyncio
import json
from typing import Any

from app.connect import Caller
from app.connect.access import BackendParts, BackendRequest, Principal
from app.connect.errors import NotAllowed

SECRET = "what-nobody-may-read-in-a-log"


class Odd:
    """Handles everything with `X-Odd`, and does what that says."""

    name = "odd"

    def __init__(self, parts: BackendParts) -> None:
        self._parts = parts

    def can_handle(self, request: BackendRequest) -> bool:
        if request.header("x-odd") == "cannot tell":
            raise RuntimeError(SECRET)
        return request.header("x-odd") is not None

    async def authenticate(self, request: BackendRequest) -> Any:
        match request.header("x-odd"):
            case "nobody":
                return None
            case "raises":
                json.loads(f"{SECRET} {SECRET}")
            case "times out":
                raise TimeoutError
            case "hangs":
                await asyncio.Event().wait()
            case "forbids":
                raise NotAllowed("Not on Sundays.")
            case "returns a name":
                return "eve"
            case "changes the request":
                request.client = "1.1.1.1"  # type: ignore[misc]
            case tenant_id:
                tenant = await self._parts.find_tenant(tenant_id or "")
                return None if tenant is None else Principal(tenant, Caller(user_id="odd one"))
        raise AssertionError


class OtherName(Odd):
    name = "even"


class Half:
    """Lacks a method."""

    name = "odd"

    def __init__(self, _: BackendParts) -> None:
        """Need nothing."""

    def can_handle(self, _: BackendRequest) -> bool:
        return True


class Blocking(Half):
    def authenticate(self, _: BackendRequest) -> None:
        """Be no coroutine."""


class Awaited(Odd):
    async def can_handle(self, _: BackendRequest) -> bool:  # type: ignore[override]
        return True


class Raising(Odd):
    def __init__(self, _: BackendParts) -> None:
        raise LookupError("no directory answers")


NOT_CALLABLE = "a text"
