"""An install that holds half a surrogate pair: in what the host says of the group it is kept, elsewhere refused."""

import json

import pytest

from tests.connect.contents import every_row
from tests.connect.probe import ProbedAddon
from tests.hosts.hipchat.installs import OtherHost, body_of_other_host

pytestmark = pytest.mark.both_databases

HALVES = ("\ud83d", "\ude00", "cut \ud83d", "\ude00\ud83d")
JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize("half", HALVES, ids=range(len(HALVES)))
class TestInstall:
    async def test_for_a_group_of_such_a_name_is_kept(
        self, probed: ProbedAddon, other_host: OtherHost, half: str
    ) -> None:
        other_host.group_name = half
        answer = await probed.http.post("/hipchat/installed", json=body_of_other_host())
        assert answer.status_code == 204
        [row] = (await every_row(probed))["installations"]
        assert "\ufffd" in json.loads(row.details_json)["group_name"]

    @pytest.mark.parametrize("member", sorted(body_of_other_host()))
    async def test_with_such_a_member_is_refused(
        self, probed: ProbedAddon, other_host: OtherHost, half: str, member: str
    ) -> None:
        for path in ("/hipchat/installed", "/hipchat/updated"):
            body = json.dumps(body_of_other_host() | {member: f"https://host.example/{half * 20}"}).encode()
            answer = await probed.http.post(path, content=body, headers=JSON)
            assert answer.status_code < 500, (path, answer.text)
