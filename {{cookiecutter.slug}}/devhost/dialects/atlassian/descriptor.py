"""What an add-on says of itself in `atlassian-connect.json` (reference 3)."""

import re
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from devhost.errors import InstallRefused
from devhost.wire.body import explain
from devhost.world.jsonvalue import Json

_KEY = re.compile(r"[a-zA-Z0-9._-]{1,64}")
# Types that hold one module and not a list of them.
SINGLE = ("configurePage", "postInstallPage")
SCOPES = ("NONE", "READ", "WRITE", "DELETE", "PROJECT_ADMIN", "SPACE_ADMIN", "ADMIN", "ACT_AS_USER")
# What each scope allows besides itself.
_IMPLIED = {
    "WRITE": {"READ"},
    "DELETE": {"READ", "WRITE"},
    "PROJECT_ADMIN": {"READ", "WRITE", "DELETE"},
    "SPACE_ADMIN": {"READ", "WRITE", "DELETE"},
    "ADMIN": {"READ", "WRITE", "DELETE", "PROJECT_ADMIN", "SPACE_ADMIN"},
}


class _Part(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True)


class Authentication(_Part):
    """How the host and the add-on prove who they are."""

    type: str = "jwt"


class Lifecycle(_Part):
    """The addresses that are told of installs."""

    installed: str = Field(pattern="^/")
    uninstalled: str | None = Field(None, pattern="^/")
    enabled: str | None = Field(None, pattern="^/")
    disabled: str | None = Field(None, pattern="^/")


class Descriptor(_Part):
    """The whole document; `modules` are as they were written."""

    key: str
    base_url: str = Field(alias="baseUrl", max_length=200)
    name: str = ""
    description: str = ""
    authentication: Authentication
    lifecycle: Lifecycle
    api_version: int = Field(1, alias="apiVersion")
    scopes: list[str] = []
    modules: dict[str, Any] = {}
    enable_licensing: bool = Field(default=False, alias="enableLicensing")

    @property
    def allowed(self) -> frozenset[str]:
        """The scopes, with those that they imply."""
        asked = {scope.upper() for scope in self.scopes}
        return frozenset(asked.union(*(_IMPLIED.get(scope, set()) for scope in asked)))

    def of_type(self, kind: str) -> list[dict[str, Any]]:
        """List the modules of one type."""
        found = self.modules.get(kind)
        listed = [found] if isinstance(found, dict) else found if isinstance(found, list) else []
        return [one for one in listed if isinstance(one, dict)]

    def named(self, key: str) -> list[tuple[str, dict[str, Any]]]:
        """List the modules with this key, each with its type."""
        return [(kind, one) for kind in self.modules for one in self.of_type(kind) if one.get("key") == key]


def read_descriptor(document: Json) -> Descriptor:
    """Check a descriptor. Raises InstallRefused, which names every member that is wrong."""
    try:
        descriptor = Descriptor.model_validate(document)
    except ValidationError as error:
        told = "; ".join(f"{path or 'the document'}: {message}" for path, message, _ in explain(error, document))
        raise InstallRefused(f"The descriptor is wrong: {told}") from error
    wrong = _faults(descriptor)
    if wrong:
        raise InstallRefused(f"The descriptor is wrong: {'; '.join(wrong)}")
    return descriptor


def _faults(descriptor: Descriptor) -> list[str]:
    found = []
    if not _KEY.fullmatch(descriptor.key):
        found.append("key: up to 64 letters, digits, dots, underscores and hyphens are needed")
    parts = urlsplit(descriptor.base_url)
    # A host in the cloud takes https alone; this one reaches add-ons on the same machine.
    if parts.scheme not in ("http", "https") or not parts.hostname:
        found.append("baseUrl: an absolute address such as http://127.0.0.1:8000 is needed")
    if descriptor.authentication.type.lower() != "jwt":
        found.append('authentication.type: "jwt" is needed, because nothing is signed otherwise')
    unknown = {scope.upper() for scope in descriptor.scopes} - {*SCOPES, "ACCESS_EMAIL_ADDRESSES"}
    if unknown:
        found.append(f"scopes: {min(unknown)} is none of {', '.join(SCOPES)}")
    return found + _module_faults(descriptor)


def _module_faults(descriptor: Descriptor) -> list[str]:
    found, seen = [], set()
    for kind, listed in descriptor.modules.items():
        if kind in SINGLE and not isinstance(listed, dict):
            found.append(f"modules.{kind}: one object is needed")
        elif kind not in SINGLE and not isinstance(listed, list):
            found.append(f"modules.{kind}: a list is needed")
        for one in descriptor.of_type(kind):
            key = one.get("key")
            if key is not None and (kind, key) in seen:
                found.append(f"modules.{kind}: the key {key!r} is there twice")
            seen.add((kind, key))
            if kind == "webhooks" and not (isinstance(one.get("event"), str) and isinstance(one.get("url"), str)):
                found.append("modules.webhooks: event and url are needed")
    return found
