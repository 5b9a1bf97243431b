"""What HTTP Basic shows: `TENANT_ID/NAME` and a password. Pure."""

import base64
import binascii
import re
import unicodedata
from typing import NamedTuple

from app.connect.api_tokens.table import NAME_LENGTH

LONGEST_NAME = NAME_LENGTH
LONGEST_PASSWORD = 1_000
"""Characters."""
SHORTEST_PASSWORD = 12
TENANT_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)


class Shown(NamedTuple):
    """What was read; name and password are in Unicode's composed form, however a keyboard wrote them."""

    tenant_id: str
    name: str
    password: str


def read_basic(credentials: str) -> Shown | None:
    """Read what follows `Basic`; None for what can be nobody's, which costs no look at the database."""
    try:
        text = base64.b64decode(credentials, validate=True).decode()
    except (binascii.Error, ValueError):
        return None
    user, _, password = text.partition(":")
    tenant_id, _, name = user.partition("/")
    name, password = composed(name), composed(password)
    if not TENANT_ID.fullmatch(tenant_id) or name_problem(name) or password_problem(password, name):
        return None
    return Shown(tenant_id, name, password)


def composed(text: str) -> str:
    """Return a text as it is compared and kept."""
    return unicodedata.normalize("NFC", text)


def name_problem(name: str) -> str | None:
    """Say what keeps a text from being the name of a user."""
    if not name or len(name) > LONGEST_NAME:
        return f"A name has 1 to {LONGEST_NAME} characters."
    if not name.isprintable() or name != name.strip():
        return "A name has no control characters, and no space at its ends."
    if ":" in name:
        return "A name has no colon: HTTP Basic ends a name with one."
    return None


def password_problem(password: str, name: str) -> str | None:
    """Say what keeps a text from being a password."""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        return f"A password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD:,} characters."
    if not password.isprintable():
        return "A password is one line without control characters."
    if password.casefold() == name.casefold() or len(set(password)) < SHORTEST_PASSWORD // 3:
        return "This password is the first that anybody would try. Take a random one."
    return None
