"""Takes secrets out of what people and logs see."""

import re

HIDDEN = "***"

_QUERY = re.compile(r"(?i)\b(signed_request|auth_token|jwt|access_token|refresh_token|code|token)=[^&\s\"'<>]+")
_MEMBER = re.compile(
    r'(?i)("(?:oauthSecret|client_secret|secret|access_token|refresh_token|password|jwt)"\s*:\s*)"(?:[^"\\]|\\.)*"'
)
# An authorization code is a secret; the code of an error is words, and what one wants to read.
_CODE = re.compile(r'("code"\s*:\s*)"(?![a-z]+(?:_[a-z]+)*")(?:[^"\\]|\\.)*"')
_JWT = re.compile(r"\beyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]*")
_CREDENTIALS = re.compile(r"(?i)\b(Basic|Bearer|JWT)\s+(?:token=)?[A-Za-z0-9._~+/=-]{8,}")
_PATH = re.compile(r"(/v2/oauth/token/|/v2/addon/installable/[^/\s]+/|/v2/addon/link/)[^/?\s\"&]+")
_ENCODED = re.compile(r"(?i)(%2Finstallable%2F[^%&]+%2F)[^%&\s\"]+")


def mask(text: str) -> str:
    """Return the text with tokens, secrets and signed requests replaced."""
    text = _MEMBER.sub(rf'\1"{HIDDEN}"', text)
    text = _CODE.sub(rf'\1"{HIDDEN}"', text)
    text = _PATH.sub(rf"\1{HIDDEN}", text)
    text = _ENCODED.sub(rf"\1{HIDDEN}", text)
    text = _QUERY.sub(rf"\1={HIDDEN}", text)
    text = _CREDENTIALS.sub(rf"\1 {HIDDEN}", text)
    return _JWT.sub(HIDDEN, text)
