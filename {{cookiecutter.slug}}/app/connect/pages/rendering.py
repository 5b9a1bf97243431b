"""Pages: templates for the host's frames, and the headers that let the host and no one else frame them."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from fastapi.responses import HTMLResponse
from jinja2 import (
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    StrictUndefined,
    Template,
    TemplateNotFound,
    select_autoescape,
)

from app.connect.declare.declarations import Page
from app.connect.errors import ConfigurationError
from app.connect.pages.frame import Frame, HostScript

OWN = Path(__file__).parent / "templates"


class Pages:
    """Renders the add-on's templates, with the plumbing's own (`connect/...`) to extend."""

    def __init__(self, folder: Path, *, addon_name: str, base_url: str) -> None:
        self._environment = Environment(
            loader=ChoiceLoader([FileSystemLoader(folder), FileSystemLoader(OWN)]),
            autoescape=select_autoescape(["html"], default=True),
            undefined=StrictUndefined,
            enable_async=False,
        )
        self._environment.globals |= {"addon_name": addon_name, "base_url": base_url}

    def render(self, template: str, **values: Any) -> Page:
        """Render a template; `ConfigurationError` when there is none of that name."""
        return Page(self._template(template).render(**values))

    def _template(self, name: str) -> Template:
        try:
            return self._environment.get_template(name)
        except TemplateNotFound as error:
            # The name of the one that is missing, which may be one that this one extends.
            raise ConfigurationError(
                f"There is no template {error.name!r}. Create app/addon/templates/{error.name}."
            ) from None


def respond(page: Page, frame: Frame, script: HostScript | None) -> HTMLResponse:
    """Answer with a page that only the tenant's host may frame, and where no script of that host runs."""
    trusted = "" if script is None or script.source is None else f" {script.source}"
    return PageResponse(
        page.html, _headers(tuple(frame.ancestors), tuple(frame.sources), tuple(frame.headers), trusted)
    )


class PageResponse(HTMLResponse):
    """A page; its headers are put together without the work that a response in general needs."""

    def __init__(self, html: str, headers: Sequence[tuple[bytes, bytes]]) -> None:
        self.status_code = 200
        self.background = None
        self.body = html.encode("utf-8")
        self.raw_headers = [*headers, (b"content-length", b"%d" % len(self.body))]


@lru_cache(maxsize=1024)
def _headers(
    ancestors: Sequence[str], sources: Sequence[str], more: Sequence[tuple[str, str]], trusted: str
) -> Sequence[tuple[bytes, bytes]]:
    """Return the headers of the pages of tenants that share a host's rules."""
    listed = "".join(f" {origin}" for origin in sources)
    policy = "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self'{trusted}",
            f"style-src 'self'{listed}",
            f"font-src 'self'{listed}",
            f"img-src 'self' data:{listed}",
            "connect-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors " + (" ".join(ancestors) or "'none'"),
        )
    )
    headers = {
        "content-security-policy": policy,
        "cache-control": "no-store",
        **dict(more),
        "content-type": "text/html; charset=utf-8",
    }
    return tuple((name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items())
