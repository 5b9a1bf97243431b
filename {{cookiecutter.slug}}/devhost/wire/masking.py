"""Takes secrets out of what people and logs see."""

import re

HIDDEN = "***"

SECRET_HEADERS = ("cookie", "set-cookie", "x-auth-token")

_NAMES = r"signed_request|jwt|(?:auth|access|refresh)[-_]?token|(?:oauth|client)?[-_]?secret|password"
# How an address is written inside another one: every sign again as a percent and its code.
_EQUALS = r"(?:=|%(?:25)*3D)"
_QUERY = re.compile(rf"(?i)((?:{_NAMES}|\bcode|\btoken){_EQUALS})[^&\s\"'<>]+")
_HEADER = re.compile(r"(?i)\b(x-auth-token:\s*)[^\s\"',]+")
_MEMBER = re.compile(rf'(?i)("[\w-]*(?:{_NAMES})"\s*:\s*)"(?:[^"\\]|\\.)*"')
_URL = re.compile(r"(://[^\s/:@]*):[^\s\"'<>]{1,256}@")
# An authorization code is a secret; the code of an error is words, and what one wants to read.
_CODE = re.compile(r'("code"\s*:\s*)"(?![a-z]+(?:_[a-z]+)*")(?:[^"\\]|\\.)*"')
_JWT = re.compile(r"(?:\b|(?<=%[0-9A-Fa-f]{2}))eyJ[\w-]{5,}(?:\.|%2E)[\w-]{5,}(?:\.|%2E)[\w-]*")
_CREDENTIALS = re.compile(r"(?i)\b(Basic|Bearer|JWT)\s+(?:token=)?[A-Za-z0-9._~+/=-]{8,}")
_PATH = re.compile(r"(/v2/oauth/token/|/v2/addon/installable/[^/\s]+/|/v2/addon/link/)[^/?\s\"&]+")
_ENCODED = re.compile(r"(?i)(%2Finstallable%2F[^%&]+%2F)[^%&\s\"]+")


def mask(text: str) -> str:
    """Return the text with tokens, secrets and signed requests replaced."""
    text = _MEMBER.sub(rf'\1"{HIDDEN}"', text)
    text = _CODE.sub(rf'\1"{HIDDEN}"', text)
    text = _PATH.sub(rf"\1{HIDDEN}", text)
    text = _ENCODED.sub(rf"\1{HIDDEN}", text)
    text = _QUERY.sub(rf"\1{HIDDEN}", text)
    text = _HEADER.sub(rf"\1{HIDDEN}", text)
    text = _URL.sub(rf"\1:{HIDDEN}@", text)
    text = _CREDENTIALS.sub(rf"\1 {HIDDEN}", text)
    return _JWT.sub(HIDDEN, text)
