"""`[hipchat]` of addon.toml: the limits of the protocol, each said with its key and its fix."""

from pathlib import Path

import pytest

from app.connect.hosts.hipchat.section import HipChatSection
from tests.hosts.hipchat.tomls import (
    HIPCHAT,
    LONG,
    complaints,
    read_file,
)


class TestLimits:
    """Limits of the protocol, section 2 of its reference; each message names file, key and fix."""

    @pytest.mark.parametrize(
        ("text", "line"),
        [
            (
                f'[hipchat.panel.a]\nname = "{LONG}"',
                "hipchat.panel.a.name: is too long; the host allows 100 characters",
            ),
            ('[hipchat.panel.a]\nname = ""', "hipchat.panel.a.name: is empty; write at least one character"),
            ('[hipchat.panel.a]\nname = "   "', "hipchat.panel.a.name: is empty; write at least one character"),
            ("[hipchat.panel.a]", "hipchat.panel.a.name: is missing; add it"),
            (
                '[hipchat.panel.a]\nnme = "A"\nname = "A"',
                "hipchat.panel.a.nme: is not known here; check its spelling or remove it",
            ),
            (
                '[hipchat.panel."a b"]\nname = "A"',
                "hipchat.panel.a b: is not a key; use letters, digits, '_', '-' and '.' only",
            ),
            (
                f'[hipchat.panel.{"a" * 41}]\nname = "A"',
                f"hipchat.panel.{'a' * 41}: is too long; the host allows 40 characters",
            ),
            (
                '[hipchat.panel.a]\nname = "A"\nweight = "low"',
                "hipchat.panel.a.weight: Input should be a valid integer",
            ),
            ('[hipchat.glance.a]\nname = "A"', "hipchat.glance.a.icon: is missing; add it"),
            (
                '[hipchat.glance.a]\nname = "A"\nicon = "a.svg"\nopens = "b"',
                'hipchat.glance.a.opens: there is no module "b"; add [hipchat.panel.b]',
            ),
            (
                '[hipchat.dialog.a]\ntitle = "A"\nsize = "huge"',
                "hipchat.dialog.a.size: must be one of 'small', 'medium', 'large'",
            ),
            (
                '[hipchat.dialog.a]\ntitle = "A"\nwidth = "4em"\nheight = "1px"',
                "hipchat.dialog.a.width: does not have the form",
            ),
            (
                '[hipchat.dialog.a]\ntitle = "A"\nwidth = "4px"',
                "hipchat.dialog.a: width and height go together; add the missing one",
            ),
            (
                '[hipchat.dialog.a]\ntitle = "A"\nsize = "small"\nwidth = "4px"\nheight = "50%"',
                "hipchat.dialog.a: size and width exclude each other; remove one",
            ),
            (
                '[hipchat.dialog.a]\ntitle = "A"\nstyle = "loud"',
                "hipchat.dialog.a.style: must be one of 'normal' or 'warning'",
            ),
            (
                '[hipchat.dialog.a]\ntitle = "A"\n[hipchat.dialog.a.primary]\nkey = "k"',
                "hipchat.dialog.a.primary.name: is missing; add it",
            ),
            (
                '[hipchat.action.a]\nname = "A"\nlocation = "sidebar"\nopens = "b"',
                "hipchat.action.a.location: must be one of 'hipchat.message.action' or 'hipchat.input.action'",
            ),
            (
                '[hipchat.action.a]\nname = "A"\nlocation = "hipchat.input.action"\nopens = "b"',
                'hipchat.action.a.opens: there is no module "b"; add [hipchat.panel.b] or name another',
            ),
            (
                '[hipchat.action.a]\nname = "A"\nlocation = "hipchat.input.action"',
                "hipchat.action.a.opens: is missing; add it",
            ),
            ("[hipchat.webhook.a]", "hipchat.webhook: is not known here; check its spelling or remove it"),
        ],
    )
    def test_of_modules(self, tmp_path: Path, text: str, line: str) -> None:
        said = complaints(tmp_path, HIPCHAT + text)
        assert said.startswith("addon.toml needs mending:\n")
        assert line in said

    @pytest.mark.parametrize(
        ("text", "line"),
        [
            ('install = ["everywhere"]', "hipchat.install.0: must be one of 'room' or 'group'"),
            ("install = []", "hipchat.install: Tuple should have at least 1 item"),
            ('scopes = "view_room"', "hipchat.scopes: Input should be a valid tuple"),
            (f'from_name = "{LONG}"', "hipchat.from_name: is too long; the host allows 100 characters"),
        ],
    )
    def test_of_the_section_itself(self, tmp_path: Path, text: str, line: str) -> None:
        assert f"  {line}" in complaints(tmp_path, HIPCHAT + text)

    def test_everything_that_is_allowed_passes(self, tmp_path: Path) -> None:
        text = f'[hipchat.panel.{"a" * 40}]\nname = "{"x" * 100}"\nweight = -5\n'
        section = read_file(tmp_path, HIPCHAT + text).sections["hipchat"]
        assert isinstance(section, HipChatSection)
        assert section.panel["a" * 40].weight == -5
