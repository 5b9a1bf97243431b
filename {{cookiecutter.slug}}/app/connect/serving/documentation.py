"""The API's documentation for people: Swagger UI out of an installed package, never from another origin.

The package is one of the tools for development, so a container image has no viewer unless somebody wants one.
"""

from importlib.util import find_spec
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import HTMLResponse

from app.connect.errors import ConfigurationError
from app.connect.http.static_files import WholeFiles
from app.connect.pages.rendering import Pages

PACKAGE = "fastapi_swagger"
FILES = "/static/swagger"
# The viewer writes styles into its elements.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def viewer_folder(*, required: bool) -> Path | None:
    """Return where the viewer's files are, or None; `ConfigurationError` where one is required."""
    found = find_spec(PACKAGE)
    if found is not None and found.origin is not None:
        return Path(found.origin).parent / "resources"
    if required:
        raise ConfigurationError(
            "DOCS is on, but the viewer is not installed. Add fastapi-swagger to the list `addon` in pyproject.toml, "
            "or set DOCS=off."
        )
    return None


def add_documentation(app: FastAPI, pages: Pages, folder: Path) -> None:
    """Serve `/docs`, and the viewer's files beside it."""
    page = pages.render("connect/docs.html", files=FILES)
    app.mount(FILES, WholeFiles(directory=folder))

    @app.get("/docs", response_class=HTMLResponse, include_in_schema=False)
    async def docs() -> HTMLResponse:
        return HTMLResponse(page.html, headers={"content-security-policy": POLICY})
