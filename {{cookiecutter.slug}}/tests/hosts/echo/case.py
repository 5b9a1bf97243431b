"""Echo, played for the conformance suite: a product in memory that signs, grants and knows its people."""

import time
import uuid
from base64 import b64decode
from collections.abc import Collection, Mapping, Sequence
from typing import Any, ClassVar

from pydantic_settings import BaseSettings
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.conformance import (
    STRANGER,
    Binds,
    Enrols,
    Grants,
    Guest,
    Hear,
    HintsUninstalls,
    HostCase,
    Listens,
    Pauses,
    ProvesUninstalls,
    Sent,
    SignsLifecycle,
    TellsAdministrators,
)
from app.connect.declare.router import Router
from app.connect.hosts.protocol import Asked, ProofKind
from app.connect.keys.jwt import prepare_key, sign
from devhost.testing import Routes
from tests.hosts.echo import EchoCtx, EchoRouter, EchoSettings, Ping
from tests.hosts.echo.context import Said
from tests.hosts.echo.inbound import binding_of
from tests.hosts.echo.outbound import EchoOutbound

VENDOR_KEY = "the key of the makers of echo, which only they have"
HOST = "http://127.0.0.1:9300"
INSTALLATIONS = "/echo/installations"


class EchoCase(
    HostCase,
    SignsLifecycle,
    Listens,
    Pauses,
    Binds,
    HintsUninstalls,
    ProvesUninstalls,
    Enrols,
    Grants,
    TellsAdministrators,
):
    """The product."""

    name = "echo"
    section: ClassVar[Mapping[str, Any]] = {"greeting": "Hello", "panel": {"report": {"name": "Report"}}}
    wrong = (
        ({**section, "greeting": "Hello, hello, hello, hello"}, "echo.greeting"),
        ({**section, "voice": "shrill"}, "echo.voice"),
        ({**section, "card": {"status": {"name": "Status", "opens": "nowhere"}}}, "echo.card.status.opens"),
    )
    told_apart = (ProofKind.LIFECYCLE, ProofKind.ENTRY, ProofKind.CONTEXT, ProofKind.EVENT)

    def __init__(self) -> None:
        self._secrets: dict[str, str] = {}
        self._gone: set[str] = set()
        self._granted: list[tuple[str, str]] = []
        self._asked = 0
        self._said: Said = []
        self.product = self._make_product()

    @property
    def transport(self) -> Routes:
        network = Routes()
        network.add(HOST, self.product)
        return network

    def settings(self) -> BaseSettings:
        return EchoSettings(_env_file=None, vendor_key=VENDOR_KEY)  # type: ignore[arg-type]

    def routers(self, hear: Hear) -> Sequence[Router[Any]]:
        echo = EchoRouter()

        @echo.on(Ping)
        async def pinged(ctx: EchoCtx, event: Ping) -> str:
            await hear(ctx, event.text)
            return f"heard {event.text}"

        return (echo,)

    async def begin(self, app: Any, base_url: str) -> None:
        outbound = app.state.application.hosts["echo"].outbound
        assert isinstance(outbound, EchoOutbound)
        self._said = outbound.said

    async def guest(self) -> Guest:
        guest = Guest(f"guest-{uuid.uuid4().hex}", f"secret-{uuid.uuid4().hex}")
        self._secrets[guest.client_key] = guest.secret
        return guest

    def install(self, guest: Guest) -> Sent:
        return self._signed(self.unsigned_renewal(guest), Guest(guest.client_key, VENDOR_KEY))

    def renew(self, guest: Guest) -> Sent:
        return self._signed(self.unsigned_renewal(guest), guest)

    def unsigned_renewal(self, guest: Guest) -> Sent:
        return Sent.post(INSTALLATIONS, {"client_key": guest.client_key, "secret": guest.secret, "url": HOST})

    def takeovers(self, guest: Guest) -> Sequence[Sent]:
        return [
            one
            for url in (HOST, "http://127.0.0.1:9999")
            for one in self._forged(
                Sent.post(INSTALLATIONS, {"client_key": guest.client_key, "secret": STRANGER, "url": url}), guest
            )
        ]

    def endpoint(self, guest: Guest, sent: Sent) -> Sent:
        return self._signed(sent, guest)

    def sign(self, guest: Guest, sent: Sent, kind: ProofKind, *, user: str | None = None, **claims: Any) -> str:
        path, _, query = sent.target.partition("?")
        asked = Asked(sent.method, path.encode(), query.encode("latin-1"), (), kind, "")
        now = int(time.time())
        said: dict[str, Any] = {
            "iss": guest.client_key,
            "iat": now,
            "exp": now + 60,
            "for": kind.value,
            "req": binding_of(asked).decode(),
            "sub": user or "1",
        } | claims
        return sign({name: value for name, value in said.items() if value is not None}, prepare_key(guest.secret))

    def carry(self, sent: Sent, token: str) -> Sent:
        return sent.with_header("authorization", f"Echo {token}")

    def carry_elsewhere(self, sent: Sent, token: str) -> Sent:
        return sent.with_query(f"echo={token}")

    def event(self, guest: Guest, number: int) -> Sent:
        body = {"id": f"{number}", "client_key": guest.client_key, "event": "ping", "data": {"text": f"event {number}"}}
        return Sent.post("/echo/webhook/ping", body)

    def replies(self, guest: Guest) -> Sequence[str]:
        return [text for client_key, text in self._said if client_key == guest.client_key]

    def frame_origins(self, guest: Guest) -> Collection[str]:
        return {HOST}

    def suspend(self, guest: Guest) -> Sent:
        return self._signed(self._about(guest, "suspend"), guest)

    def resume(self, guest: Guest) -> Sent:
        return self._signed(self._about(guest, "resume"), guest)

    def forged_pauses(self, guest: Guest) -> Sequence[Sent]:
        return self._forged(self._about(guest, "suspend"), guest)

    def hint(self, guest: Guest) -> Sent:
        return self._about(guest, "remove")

    def forget(self, guest: Guest) -> None:
        self._gone.add(guest.client_key)

    def remember(self, guest: Guest) -> None:
        self._gone.discard(guest.client_key)

    def uninstall(self, guest: Guest) -> Sent:
        return self._signed(self._about(guest, "remove"), guest)

    def newcomer(self) -> Guest:
        return Guest(f"newcomer-{uuid.uuid4().hex}", VENDOR_KEY)

    def introduce(self, guest: Guest, sent: Sent, *, access_token: str | None = None) -> Sent:
        by_makers = Guest(guest.client_key, VENDOR_KEY)
        return self.carry(sent, self.sign(by_makers, sent, ProofKind.ENTRY, url=HOST, access=access_token))

    def granted(self, guest: Guest) -> Sequence[str]:
        return [token for client_key, token in self._granted if client_key == guest.client_key]

    def people(self) -> tuple[str, str]:
        return "admin", "somebody"

    def asked(self) -> int:
        return self._asked

    def _forged(self, sent: Sent, guest: Guest) -> Sequence[Sent]:
        """Sign as strangers can: not at all, with any secret, with the makers' key, as another installation."""
        return (
            sent,
            self._signed(sent, Guest(guest.client_key, STRANGER)),
            self._signed(sent, Guest(guest.client_key, VENDOR_KEY)),
            self._signed(sent, Guest("somebody-else", VENDOR_KEY)),
        )

    def _about(self, guest: Guest, what: str) -> Sent:
        return Sent.post(f"{INSTALLATIONS}/{what}", {"client_key": guest.client_key})

    def _signed(self, sent: Sent, guest: Guest) -> Sent:
        return self.carry(sent, self.sign(guest, sent, ProofKind.LIFECYCLE))

    def _make_product(self) -> Starlette:
        async def token(request: Request) -> Response:
            name, secret = _basic(request)
            if self._secrets.get(name) != secret:
                return Response(status_code=401)
            self._granted.append((name, f"access-{uuid.uuid4().hex}"))
            return JSONResponse({"token": self._granted[-1][1]})

        async def person(request: Request) -> Response:
            self._asked += 1
            return JSONResponse({"admin": request.path_params["name"] == "admin"})

        async def installation(request: Request) -> Response:
            return Response(status_code=410 if request.path_params["name"] in self._gone else 200)

        return Starlette(
            routes=[
                Route("/api/token", token, methods=["POST"]),
                Route("/api/people/{name}", person),
                Route("/api/installations/{name}", installation),
            ]
        )


def _basic(request: Request) -> tuple[str, str]:
    name, _, secret = b64decode(request.headers["authorization"].partition(" ")[2]).decode().partition(":")
    return name, secret
