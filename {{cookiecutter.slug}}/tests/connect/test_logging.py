"""The log: lines that machines and people can read, with request id and tenant, and without a single secret."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import select

from app.connect.access.api_tokens import ApiToken
from app.connect.database.engine import Base
from app.connect.logging import REMOVED, access_log, bind, configure_logging, redact, request_id, tenant_id
from app.connect.network.token_rows import AccessToken
from devhost.wire import signing
from tests.conftest import KEY, RunningAddon

TOKEN = signing.sign({"iss": "tenant", "exp": 1}, "s" * 32)
API_TOKEN = "addon_QVFZz2st6w6iUszsrMBUyimSy59eJKcGLlzYFwj8xH8"
SECRET = "hunter2-hunter2-hunter2"


class Log:
    """A stream of the test's own."""

    def __init__(self, *, as_json: bool) -> None:
        self._stream = io.StringIO()
        configure_logging("DEBUG", as_json=as_json, stream=self._stream)

    @property
    def text(self) -> str:
        return self._stream.getvalue()

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Read every line as the JSON object it must be."""
        return [json.loads(line) for line in self.text.splitlines()]


@pytest.fixture
def start_log() -> Iterator[Callable[..., Log]]:
    yield Log
    configure_logging("WARNING", as_json=False, stream=io.StringIO())


@pytest.fixture
def log(start_log: Callable[..., Log]) -> Log:
    return start_log(as_json=True)


class TestRedaction:
    @pytest.mark.parametrize(
        "text",
        [
            f"GET /hipchat/settings?signed_request={SECRET}&theme=dark",
            f"GET /hipchat/settings?signed_request={TOKEN}",
            f"jwt={TOKEN}",
            f"a token {TOKEN} in a sentence",
            f"/static/{TOKEN}/x",
            f"Authorization: JWT {SECRET}",
            f"Authorization: JWT token={SECRET}",
            f"authorization: bearer {SECRET}",
            f"Authorization: Basic {SECRET}==",
            f"{{'authorization': 'Bearer {SECRET}'}}",
            f"b'authorization', b'Bearer {SECRET}'",
            f"the API token {API_TOKEN} was used",
            f"https://host.example/v2/room?auth_token={SECRET}",
            f'{{"oauthId": "a", "oauthSecret": "{SECRET}", "roomId": 1}}',
            f'{{"oauthSecret":"{SECRET}"}}',
            f"{{'oauthSecret': '{SECRET}'}}",
            f'{{"access_token": "{SECRET}", "expires_in": 3600}}',
            f'{{"refresh_token": "{SECRET}"}}',
            f"client_secret={SECRET}&grant_type=client_credentials",
            f"sharedSecret: {SECRET}",
            f"SECRET_KEYS={SECRET}",
            f"SECRET_KEYS=first-{SECRET},second-{SECRET}",
            f'"secret": "with \\" a quote {SECRET}"',
            json.dumps(json.dumps({"oauthSecret": SECRET, "roomId": 1})),
            f"password = '{SECRET}'",
            f"postgresql://addon:{SECRET}@db.example/addon",
            f"postgresql+psycopg://addon:{SECRET}@db.example:5432/addon?sslmode=require",
            f"redis://:{SECRET}@cache.example/0",
        ],
    )
    def test_removes_the_secret_of(self, text: str) -> None:
        cleaned = redact(text)
        assert REMOVED in cleaned
        for secret in (SECRET, TOKEN, TOKEN.rpartition(".")[2], API_TOKEN):
            assert secret not in cleaned

    @pytest.mark.parametrize(
        "text",
        [
            "installed tenant=4f1c generation=2 origin=https://host.example",
            "GET /hipchat/glance/builds 200 0.8 ms",
            "not authenticated: the signature does not hold",
            "postgresql+psycopg://db.example/addon",
            "https://host.example:8443/v2/capabilities",
            "The secret of this tenant cannot be opened.",
            "addon_tokens",
            '{"room": {"id": 1}, "event": "room_message"}',
        ],
    )
    def test_leaves_the_rest_as_it_is(self, text: str) -> None:
        assert redact(text) == text

    def test_keeps_what_stands_around_a_secret(self) -> None:
        assert redact(f'{{"oauthId": "a", "oauthSecret": "{SECRET}", "roomId": 1}}') == (
            f'{{"oauthId": "a", "oauthSecret": {REMOVED}, "roomId": 1}}'
        )
        assert redact(f"GET /p?signed_request={SECRET}&theme=dark") == f"GET /p?signed_request={REMOVED}&theme=dark"

    def test_is_quick_with_long_lines(self) -> None:
        """No pattern may look at a line again and again: what takes a moment here would take hours."""
        for piece in (
            "a",
            "eyJ-",
            "eyJ.",
            "secret ",
            'secret="',
            "secret='\\",
            "jwt ",
            "://a:",
            "a://",
            "addon_-",
            "bearer\t",
        ):
            assert len(redact(piece * 50_000)) <= len(piece * 50_000) + len(REMOVED) * 50_000


class TestJsonLines:
    def test_each_record_is_one_object_on_one_line(self, log: Log) -> None:
        logging.getLogger("app.test").info('two\nlines and a quote " of %s', "it", extra={"generation": 2})
        [line] = log.lines
        assert line["message"] == 'two\nlines and a quote " of it'
        assert (line["level"], line["logger"], line["generation"]) == ("INFO", "app.test", 2)
        assert line["time"].endswith("Z")

    def test_names_the_request_and_the_tenant(self, log: Log) -> None:
        request_id.set("request-1")
        bind("tenant-1")
        logging.getLogger("app.test").info("something")
        request_id.set("-")
        tenant_id.set("-")
        logging.getLogger("app.test").info("something else")
        assert [(line["request_id"], line["tenant"]) for line in log.lines] == [("request-1", "tenant-1"), ("-", "-")]

    def test_extras_are_redacted_by_value_and_by_name(self, log: Log) -> None:
        logging.getLogger("app.test").info(
            "installing",
            extra={
                "header": f"Bearer {SECRET}",
                "oauthSecret": SECRET,
                "body": {
                    "oauthId": "a",
                    "oauthSecret": SECRET,
                    "inner": [{"password": SECRET, "url": f"?jwt={TOKEN}"}],
                },
                "thing": ValueError(f"password={SECRET}"),
            },
        )
        assert SECRET not in log.text
        assert TOKEN not in log.text
        [line] = log.lines
        assert line["body"]["oauthId"] == "a"

    def test_exceptions_are_redacted(self, log: Log) -> None:
        try:
            try:
                raise ValueError(f"https://host.example/?auth_token={SECRET}")
            except ValueError as error:
                raise RuntimeError(f"oauthSecret='{SECRET}' with {TOKEN}") from error
        except RuntimeError:
            logging.getLogger("app.test").exception("it failed with password=%s", SECRET)
        [line] = log.lines
        assert "RuntimeError" in line["exception"]
        assert "direct cause" in line["exception"]
        assert SECRET not in log.text
        assert TOKEN not in log.text

    def test_anything_can_be_logged(self, log: Log) -> None:
        logging.getLogger("app.test").info("\x00\ud800\u2028 %s", {1: object()}, extra={"x": {1, 2}, "y": b"\xff"})
        assert len(log.text.splitlines()) == 1
        assert len(log.lines) == 1


class TestPlainLines:
    def test_say_time_level_message_and_extras(self, start_log: Callable[..., Log]) -> None:
        log = start_log(as_json=False)
        logging.getLogger("app.test").warning("installed", extra={"tenant": "t-1", "oauthSecret": SECRET})
        assert log.text.endswith(f" WARNING installed tenant=t-1 oauthSecret={REMOVED}\n")

    def test_exceptions_are_redacted(self, start_log: Callable[..., Log]) -> None:
        log = start_log(as_json=False)
        try:
            raise ValueError(f"oauthSecret={SECRET}")
        except ValueError:
            logging.getLogger("app.test").exception("failed")
        assert "ValueError" in log.text
        assert SECRET not in log.text


class TestLevels:
    def test_lower_levels_are_left_out(self, start_log: Callable[..., Log]) -> None:
        stream = io.StringIO()
        configure_logging("WARNING", as_json=True, stream=stream)
        logging.getLogger("app.test").info("chatter")
        access_log.write("GET", b"/", 200, 0.1)
        assert stream.getvalue() == ""

    def test_libraries_that_log_addresses_are_quiet(self, log: Log) -> None:
        for name in ("httpx", "httpcore", "alembic", "uvicorn.access"):
            logging.getLogger(name).info("GET https://host.example/?auth_token=%s", SECRET)
        assert log.text == ""


class TestRequests:
    @pytest.mark.parametrize("as_json", [True, False], ids=["json", "plain"])
    async def test_one_line_a_request_whatever_its_path_holds(
        self, showcase: RunningAddon, start_log: Callable[..., Log], *, as_json: bool
    ) -> None:
        log = start_log(as_json=as_json)
        await showcase.http.get("/hipchat/%0d%0a12:00:00 INFO forged %1b[31m/%22%7d")
        written = [line for line in log.text.splitlines() if "forged" in line]
        assert len(written) == 1
        assert "\x1b" not in log.text
        if as_json:
            assert json.loads(written[0])["status"] == 404

    async def test_name_request_tenant_method_path_and_status(self, showcase: RunningAddon, log: Log) -> None:
        installation = await showcase.install()
        url = showcase.devhost.host.signed_url(installation.client_id, "glance", "status", room_id=1)
        await showcase.http.get(url, headers={"X-Request-Id": "from-the-proxy-1"})
        line = next(line for line in log.lines if line["request_id"] == "from-the-proxy-1")
        tenant = await showcase.tenant(installation)
        assert (line["method"], line["path"], line["status"]) == ("GET", "/hipchat/glance/status", 200)
        assert line["tenant"] == tenant.id

    async def test_have_an_id_of_their_own_unless_a_proxy_gave_a_plain_one(self, showcase: RunningAddon) -> None:
        for given, taken in (("abc-DEF_12345", True), ("short", False), ("x" * 65, False), ("a b c d e f", False)):
            answer = await showcase.http.get("/nowhere", headers={"X-Request-Id": given})
            assert (answer.headers["x-request-id"] == given) is taken, given
            assert answer.json()["error"]["request_id"] == answer.headers["x-request-id"]
        ids = {(await showcase.http.get("/health/live")).headers["x-request-id"] for _ in range(20)}
        assert len(ids) == 20

    async def test_failure_is_found_by_the_id_in_its_answer(self, showcase: RunningAddon, log: Log) -> None:
        installation = await showcase.install()
        url = showcase.devhost.host.signed_url(installation.client_id, "glance", "status", room_id=1)
        answer = await showcase.http.post("/showcase/broken?" + url.partition("?")[2])
        found = [line for line in log.lines if line["request_id"] == answer.json()["error"]["request_id"]]
        [line] = [line for line in found if "exception" in line]
        assert "cannot be used" in line["exception"]
        assert "a-secret-of-" not in line["exception"]
        assert line["tenant"] == (await showcase.tenant(installation)).id

    async def test_refusal_says_its_reason_to_the_log_alone(self, showcase: RunningAddon, log: Log) -> None:
        installation = await showcase.install()
        url = showcase.devhost.host.signed_url(installation.client_id, "glance", "status", room_id=1, forgery="expired")
        answer = await showcase.http.get(url)
        assert "not authenticated: expired" in log.text
        assert "expired" not in answer.text

    async def test_events_that_run_later_name_their_entry_and_tenant(self, showcase: RunningAddon, log: Log) -> None:
        installation = await showcase.install()
        line = next(line for line in log.lines if line["message"] == "installed")
        assert line["tenant"] == (await showcase.tenant(installation)).id


class TestWholeScenario:
    """Everything a tenant does once, then a look at every byte that was written down."""

    async def test_neither_database_nor_log_holds_a_secret_in_clear_text(
        self, showcase: RunningAddon, log: Log
    ) -> None:
        host = showcase.devhost.host
        room, group = await showcase.install(), await showcase.install(room_id=None)
        pages = [await host.open(one.client_id, "configurable", room_id=1) for one in (room, group)]
        page_tokens = [page.text.partition('name="page-token" content="')[2].partition('"')[0] for page in pages]
        api_tokens = [await showcase.api_token(one) for one in (room, group)]
        for token in api_tokens:
            header = {"Authorization": f"Bearer {token}"}
            body = {"name": "web", "number": 1}
            assert (await showcase.http.post("/showcase/report", json=body, headers=header)).status_code == 201
        for event in ("room_message", "room_enter", "room_exit"):
            await host.fire(event, 1, message="/show it")
        await host.glance(room.client_id, "status")
        await host.forge_install(room.client_id)
        await host.update(room.client_id)
        await host.forge_uninstall(room.client_id)
        host.faults.error(503, times=2)
        await host.say(1, "/show it again")
        await showcase.settle()

        signed_tokens = [
            entry.path.partition("signed_request=")[2].partition("&")[0]
            for entry in host.wire
            if "signed_request=" in entry.path
        ]
        access_tokens = [
            json.loads(entry.answer_body)["access_token"]
            for entry in host.wire
            if entry.path == "/v2/oauth/token" and entry.status == 200
        ]
        secrets = [
            KEY,
            room.secret,
            group.secret,
            *showcase.connect.vault.page_keys,
            *page_tokens,
            *api_tokens,
            *signed_tokens,
            *access_tokens,
        ]
        dump = await dump_of(showcase)
        assert await count(showcase, ApiToken) == 2
        assert await count(showcase, AccessToken) >= 1
        assert access_tokens
        assert len(signed_tokens) > 2
        assert room.client_id in dump
        for secret in secrets:
            assert secret
            assert secret not in dump
            assert secret not in log.text


async def dump_of(addon: RunningAddon) -> str:
    """Write out every value of every table; bytes as the text they would be."""
    found = []
    async with addon.connect.db.session() as session:
        for table in Base.metadata.sorted_tables:
            for row in await session.execute(select(table)):
                found += [value.decode("latin-1") if isinstance(value, bytes) else str(value) for value in row]
    return "\n".join(found)


async def count(addon: RunningAddon, model: type[Base]) -> int:
    async with addon.connect.db.session() as session:
        return len((await session.scalars(select(model))).all())
