"""Pages: templates for the host's frames, and the headers that let the host and no one else frame them."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

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

from app.connect.context import Context, Page
from app.connect.declare.addon import route_path
from app.connect.errors import ConfigurationError
from app.connect.network.addresses import origin_of

if TYPE_CHECKING:
    from app.connect.tenancy.tables import Tenant

OWN = Path(__file__).parent / "templates"


class Pages:
    """Renders the add-on's templates, with the plumbing's own (`connect/...`) to extend."""

    def __init__(self, folder: Path, *, addon_name: str, base_url: str, frame_ancestors: Sequence[str]) -> None:
        self._environment = Environment(
            loader=ChoiceLoader([FileSystemLoader(folder), FileSystemLoader(OWN)]),
            autoescape=select_autoescape(["html"], default=True),
            undefined=StrictUndefined,
            enable_async=False,
        )
        self._environment.globals |= {"addon_name": addon_name, "base_url": base_url}
        self._frame_ancestors = tuple(frame_ancestors)

    def render(self, template: str, ctx: Context, values: dict[str, Any]) -> Page:
        """Render for a frame: the template gets `ctx`, `frame` (token, host script, refresh address) and `values`."""
        frame = {
            "token": ctx.page_token(),
            "host_script": f"{ctx.tenant.web_url}/atlassian-connect/all.js",
            "refresh_url": route_path(ctx.host, "page-token"),
        }
        return Page(self._template(template).render(ctx=ctx, frame=frame, **values))

    def render_public(self, template: str, **values: Any) -> str:
        """Render a page that is not about a tenant."""
        return self._template(template).render(**values)

    def respond(self, page: Page, tenant: "Tenant") -> HTMLResponse:
        """Answer with a page that only this tenant's host may frame."""
        host = origin_of(tenant.web_url)
        policy = "; ".join(
            (
                "default-src 'none'",
                f"script-src 'self' {host}",
                f"style-src 'self' {host}",
                f"font-src 'self' {host}",
                f"img-src 'self' data: {host}",
                "connect-src 'self'",
                "form-action 'self'",
                "base-uri 'none'",
                f"frame-ancestors {' '.join((host, *self._frame_ancestors))}",
            )
        )
        return HTMLResponse(page.html, headers={"content-security-policy": policy, "cache-control": "no-store"})

    def _template(self, name: str) -> Template:
        try:
            return self._environment.get_template(name)
        except TemplateNotFound:
            raise ConfigurationError(f"There is no template {name!r}. Create app/addon/templates/{name}.") from None
