"""Pages: templates for the host's frames, and the headers that let the host and no one else frame them."""

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
from app.connect.pages.frame import Frame

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


def respond(page: Page, frame: Frame) -> HTMLResponse:
    """Answer with a page that only the tenant's host may frame."""
    ancestors = " ".join(frame.ancestors) or "'none'"
    sources = "".join(f" {origin}" for origin in frame.sources)
    policy = "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self'{sources}",
            f"style-src 'self'{sources}",
            f"font-src 'self'{sources}",
            f"img-src 'self' data:{sources}",
            "connect-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            f"frame-ancestors {ancestors}",
        )
    )
    headers = {"content-security-policy": policy, "cache-control": "no-store", **dict(frame.headers)}
    return HTMLResponse(page.html, headers=headers)
