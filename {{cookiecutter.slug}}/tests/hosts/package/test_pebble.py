"""Pebble holds to what every host must hold to."""

import time
import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import Any, ClassVar

from connect_pebble import Note, PebbleRouter
from connect_pebble.settings import PebbleSettings
from pydantic import SecretStr

from app.conformance import (
    STRANGER,
    Conformance,
    Guest,
    Hear,
    HostCase,
    ProvenUninstalls,
    ProvesUninstalls,
    Sent,
    SignedLifecycle,
    SignsLifecycle,
)
from app.connect import Context
from app.connect.declare.router import Router
from app.connect.hosts.protocol import ProofKind
from app.connect.keys.jwt import prepare_key, sign

KEY = "the key that pebble's makers gave to the author"
URL = "https://boards.example.com"


class PebbleCase(HostCase, SignsLifecycle, ProvesUninstalls):
    """A board."""

    name = "pebble"
    section: ClassVar[Mapping[str, Any]] = {"panel": {"report": {"name": "Report"}}}
    wrong = (({"panel": {"report": {"name": "Report", "colour": "red"}}}, "pebble.panel.report.colour"),)
    told_apart = (ProofKind.LIFECYCLE, ProofKind.ENTRY, ProofKind.CONTEXT, ProofKind.EVENT)

    def settings(self) -> PebbleSettings:
        return PebbleSettings(_env_file=None, key=SecretStr(KEY))

    def routers(self, hear: Hear) -> Sequence[Router[Any]]:
        pebble = PebbleRouter()

        @pebble.on_note("pinned")
        async def pinned(ctx: Context, note: Note) -> None:
            await hear(ctx, note.text)

        return (pebble,)

    async def guest(self) -> Guest:
        return Guest(f"board-{uuid.uuid4()}", f"secret-{uuid.uuid4()}")

    def install(self, guest: Guest) -> Sent:
        return self.endpoint(Guest(guest.client_key, KEY), self.unsigned_renewal(guest))

    def renew(self, guest: Guest) -> Sent:
        return self.endpoint(guest, self.unsigned_renewal(guest))

    def unsigned_renewal(self, guest: Guest) -> Sent:
        return Sent.post("/pebble/pin", {"board": guest.client_key, "url": URL, "secret": guest.secret})

    def takeovers(self, guest: Guest) -> Sequence[Sent]:
        sent = self.unsigned_renewal(Guest(guest.client_key, STRANGER))
        return [sent, *(self.endpoint(Guest(guest.client_key, secret), sent) for secret in (STRANGER, KEY))]

    def uninstall(self, guest: Guest) -> Sent:
        body = {"board": guest.client_key, "url": URL, "secret": guest.secret}
        return self.endpoint(guest, Sent.post("/pebble/unpin", body))

    def endpoint(self, guest: Guest, sent: Sent) -> Sent:
        return self.carry(sent, self.sign(guest, sent, ProofKind.LIFECYCLE))

    def sign(self, guest: Guest, sent: Sent, kind: ProofKind, *, user: str | None = None, **claims: Any) -> str:
        now = int(time.time())
        own = {"iss": guest.client_key, "iat": now, "exp": now + 60, "aud": kind.value, "sub": user or "somebody"}
        said = {name: value for name, value in {**own, **claims}.items() if value is not None}
        return sign(said, prepare_key(guest.secret))

    def carry(self, sent: Sent, token: str) -> Sent:
        return sent.with_header("authorization", f"Pebble {token}")

    def carry_elsewhere(self, sent: Sent, token: str) -> None:
        return None

    def event(self, guest: Guest, number: int) -> Sent:
        note = {"id": str(number), "text": f"event {number}"}
        return Sent.post("/pebble/webhook/pinned", {"board": guest.client_key, "note": note})

    def frame_origins(self, guest: Guest) -> Collection[str]:
        return {URL}


class TestPebble(Conformance, SignedLifecycle, ProvenUninstalls):
    make_case = PebbleCase
