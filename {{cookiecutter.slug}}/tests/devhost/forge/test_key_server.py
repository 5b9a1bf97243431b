"""The key server of invocation tokens: what it says, and every way in which it can be broken."""

import httpx
import pytest

from devhost.dialects.forge.apps import ForgeInstallation
from devhost.dialects.forge.host import ForgeHost
from devhost.dialects.forge.jwks import FAULTS, HUGE
from devhost.errors import HostError
from devhost.testing import Devhost
from tests.devhost.forge.remote import Remote, decode

PATH = "/.well-known/jwks.json"


async def keys(devhost: Devhost) -> list[dict[str, str]]:
    answer = await devhost.client.get(PATH)
    assert answer.status_code == 200
    listed: list[dict[str, str]] = answer.json()["keys"]
    return listed


class TestKeys:
    async def test_are_public_halves_that_fit_the_tokens(
        self, devhost: Devhost, forge: ForgeHost, installed: ForgeInstallation, remote: Remote
    ) -> None:
        [key] = await keys(devhost)
        assert key.keys() == {"kty", "use", "alg", "kid", "n", "e"}
        assert len(decode(key["n"])) == 256
        assert remote.told("/forge/events") == ["ok"]

    async def test_are_not_those_of_connect_installs(
        self, devhost: Devhost, forge: ForgeHost, installed: ForgeInstallation
    ) -> None:
        [key] = await keys(devhost)
        assert key["kid"] != forge.sites.state.keys.current[0]
        assert (await devhost.client.get(f"/install-keys/{key['kid']}")).status_code == 404

    async def test_of_before_stay_when_a_new_one_signs(
        self, devhost: Devhost, forge: ForgeHost, installed: ForgeInstallation, remote: Remote
    ) -> None:
        old = forge.token(installed)
        assert forge.rotate_key() == (await keys(devhost))[-1]["kid"]
        assert len(await keys(devhost)) == 2
        for token in (old, forge.token(installed)):
            assert await remote.judge(token, "/forge/events") == "ok"


class TestFault:
    async def test_of_each_kind_is_what_it_says(
        self, devhost: Devhost, forge: ForgeHost, installed: ForgeInstallation
    ) -> None:
        forge.break_jwks("empty")
        assert await keys(devhost) == []
        forge.rotate_key()
        forge.break_jwks("missing")
        kids = [one["kid"] for one in await keys(devhost)]
        assert len(kids) == 1
        assert forge.state.keys.current[0] not in kids
        forge.break_jwks("redirect")
        moved = await devhost.client.get(PATH)
        assert moved.status_code == 302
        assert len((await devhost.client.get(moved.headers["location"])).json()["keys"]) == 2
        forge.break_jwks("garbage")
        with pytest.raises(ValueError, match="Expecting"):
            (await devhost.client.get(PATH)).json()
        forge.mend()
        assert len(await keys(devhost)) == 2

    async def test_huge_answer_holds_the_keys_at_its_end(self, devhost: Devhost, forge: ForgeHost) -> None:
        forge.break_jwks("huge")
        answer = await devhost.client.get(PATH)
        assert len(answer.content) > HUGE
        assert len(answer.json()["keys"]) == 1

    async def test_of_the_line_is_met_as_often_as_it_says(self, devhost: Devhost, forge: ForgeHost) -> None:
        forge.break_jwks("error", times=1)
        assert (await devhost.client.get(PATH)).status_code == 500
        forge.break_jwks("down", times=1)
        with pytest.raises(httpx.ReadError):
            await devhost.client.get(PATH)
        forge.break_jwks("slow", seconds=0.01)
        assert len(await keys(devhost)) == 1

    async def test_of_no_such_kind_is_refused(self, forge: ForgeHost) -> None:
        with pytest.raises(HostError) as refused:
            forge.break_jwks("another")
        assert all(one in refused.value.message for one in ("down", *FAULTS))
