"""Secrets: in no log, no answer and no row, whatever happened."""

from pathlib import Path

import pytest

from app.conformance.case import Guest, TellsAdministrators
from app.conformance.sending import Received
from app.conformance.stage import KEYS, Stage
from app.connect.hosts.protocol import ProofKind


@pytest.mark.asyncio
class Secrecy:
    """A whole life of a tenant, read for what must not be there."""

    async def test_no_secret_is_logged_answered_or_kept_open(self, stage: Stage, tmp_path: Path) -> None:
        guest, answers = await self._live(stage)
        token = stage.case.sign(guest, stage.module, ProofKind.ENTRY)
        answers += [
            await stage.send(stage.case.carry(stage.module, token)),
            await stage.send(stage.case.carry(stage.module, token[:-3] + "AAA")),
        ]
        secrets = {"secret": guest.secret, "token": token, "key": KEYS}
        kept = str(await stage.rows()) + _dumped(tmp_path)
        refused = "".join(one.body.decode("latin-1") for one in answers if one.status >= 400)
        found = {
            (where, name)
            for where, text in {"log": stage.logged, "answers": refused, "database": kept}.items()
            for name, secret in secrets.items()
            if secret in text
        }
        assert stage.logged
        assert refused
        assert found == set()

    async def test_secret_does_not_show_when_a_guests_view_is_printed(self, stage: Stage) -> None:
        guest = await stage.install()
        known = await stage.application.lifecycle.known(stage.case.name, guest.client_key)
        assert guest.secret not in repr(known)

    async def _live(self, stage: Stage) -> tuple[Guest, list[Received]]:
        guest = await stage.install()
        answers = [
            await stage.enter(guest),
            await stage.deliver(guest, 1),
            await stage.send(stage.case.event(guest, 2)),
            await stage.send(stage.case.endpoint(guest, stage.case.install(guest).with_body(b"{"))),
            await stage.send(stage.case.renew(guest)),
            *[await stage.send(one) for one in stage.case.takeovers(guest)],
        ]
        await stage.settle()
        if isinstance(stage.case, TellsAdministrators):
            answers.append(await stage.enter(guest, user=stage.case.people()[0]))
        return guest, answers


def _dumped(folder: Path) -> str:
    """Read the database as it lies on the disk, where it is a file."""
    return b"".join(path.read_bytes() for path in folder.glob("addon.db*")).decode("latin-1")
