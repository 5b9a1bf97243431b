"""A small add-on that has nothing but forms: our templates, script and style sheet, and our reading of what is sent."""

import asyncio
from pathlib import Path
from urllib.parse import parse_qsl

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pydantic import BaseModel, Field, SecretStr
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from app.connect.access.token_forms import TokenForm
from app.connect.declare.forms import BoundForm, Form, inputs
from app.connect.declare.parsing import parse
from app.connect.errors import FormRefused
from tests.connect.declare.examples import Everything, Hours, Vote

CONNECT = Path(__file__).parents[2] / "app" / "connect" / "pages"
HOST_TOKEN = "eyJhbGciOiJub25lIn0.e30.x"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'"
)
PAGE = """
{% extends "connect/frame.html" %}
{% from "connect/form.html" import form %}
{% block content %}
<h1>Karma</h1>
<ul>{% for vote in votes %}<li>{{ vote.who }}: {{ vote.points }}</li>{% endfor %}</ul>
{% for name, bound in forms.items() %}<h2>{{ name }}</h2>{{ form(bound, submit="Send " ~ name) }}{% endfor %}
{% endblock %}
"""


class Clash(Form):
    """Fields that are called like properties of a form."""

    action: str
    id: str
    elements: int = 1
    matches: bool = False
    children: str = ""


class Needed(Form):
    """Every kind of input, and none of them may stay empty."""

    name: str = Field(title="A name that is rather long, so that it does not fit beside anything", max_length=5)
    many: list[str] = Field(min_length=2, title="Names", description="Who takes part.")
    secret: SecretStr = Field(title="Secret", min_length=8)


FORMS: dict[str, type[BaseModel]] = {
    "give": Vote,
    "hours": Hours,
    "everything": Everything,
    "clash": Clash,
    "needed": Needed,
}


class FormStage:
    """An ASGI app; the test says which forms the page shows and how requests are answered."""

    def __init__(self) -> None:
        self.shown: list[str] = ["give"]
        self.votes: list[Vote] = [Vote(who="Ann", points=3)]
        self.got: list[BaseModel] = []
        self.requests: list[str] = []
        self.good_token = "page-1"
        self.renewable = True
        self.answer: Response | None = None
        self.delay = 0.0
        self._templates = Environment(
            loader=FileSystemLoader(CONNECT / "templates"), autoescape=True, undefined=StrictUndefined
        )
        self._templates.globals["addon_name"] = "Karma"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http":
            request = Request(scope, receive)
            await (await self._respond(request))(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        path = request.url.path
        if path.startswith("/static/connect/"):
            return FileResponse(CONNECT / "static" / path.rpartition("/")[2])
        if path == "/host.js":
            return PlainTextResponse("", media_type="text/javascript")
        self.requests.append(f"{request.method} {path}")
        if path == "/renew":
            self.good_token = "page-2"
            return JSONResponse({"token": "page-2"}, status_code=200 if self.renewable else 401)
        tokens = [
            value
            for value in (request.headers.get("authorization"), request.query_params.get("signed_request"))
            if value is not None
        ]
        if tokens not in ([f"JWT {self.good_token}"], [HOST_TOKEN]):
            return JSONResponse({"error": {"message": "Sign the request."}}, status_code=401)
        if request.method == "GET":
            return self.settings() if path == "/settings" else self.page()
        return await self._take(request, path.removeprefix("/form/"))

    async def _take(self, request: Request, name: str) -> Response:
        pairs = parse_qsl((await request.body()).decode(), keep_blank_values=True)
        await asyncio.sleep(self.delay)
        if self.answer is not None:
            return self.answer
        try:
            form = parse(FORMS[name], pairs)
        except FormRefused as refused:
            fields = [one.model_dump() for one in refused.fields]
            error = {"message": "Mend the marked fields and send the form again.", "fields": fields}
            return JSONResponse({"error": error}, status_code=422)
        self.got.append(form)
        if isinstance(form, Vote):
            self.votes.append(form)
            return JSONResponse({"message": "Thank you.", "refresh": True})
        return JSONResponse({"message": "Saved."})

    def page(self) -> Response:
        """Draw the page with the forms that are shown now."""
        forms = {name: BoundForm(f"/form/{name}", inputs(FORMS[name])) for name in self.shown}
        return self._html(self._templates.from_string(PAGE).render(frame=FRAME, votes=self.votes, forms=forms))

    def settings(self) -> Response:
        """Draw the settings page of the plumbing, with a secret that is stored."""
        settings = BoundForm("/form/hours", inputs(Hours, Hours(password=SecretStr("hunter2"))))
        values = {
            "settings": settings,
            "token_count": len(TOKENS),
            "token_url": "/t",
            "token_inputs": inputs(TokenForm),
            "tokens": TOKENS,
            "revoke_url": "/r",
            "revoke_one_url": "/r1",
            "revoke_of_url": "/ro",
            "makers": ["557058:5b10a2844c20165700ede21g"],
            "asked": ["builds.*.read", "builds.*.report"],
        }
        return self._html(self._templates.get_template("connect/managed_settings.html").render(frame=FRAME, **values))

    def _html(self, text: str) -> Response:
        return HTMLResponse(text, headers={"Content-Security-Policy": POLICY})


TOKENS = [
    {
        "id": f"{number:032}",
        "name": name,
        "accesses": accesses,
        "policy": None if used else "ci",
        "created": "2026-11-28 12:00 UTC",
        "used": used,
        "expires": used and "2027-11-28 12:00 UTC",
        "place": None,
        "by": "557058:5b10a2844c20165700ede21g",
        "via": None,
    }
    for number, (name, accesses, used) in enumerate(
        (
            ("CI of web", ["builds.web.report", "builds.*.read", "!builds.secret.read"], "2026-11-28 14:00 UTC"),
            ("W" * 100, ["builds." + "w" * 200 + ".report"], None),
            ("API token", None, "2026-11-28 14:00 UTC"),
        )
    )
]
"""What the page shows of tokens: an ordinary one, the longest there may be, one that may do everything."""
FRAME = {
    "token": "page-1",
    "refresh_url": "/renew",
    "host_script": "/static/connect/bridge.js",
    "host_script_attributes": {},
}
