"""Where a token of the host may stand in a request, and whom it names."""

import pytest

from devhost.world.broken import Forgery
from tests.connect.asking import GLANCE, ask, host_token, signed
from tests.support.running import RunningAddon

LEGITIMATE = {Forgery.PRN, Forgery.INTEGER_SUB}


class TestWhereTheTokenIs:
    async def test_is_found_in_the_query(self, showcase: RunningAddon) -> None:
        token = host_token(showcase, await showcase.install())
        for name in ("signed_request", "jwt"):
            answer = await showcase.http.get(GLANCE, params={"theme": "dark", name: token})
            assert answer.status_code == 200, name

    async def test_is_found_in_the_header(self, showcase: RunningAddon) -> None:
        token = host_token(showcase, await showcase.install())
        for form in ("JWT {}", "jwt {}", "JWT token={}", 'JWT token="{}"', "Jwt   {}  "):
            answer = await showcase.http.get(GLANCE, headers={"Authorization": form.format(token)})
            assert answer.status_code == 200, form

    async def test_may_be_percent_encoded_in_the_query(self, showcase: RunningAddon) -> None:
        token = host_token(showcase, await showcase.install())
        encoded = "".join(f"%{byte:02X}" for byte in token.encode())
        assert (await showcase.http.get(f"{GLANCE}?signed_request={encoded}")).status_code == 200

    async def test_is_not_taken_from_another_scheme(self, showcase: RunningAddon) -> None:
        token = host_token(showcase, await showcase.install())
        for scheme in ("Bearer", "Basic", "JWTX", "token"):
            answer = await showcase.http.get(GLANCE, headers={"Authorization": f"{scheme} {token}"})
            assert answer.status_code == 401, scheme

    async def test_is_not_taken_from_cookies_or_forms(self, showcase: RunningAddon) -> None:
        token = host_token(showcase, await showcase.install())
        by_cookie = await showcase.http.get(GLANCE, headers={"Cookie": f"signed_request={token}; jwt={token}"})
        by_form = await showcase.http.post("/hipchat/webhook/said", data={"signed_request": token})
        assert (by_cookie.status_code, by_form.status_code) == (401, 401)

    async def test_may_be_in_two_places_when_it_is_the_same(self, showcase: RunningAddon) -> None:
        token = host_token(showcase, await showcase.install())
        answer = await showcase.http.get(
            GLANCE, params={"signed_request": token}, headers={"Authorization": f"JWT {token}"}
        )
        assert answer.status_code == 200

    async def test_two_different_tokens_are_refused(self, showcase: RunningAddon) -> None:
        installation = await showcase.install()
        one, other = host_token(showcase, installation), host_token(showcase, installation, user="guest")
        in_query = await showcase.http.get(f"{GLANCE}?signed_request={one}&signed_request={other}")
        by_name = await showcase.http.get(f"{GLANCE}?signed_request={one}&jwt={other}")
        in_both = await showcase.http.get(f"{GLANCE}?signed_request={one}", headers={"Authorization": f"JWT {other}"})
        assert [answer.status_code for answer in (in_query, by_name, in_both)] == [401, 401, 401]

    async def test_two_headers_are_refused_even_with_one_token(self, showcase: RunningAddon) -> None:
        header = ("Authorization", f"JWT {host_token(showcase, await showcase.install())}")
        assert (await showcase.http.get(GLANCE, headers=[header, header])).status_code == 400


class TestWhoIsAsking:
    @pytest.mark.parametrize("forgery", [None, *sorted(LEGITIMATE)])
    async def test_is_the_same_user_in_every_form_of_the_claim(
        self, showcase: RunningAddon, forgery: str | None
    ) -> None:
        installation = await showcase.install()
        answer = await ask(showcase, host_token(showcase, installation, forgery=forgery, user="developer"))
        assert answer.json()["label"]["value"] == "user 2 room 1"

    async def test_is_nobody_when_the_host_names_nobody(self, showcase: RunningAddon) -> None:
        answer = await ask(showcase, signed(await showcase.install(), sub=...))
        assert answer.json()["label"]["value"] == "user - room 1"

    async def test_room_of_a_group_installation_is_the_one_in_the_token(self, showcase: RunningAddon) -> None:
        installation = await showcase.install(room_id=None)
        answer = await ask(showcase, signed(installation, context={"room_id": 2}))
        assert answer.json()["label"]["value"] == "user 1 room 2"

    async def test_room_of_a_room_installation_stands_in_for_a_token_without_one(self, showcase: RunningAddon) -> None:
        answer = await ask(showcase, signed(await showcase.install(), context=...))
        assert answer.json()["label"]["value"] == "user 1 room 1"

    async def test_each_tenant_is_found_by_its_own_token(self, showcase: RunningAddon) -> None:
        lobby, group = await showcase.install(), await showcase.install(room_id=None)
        for installation in (lobby, group):
            answer = await ask(showcase, host_token(showcase, installation), "/showcase/signed")
            assert answer.json() == installation.client_id
