"""The devhost as a process of its own, and the border around its code."""

import ast
import asyncio
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

import devhost

HERE = Path(devhost.__file__).parent
DEPENDENCIES = {"devhost", "fastapi", "httpx", "jinja2", "markupsafe", "pydantic", "starlette", "uvicorn"}


@pytest.fixture
async def running() -> AsyncIterator[str]:
    """Start `python -m devhost` and return the line that it prints."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "devhost",
        "--port",
        str(port),
        "--addon",
        "http://127.0.0.1:1/descriptor",
        cwd=HERE.parent,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        yield (await process.stdout.readline()).decode().strip()
    finally:
        process.terminate()
        _, errors = await process.communicate()
    assert errors == b""


class TestCommand:
    async def test_prints_its_address_and_serves(self, running: str) -> None:
        address = running.removeprefix("Devhost is at ")
        async with httpx.AsyncClient(base_url=address, trust_env=False) as client:
            found = (await client.get("/v2/capabilities")).json()
            assert found["links"]["self"] == f"{address}/v2/capabilities"
            assert "http://127.0.0.1:1/descriptor" in (await client.get("/")).text
            for kind in ("down", "drop"):
                await client.post("/_devhost/faults", json={"kind": kind, "times": 1})
                with pytest.raises(httpx.TransportError):
                    await client.get("/v2/capabilities")
            assert (await client.get("/v2/capabilities")).status_code == 200


class TestBorder:
    def test_imports_neither_the_add_on_nor_anything_unlisted(self) -> None:
        for path in HERE.glob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                names: list[str] = []
                if isinstance(node, ast.Import):
                    names = [alias.name for alias in node.names]
                elif isinstance(node, ast.ImportFrom):
                    assert node.level == 0
                    names = [node.module or ""]
                roots = {name.partition(".")[0] for name in names}
                assert roots <= DEPENDENCIES | sys.stdlib_module_names, path.name
