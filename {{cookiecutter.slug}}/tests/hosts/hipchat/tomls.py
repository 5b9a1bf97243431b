"""addon.toml with a section for HipChat, and what becomes of it: complaints, a descriptor, or what HipChat refuses."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from app.connect.declare.addon import join
from app.connect.declare.manifest import Manifest, read_document, read_manifest
from app.connect.declare.router import Router
from app.connect.errors import ConfigurationError
from app.connect.hosts.hipchat import HipChatRouter
from app.connect.hosts.hipchat.descriptor import describe
from app.connect.hosts.hipchat.dialect import HipChatDialect
from app.connect.hosts.hipchat.section import HipChatSection
from tests.support.running import ADDON

ABOUT = """
[addon]
key = "com.example.test"
name = "Test"
description = "A test"
"""
HIPCHAT = ABOUT + "[hipchat]\n"
LONG = "x" * 101
SECTIONS = {"hipchat": HipChatSection}


def manifest(text: str = "") -> Manifest:
    """Read an addon.toml whose `[hipchat]` goes on with `text`."""
    return read_manifest(tomllib.loads(HIPCHAT + text), SECTIONS)


def read_file(folder: Path, text: str) -> Manifest:
    """Write an addon.toml and read it."""
    path = folder / "addon.toml"
    path.write_text(text, encoding="utf-8")
    return read_manifest(read_document(path), SECTIONS)


def complaints(folder: Path, text: str) -> str:
    """Write an addon.toml and return what stops the start."""
    with pytest.raises(ConfigurationError) as refused:
        read_file(folder, text)
    return str(refused.value)


def mismatch(*routers: Router[Any], text: str = "") -> str:
    """Join an addon.toml with routers and return what stops the start."""
    with pytest.raises(ConfigurationError) as refused:
        join(manifest(text), routers, base_url=ADDON)
    return str(refused.value)


def described(*routers: Router[Any], text: str = "") -> dict[str, Any]:
    """Return the descriptor of an add-on."""
    return describe(join(manifest(text), routers, base_url=ADDON))


def not_allowed(router: HipChatRouter | None = None, text: str = "") -> str:
    """Return what HipChat does not allow."""
    return "\n".join(HipChatDialect().problems(join(manifest(text), [router or HipChatRouter()], base_url=ADDON)))
