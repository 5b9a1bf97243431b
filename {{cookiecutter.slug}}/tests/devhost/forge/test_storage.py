"""The storage of Forge as a remote calls it: what is kept, for whom, and within which limits."""

from typing import Any

import httpx
import pytest

from devhost.dialects.forge.apps import ForgeInstallation
from devhost.dialects.forge.host import ForgeHost
from devhost.testing import Devhost
from tests.devhost.forge.remote import Remote, document, manifest

STORAGE = {
    "entities": [
        {
            "name": "build",
            "attributes": {"branch": {"type": "string"}, "number": {"type": "integer"}},
            "indexes": ["number", {"name": "by-branch", "range": ["number"], "partition": ["branch"]}],
        }
    ]
}


class Kvs:
    """The storage with the system token of one installation."""

    def __init__(self, devhost: Devhost, token: str) -> None:
        self.client = devhost.client
        self.token = token

    async def __call__(self, path: str, body: Any) -> httpx.Response:
        headers = {"authorization": f"Bearer {self.token}"}
        return await self.client.post(f"/forge/storage/kvs/v1/{path}", json=body, headers=headers)

    async def data(self, path: str, body: Any) -> Any:
        answer = await self(path, body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def code(self, path: str, body: Any) -> tuple[int, str]:
        answer = await self(path, body)
        return answer.status_code, answer.json()["code"]


@pytest.fixture
async def kvs(devhost: Devhost, forge: ForgeHost, remote: Remote) -> Kvs:
    installed = await forge.install(document(app={"storage": STORAGE}))
    return Kvs(devhost, forge.access_token(installed))


def nested(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


class TestValue:
    @pytest.mark.parametrize("kind", ["", "secret/"])
    async def test_is_kept_read_and_deleted(self, kvs: Kvs, kind: str) -> None:
        assert (await kvs(f"{kind}set", {"key": "a", "value": {"b": 1}})).status_code == 204
        assert await kvs.data(f"{kind}get", {"key": "a"}) == {"key": "a", "value": {"b": 1}}
        for _ in range(2):
            assert (await kvs(f"{kind}delete", {"key": "a"})).status_code == 204
        assert await kvs.code(f"{kind}get", {"key": "a"}) == (404, "KEY_NOT_FOUND")

    async def test_can_insist_on_being_new_or_tell_the_one_before(self, kvs: Kvs) -> None:
        new = {"key": "a", "value": 1, "options": {"keyPolicy": "FAIL_IF_EXISTS"}}
        assert (await kvs("set", new)).status_code == 204
        assert await kvs.code("set", new) == (409, "KEY_CONFLICT")
        told = {"keyPolicy": "OVERRIDE", "returnValue": "PREVIOUS"}
        assert (await kvs.data("set", {"key": "a", "value": 2, "options": told}))["value"] == 1
        assert await kvs.code("set", {"key": "a", "value": 2, "options": {"returnValue": "LATEST"}}) == (
            400,
            "INVALID_REQUEST",
        )

    async def test_ends_with_its_time(self, kvs: Kvs, forge: ForgeHost) -> None:
        ttl = {"ttl": {"value": 2, "unit": "MINUTES"}}
        await kvs("set", {"key": "a", "value": 1, "options": ttl})
        found = await kvs.data("get", {"key": "a", "options": {"metadataFields": ["CREATED_AT", "EXPIRE_TIME"]}})
        assert found["expireTime"] - found["createdAt"] == 120_000
        await forge.advance(121)
        assert await kvs.code("get", {"key": "a"}) == (404, "KEY_NOT_FOUND")

    @pytest.mark.parametrize(
        ("body", "code"),
        [
            ({"key": "", "value": 1}, "KEY_TOO_SHORT"),
            ({"key": "a" * 501, "value": 1}, "KEY_TOO_LONG"),
            ({"key": "a/b", "value": 1}, "INVALID_KEY"),
            ({"key": "  ", "value": 1}, "INVALID_KEY"),
            ({"key": "a", "value": "x" * (240 * 1024)}, "MAX_SIZE"),
            ({"key": "a", "value": nested(32)}, "MAX_DEPTH"),
            ({"key": "a", "value": 1, "options": {"ttl": {"value": 1, "unit": "YEARS"}}}, "INVALID_TTL"),
        ],
        ids=["short", "long", "slash", "blank", "large", "deep", "ttl"],
    )
    async def test_beyond_a_limit_is_refused_and_not_kept(self, kvs: Kvs, body: Any, code: str) -> None:
        assert await kvs.code("set", body) == (400, code)
        assert (await kvs.data("query", {}))["data"] == []

    @pytest.mark.parametrize(
        "body",
        [{"key": "a" * 500, "value": 1}, {"key": "a-b:c.d_e #1", "value": nested(31)}],
        ids=["longest", "deepest"],
    )
    async def test_at_a_limit_is_kept(self, kvs: Kvs, body: Any) -> None:
        assert (await kvs("set", body)).status_code == 204


class TestOwner:
    async def test_is_one_installation(self, devhost: Devhost, forge: ForgeHost, remote: Remote) -> None:
        first, second = [await forge.install(manifest(), site=name) for name in ("jira", "wiki")]
        mine, other = (Kvs(devhost, forge.access_token(one)) for one in (first, second))
        await mine("set", {"key": "a", "value": 1})
        assert await other.code("get", {"key": "a"}) == (404, "KEY_NOT_FOUND")
        again = await forge.reinstall(first)
        assert await Kvs(devhost, forge.access_token(again)).code("get", {"key": "a"}) == (404, "KEY_NOT_FOUND")

    async def test_sends_the_system_token_and_has_the_scope(
        self, devhost: Devhost, forge: ForgeHost, installed: ForgeInstallation
    ) -> None:
        assert await Kvs(devhost, "").code("get", {"key": "a"}) == (401, "UNAUTHORIZED")
        person = Kvs(devhost, forge.access_token(installed, user="admin"))
        assert await person.code("get", {"key": "a"}) == (403, "FORBIDDEN")
        scopes = {"scopes": ["read:jira-work", "read:app-system-token"]}
        without = await forge.install(manifest(permissions=scopes), site="wiki", environment="STAGING")
        assert await Kvs(devhost, forge.access_token(without)).code("get", {"key": "a"}) == (403, "FORBIDDEN")


class TestBatch:
    async def test_tells_of_each_key_what_became_of_it(self, kvs: Kvs) -> None:
        items = [{"key": "a", "value": 1}, {"key": "b/", "value": 2}]
        told = await kvs.data("batch/set", items)
        assert told["successfulKeys"] == [{"key": "a"}]
        assert [(one["key"], one["error"]["code"]) for one in told["failedKeys"]] == [("b/", "INVALID_KEY")]
        told = await kvs.data("batch/get", [{"key": "a"}, {"key": "c"}])
        assert told["successfulKeys"] == [{"key": "a", "value": 1}]
        assert told["failedKeys"][0]["error"]["code"] == "KEY_NOT_FOUND"
        assert (await kvs.data("batch/delete", [{"key": "a"}]))["successfulKeys"] == [{"key": "a"}]

    async def test_has_25_keys_at_most(self, kvs: Kvs) -> None:
        items = [{"key": f"k{number}", "value": number} for number in range(26)]
        assert await kvs.code("batch/set", items) == (400, "LIST_QUERY_LIMIT_EXCEEDED")
        assert len((await kvs.data("batch/set", items[:25]))["successfulKeys"]) == 25


class TestTransaction:
    async def test_does_all_or_nothing(self, kvs: Kvs) -> None:
        await kvs("set", {"key": "gone", "value": 0})
        body = {"set": [{"key": "a", "value": 1}], "delete": [{"key": "gone"}]}
        assert (await kvs("transaction", body)).status_code == 204
        assert [one["key"] for one in (await kvs.data("query", {}))["data"]] == ["a"]
        wrong = {"set": [{"key": "b", "value": 1}, {"key": "c", "value": "x" * 300_000}], "delete": [{"key": "a"}]}
        assert await kvs.code("transaction", wrong) == (400, "MAX_SIZE")
        assert [one["key"] for one in (await kvs.data("query", {}))["data"]] == ["a"]

    async def test_looks_at_conditions_first(self, kvs: Kvs) -> None:
        await kvs("entity/set", {"entityName": "build", "key": "1", "value": {"number": 1}})
        check = {
            "key": "1",
            "entityName": "build",
            "conditions": {"and": [{"property": "number", "condition": "EQUAL_TO", "values": [2]}]},
        }
        body = {"set": [{"key": "a", "value": 1}], "check": [check]}
        assert await kvs.code("transaction", body) == (409, "CONDITION_CHECK_FAILED")
        check["conditions"] = {"or": [{"property": "number", "condition": "LESS_THAN", "values": [2]}]}
        assert (await kvs("transaction", body)).status_code == 204

    async def test_names_a_key_once(self, kvs: Kvs) -> None:
        body = {"set": [{"key": "a", "value": 1}], "delete": [{"key": "a"}]}
        assert await kvs.code("transaction", body) == (400, "INVALID_REQUEST")


class TestQuery:
    async def test_finds_by_the_beginning_page_by_page_and_no_secret(self, kvs: Kvs) -> None:
        for number in range(5):
            await kvs("set", {"key": f"b:{number}", "value": number})
        await kvs("set", {"key": "a", "value": 1})
        await kvs("secret/set", {"key": "b:secret", "value": "x"})
        where = [{"property": "key", "condition": "BEGINS_WITH", "values": ["b:"]}]
        first = await kvs.data("query", {"where": where, "limit": 3})
        second = await kvs.data("query", {"where": where, "limit": 3, "after": first["cursor"]})
        assert [one["value"] for one in first["data"] + second["data"]] == [0, 1, 2, 3, 4]
        assert "cursor" not in second
        assert await kvs.code("query", {"limit": 101}) == (400, "LIST_QUERY_LIMIT_EXCEEDED")
        assert await kvs.code("query", {"where": [{"property": "value"}]}) == (400, "QUERY_WHERE_INVALID")

    async def test_finds_entities_by_an_index(self, kvs: Kvs) -> None:
        for number, branch in ((3, "main"), (1, "main"), (2, "other")):
            value = {"number": number, "branch": branch}
            await kvs("entity/set", {"entityName": "build", "key": str(number), "value": value})
        asked = {"entityName": "build", "indexName": "by-branch", "partition": ["main"]}
        assert [one["key"] for one in (await kvs.data("entity/query", asked))["data"]] == ["1", "3"]
        turned = await kvs.data("entity/query", asked | {"sort": "DESC", "limit": 1})
        assert ([one["key"] for one in turned["data"]], "cursor" in turned) == (["3"], True)
        ranged = asked | {"range": {"condition": "BETWEEN", "values": [2, 5]}}
        assert [one["key"] for one in (await kvs.data("entity/query", ranged))["data"]] == ["3"]
        filters = {"or": [{"property": "branch", "condition": "CONTAINS", "values": ["the"]}]}
        by_number = {"entityName": "build", "indexName": "number", "filters": filters}
        assert [one["key"] for one in (await kvs.data("entity/query", by_number))["data"]] == ["2"]

    @pytest.mark.parametrize(
        ("asked", "code"),
        [
            ({"entityName": "another", "indexName": "number"}, "INVALID_ENTITY"),
            ({"entityName": "build", "indexName": "another"}, "INVALID_INDEX"),
            ({"entityName": "build", "indexName": "by-branch"}, "QUERY_WHERE_INVALID"),
        ],
        ids=["entity", "index", "partition"],
    )
    async def test_of_what_the_manifest_does_not_name_is_refused(self, kvs: Kvs, asked: Any, code: str) -> None:
        assert await kvs.code("entity/query", asked) == (400, code)
