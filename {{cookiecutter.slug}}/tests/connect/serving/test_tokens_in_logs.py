"""No token of a request is ever written to a log, ours or the server's."""

import asyncio
import io
import os
import re
import sys
from collections.abc import Callable, Iterator

import httpx
import pytest

from app.connect.application import ROOT
from app.connect.logging import configure_logging
from tests.connect.asking import GLANCE, PANEL, RENEW, ask, header, host_token, page_token, signed
from tests.support.running import ADDON, KEY, RunningAddon


@pytest.fixture(params=[True, False], ids=["json", "plain"])
def logged(request: pytest.FixtureRequest) -> Iterator[Callable[[], str]]:
    """Send the log to a stream of the test's own, at the level that says most."""
    stream = io.StringIO()
    configure_logging("DEBUG", as_json=request.param, stream=stream)
    yield stream.getvalue
    configure_logging("WARNING", as_json=False, stream=io.StringIO())


class TestLogs:
    async def test_no_token_of_a_request_is_ever_written(
        self, showcase: RunningAddon, logged: Callable[[], str]
    ) -> None:
        installation = await showcase.install()
        api_token = await showcase.api_token(installation)
        tokens = [
            host_token(showcase, installation),
            host_token(showcase, installation, forgery="wrong_key"),
            host_token(showcase, installation, forgery="expired"),
            signed(installation, iss="nobody"),
            await page_token(showcase, installation),
            api_token,
        ]
        for token in tokens:
            for path in (GLANCE, PANEL, "/hipchat/settings", "/showcase/tenant", "/nowhere", f"/static/{token}"):
                await showcase.http.get(path, params={"signed_request": token, "jwt": token, "auth_token": token})
                await ask(showcase, token, path)
            await showcase.http.post("/showcase/broken", params={"signed_request": token})
            await showcase.http.post("/hipchat/webhook/said", params={"signed_request": token}, json={"event": token})
            await showcase.http.post(
                "/showcase/report", json={token: token}, headers={"Authorization": f"Bearer {token}"}
            )
        written = logged()
        assert "not authenticated: the signature does not hold" in written
        assert "Traceback" in written
        for token in tokens:
            assert token not in written
            assert token.rpartition(".")[2] not in written
        assert installation.secret not in written

    async def test_server_writes_no_query_either(self, showcase: RunningAddon, database_url: str) -> None:
        """A process as it is deployed: uvicorn's own access log is on, and the tenant is a real one."""
        installation = await showcase.install()
        token, page = host_token(showcase, installation), await page_token(showcase, installation)
        async with asyncio.timeout(60):
            server = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "uvicorn", "app.main:app", "--port", "0", "--log-level", "trace"),
                cwd=ROOT,
                env=os.environ
                | {"SECRET_KEYS": KEY, "DATABASE_URL": database_url, "BASE_URL": ADDON, "LOG_LEVEL": "DEBUG"},
                stderr=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
            )
            try:
                assert server.stderr is not None
                written = b""
                while not (address := re.search(rb"running on (http://127\.0\.0\.1:\d+)", written)):
                    line = await server.stderr.readline()
                    assert line, written.decode()
                    written += line
                async with httpx.AsyncClient(base_url=address[1].decode(), timeout=60) as client:
                    accepted = await client.post(f"{RENEW}?signed_request={token}", headers=header(page))
                    refused = await client.post(f"{RENEW}?signed_request={token}")
            finally:
                server.terminate()
                out, rest = await server.communicate()
        written += out + rest
        assert (accepted.status_code, refused.status_code) == (200, 401)
        assert f"POST {RENEW} 200".encode() in written
        for secret in (token, page):
            assert secret.encode() not in written
            assert secret.rpartition(".")[2].encode() not in written
