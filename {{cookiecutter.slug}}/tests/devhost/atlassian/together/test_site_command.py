"""The devhost as a process of its own that was started for an add-on of sites."""

import asyncio
import socket
import sys

import httpx
import pytest

from app.connect.application import ROOT

OFFERED = "http://127.0.0.1:1/jira/atlassian-connect.json"


class TestCommand:
    @pytest.mark.parametrize(
        ("options", "led", "offered"),
        [(["--addon", OFFERED], 1, 1), (["--sites"], 1, 0), ([], 0, 0)],
        ids=["addon", "sites", "chat"],
    )
    async def test_shows_the_sites_when_they_are_asked_for(self, options: list[str], led: int, offered: int) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = str(free.getsockname()[1])
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "devhost", "--port", port, *options, cwd=ROOT, stdout=asyncio.subprocess.PIPE
        )
        assert process.stdout is not None
        try:
            await process.stdout.readline()
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
                assert (await client.get("/")).text.count('href="/sites') == led
                assert (await client.get("/sites")).text.count(f'value="{OFFERED}"') == offered
        finally:
            process.terminate()
            await process.wait()
