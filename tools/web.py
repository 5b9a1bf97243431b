"""Talks JSON over HTTP to servers on this machine, with the standard library."""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tools.failure import StepError

TIMEOUT = 15.0
# Nothing here leaves the machine, so no proxy is asked.
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True)
class Answer:
    """What a server answered."""

    status: int
    text: str

    def json(self) -> Any:  # noqa: ANN401 - JSON is any shape
        """Parse the body."""
        return json.loads(self.text)


def call(method: str, url: str, *, body: object = None, headers: Mapping[str, str] | None = None) -> Answer:
    """Send a request and return the answer, whatever its status.

    Raises OSError where there is no answer: nobody listens, or not within 15 seconds.
    """
    sent = {"Accept": "application/json", **(headers or {})}
    data = None
    if body is not None:
        data = json.dumps(body).encode()
        sent["Content-Type"] = "application/json"
    request = urllib.request.Request(url, data=data, headers=sent, method=method)  # noqa: S310 - always http here
    try:
        with OPENER.open(request, timeout=TIMEOUT) as response:
            return Answer(response.status, response.read().decode("utf-8", "replace"))
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, error.read().decode("utf-8", "replace"))


def expect(
    status: int, method: str, url: str, *, body: object = None, headers: Mapping[str, str] | None = None
) -> Answer:
    """Send a request that must be answered with `status`; raise StepError with the body if it is not."""
    try:
        answer = call(method, url, body=body, headers=headers)
    except OSError as error:
        raise StepError(
            f"{method} {url} got no answer: {error}",
            hint="the log of the server says why; is the port blocked on this machine?",
        ) from error
    if answer.status != status:
        raise StepError(
            f"{method} {url} answered {answer.status}, not {status}",
            seen=answer.text[:2000],
            hint="the answer above names the reason; the log of the server has the rest",
        )
    return answer
