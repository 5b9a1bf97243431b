"""A host that says what a test tells it to, over ASGI, and remembers every call."""

import base64
import json
from collections import defaultdict
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

Message = MutableMapping[str, Any]

TOKEN_PATH = "/v2/oauth/token"


@dataclass
class Answer:
    """What the host says: JSON, or bytes as they are; or an error of the connection."""

    status: int = 200
    document: object = None
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    failure: Exception | None = None


@dataclass
class Call:
    """One request as it arrived; `path` is still encoded."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.body)
        return document

    @property
    def credentials(self) -> str:
        return base64.b64decode(self.headers["authorization"].removeprefix("Basic ")).decode()


class FakeHost:
    """An ASGI app. Other paths than the token's answer what `says` queued, else 404.

    Tokens are `token-1`, `token-2`, ... after what `token_answers` holds.
    """

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.token_calls: list[Call] = []
        self.token_answers: list[Answer] = []
        self._queued: dict[tuple[str, str], list[Answer]] = defaultdict(list)

    def says(self, method: str, path: str, *answers: Answer) -> None:
        """Answer calls of this method and encoded path with these in turn, the last one again and again."""
        self._queued[method, path].extend(answers)

    async def __call__(
        self,
        scope: MutableMapping[str, Any],
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        call = Call(
            method=scope["method"],
            path=scope["raw_path"].decode(),
            query=dict(parse_qsl(scope["query_string"].decode(), keep_blank_values=True)),
            headers={name.decode().lower(): value.decode() for name, value in scope["headers"]},
            body=body,
        )
        answer = self._token(call) if call.path == TOKEN_PATH else self._next(call)
        if answer.failure:
            raise answer.failure
        content = answer.body
        if content is None:
            content = b"" if answer.document is None else json.dumps(answer.document).encode()
        headers = {"content-type": "application/json", **answer.headers}
        await send(
            {
                "type": "http.response.start",
                "status": answer.status,
                "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
            }
        )
        await send({"type": "http.response.body", "body": content})

    def _token(self, call: Call) -> Answer:
        self.token_calls.append(call)
        number = len(self.token_calls)
        if self.token_answers:
            return self.token_answers.pop(0)
        return Answer(
            200, {"access_token": f"token-{number}", "expires_in": 3600, "group_id": 1, "group_name": "Group"}
        )

    def _next(self, call: Call) -> Answer:
        self.calls.append(call)
        queued = self._queued.get((call.method, call.path), [])
        if not queued:
            return Answer(404, {"error": {"code": 404, "type": "Not Found", "message": f"{call.path} not found"}})
        return queued.pop(0) if len(queued) > 1 else queued[0]
