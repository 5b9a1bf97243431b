"""The devhost as a process of its own that was started with a manifest."""

import asyncio
import os
import socket
import sys
from pathlib import Path

import httpx
import pytest

from app.connect.application import ROOT
from tests.devhost.forge.remote import manifest


@pytest.mark.parametrize("given", ["file", "address"])
async def test_offers_the_manifest_that_it_was_started_with(tmp_path: Path, given: str) -> None:
    remotes = [{"key": "backend", "baseUrl": "${ADDRESS}"}]
    (tmp_path / "manifest.yml").write_text(
        manifest(remotes=remotes, environment={"variables": ["ADDRESS"]}), encoding="utf-8"
    )
    offered = str(tmp_path / "manifest.yml") if given == "file" else "http://127.0.0.1:1/manifest.yml"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "devhost", "--port", port, "--manifest", offered if given == "address" else "manifest.yml"),
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT), "ADDRESS": "http://127.0.0.1:1"},
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        await process.stdout.readline()
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
            assert 'href="/sites' in (await client.get("/")).text
            assert offered in (await client.get("/forge")).text
            form = {"user": "1", "site": "jira", "manifest": offered, "act": "install"}
            page = (await client.post("/page/forge/install", data=form, follow_redirects=True)).text
            assert ("Version 2.0.0 at Jira" if given == "file" else "Nothing listens on :1") in page
    finally:
        process.terminate()
        await process.wait()
