"""The log: lines that machines and people can read, with request id and tenant, and without a single secret."""

import asyncio
import io
import json
import logging
import time
from collections.abc import Callable

import pytest

from app.connect.logging import REMOVED, JsonLines, access_log, bind, configure_logging, redact, request_id, tenant_id
from devhost.wire import signing
from tests.connect.logs import Log

TOKEN = signing.sign({"iss": "tenant", "exp": 1}, "s" * 32)
API_TOKEN = "addon_QVFZz2st6w6iUszsrMBUyimSy59eJKcGLlzYFwj8xH8"
SECRET = "hunter2-hunter2-hunter2"


class TestRedaction:
    @pytest.mark.parametrize(
        "text",
        [
            f"GET /host/settings?signed_request={SECRET}&theme=dark",
            f"GET /host/settings?signed_request={TOKEN}",
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
            "GET /host/glance/builds 200 0.8 ms",
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
            "%3DeyJ",
            "%3A%2F%2Fa%3A",
            "://a:b ",
            "secret%3D",
            "auth_",
            "%25",
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

    def test_anything_can_be_logged(self) -> None:
        # Not through a logger: pytest would carry half a character to the process that reports, which cannot be done.
        said = {"msg": "\x00\ud800\u2028 %s", "args": ({1: object()},), "x": {1, 2}, "y": b"\xff"}
        line = JsonLines().format(logging.makeLogRecord(said))
        assert len(line.splitlines()) == 1
        assert json.loads(line)["x"] == [1, 2]


class TestPlainLines:
    def test_say_time_level_request_message_and_extras(self, start_log: Callable[..., Log]) -> None:
        log = start_log(as_json=False)
        logging.getLogger("app.test").warning("installed", extra={"tenant": "t-1", "oauthSecret": SECRET})
        assert log.text.endswith(f" WARNING - installed tenant=t-1 oauthSecret={REMOVED}\n")
        request_id.set("request-1")
        logging.getLogger("app.test").warning("again")
        access_log.write("GET", b"/", 200, 0.001)
        request_id.set("-")
        assert " WARNING request-1 again\n" in log.text
        assert log.text.endswith(" INFO    request-1 GET / 200 1.0 ms\n")

    def test_exceptions_are_redacted(self, start_log: Callable[..., Log]) -> None:
        log = start_log(as_json=False)
        try:
            raise ValueError(f"oauthSecret={SECRET}")
        except ValueError:
            logging.getLogger("app.test").exception("failed")
        assert "ValueError" in log.text
        assert SECRET not in log.text


class TestRequests:
    async def test_of_one_turn_are_written_at_its_end(self, start_log: Callable[..., Log]) -> None:
        log = start_log(as_json=False)
        for status in (200, 404):
            access_log.write("GET", b"/", status, 0.001)
        assert log.text == ""
        await asyncio.sleep(0)
        assert [line.split()[-3] for line in log.text.splitlines()] == ["200", "404"]

    def test_are_written_although_a_loop_ended_before_its_turn_did(self, start_log: Callable[..., Log]) -> None:
        log = start_log(as_json=False)

        async def leave() -> None:
            asyncio.get_running_loop().stop()
            access_log.write("GET", b"/", 200, 0.001)

        async def go_on() -> None:
            access_log.write("GET", b"/", 404, 0.001)
            await asyncio.sleep(0)

        ended = asyncio.new_event_loop()
        task = ended.create_task(leave())
        ended.run_forever()
        ended.close()
        assert task.done()
        asyncio.run(go_on())
        assert [line.split()[-3] for line in log.text.splitlines() if "GET" in line] == ["200", "404"]

    def test_say_the_second_they_were_answered_in(self, start_log: Callable[..., Log]) -> None:
        log = start_log(as_json=True)
        for _ in range(2):
            access_log.write("GET", b"/", 200, 0.001)
            time.sleep(1.01)
        first, second = (json.loads(line)["time"][:19] for line in log.text.splitlines())
        assert first < second


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

    def test_a_stream_that_is_closed_fails_no_request(self, start_log: Callable[..., Log]) -> None:
        start_log(as_json=False)
        stream = io.StringIO()
        configure_logging("INFO", as_json=False, stream=stream)
        stream.close()
        before = access_log.lost
        access_log.write("GET", b"/", 200, 0.1)
        assert access_log.lost == before + 1
