"""Signs and verifies requests with PyPI's atlassian-jwt, as a site or an add-on does.

Reads {"act": ..., ...} from standard input and writes the act's answer, or {"error": ...}, to standard output.
"""

import json
import sys
from collections.abc import Callable
from typing import Any

import atlassian_jwt
import jwt
from atlassian_jwt.url_utils import canonicalize_request


def sign(request: dict[str, Any], claims: dict[str, Any], secret: str) -> str:
    """Sign a request; `claims` replace those that the library makes."""
    return str(
        atlassian_jwt.encode_token(
            request["method"], request["url"], claims["iss"], secret, timeout_secs=180, payload_kwargs=claims
        )
    )


def verify(request: dict[str, Any], token: str, secret: str) -> dict[str, Any]:
    """Verify a request with its token in the header."""

    class Verifier(atlassian_jwt.Authenticator):
        def get_shared_secret(self, _: str) -> str:
            return secret

    headers = {"Authorization": f"JWT {token}"}
    return dict(Verifier().authenticate(request["method"], request["url"], headers).claims)


def canonical(requests: list[dict[str, Any]]) -> list[str]:
    """Return what is hashed of each request."""
    return [canonicalize_request(one["method"], one["url"]) for one in requests]


ACTS: dict[str, Callable[..., Any]] = {"sign": sign, "verify": verify, "canonical": canonical}


def main() -> None:
    """Run the act that standard input names."""
    asked = json.load(sys.stdin)
    try:
        answer = ACTS[asked.pop("act")](**asked)
    except jwt.PyJWTError as error:
        answer = {"error": str(error)}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
