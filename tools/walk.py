"""What the walks of `make demo` have in common: waiting, reading pages, and a CI server that reports builds."""

import html
import re
import time
from collections.abc import Callable
from typing import Any

from tools.failure import StepError
from tools.web import expect

PATIENCE_SECONDS = 20.0
PAGE_TOKEN = re.compile(r'<meta\s+name="page-token"\s+content="([^"]+)"')
TAG = re.compile(r"<[^>]*>")

Found = list[dict[str, Any]]


def page_token(page: str) -> str:
    """Return the token with which a page of the add-on calls back."""
    found = PAGE_TOKEN.search(page)
    if not found:
        raise StepError(
            "the settings page carries no page token",
            seen=page[:1000],
            hint="app/addon's settings template must extend the page which the plumbing ships",
        )
    return html.unescape(found[1])


def create_api_token(url: str, page: str) -> str:
    """Ask for an API token as the button of the settings page does; `page` is the page."""
    answer = expect(201, "POST", url, headers={"Authorization": f"JWT {page_token(page)}"})
    return str(answer.json()["token"])


def report_build(addon: str, token: str, build: dict[str, Any]) -> None:
    """Report a build, as a CI server does."""
    expect(201, "POST", f"{addon}/api/builds", body=build, headers={"Authorization": f"Bearer {token}"})


def as_text(markup: str) -> str:
    """Drop the tags of a message or a page, for a terminal."""
    return " ".join(html.unescape(TAG.sub(" ", markup)).split())


def wait_for(look: Callable[[], Found], *, what: str) -> Found:
    """Call `look` until it finds something and return that; StepError after 20 seconds."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.05)
    raise StepError(
        f"no {what} within {PATIENCE_SECONDS:.0f} s",
        hint="the host delivers, the add-on answers: compare the two logs",
    )
