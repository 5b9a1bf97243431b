"""Verifies invocation tokens with PyJWT, as a remote of a Forge app does.

Reads {"act": "verify", ...} from standard input and writes the claims, or {"error": ...}, to standard output.
"""

import json
import sys
from typing import Any

import jwt


def verify(token: str, keys: str, audience: str) -> dict[str, Any]:
    """Return the claims of a token whose key is at an address."""
    key = jwt.PyJWKClient(keys).get_signing_key_from_jwt(token)
    return dict(
        jwt.decode(
            token,
            key.key,
            algorithms=["RS256"],
            audience=audience,
            issuer="forge/invocation-token",
            options={"require": ["exp", "iat", "nbf", "jti", "aud", "iss"]},
        )
    )


def main() -> None:
    """Do the act."""
    asked = json.loads(sys.stdin.read())
    try:
        answer = verify(asked["token"], asked["keys"], asked["audience"])
    except jwt.PyJWTError as error:
        answer = {"error": type(error).__name__}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
