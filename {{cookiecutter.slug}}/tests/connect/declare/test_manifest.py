"""addon.toml: every mistake is named at once, with its key and its fix."""

import textwrap
import tomllib
from pathlib import Path

import pytest

from app.connect.application import Application
from app.connect.declare.manifest import read_document, read_manifest, require_pictures
from app.connect.errors import ConfigurationError
from app.connect.hosts.loading import SHIPPED, choose_hosts
from app.connect.settings import Settings
from tests.hosts.hipchat.tomls import (
    ABOUT,
    HIPCHAT,
    LONG,
    SECTIONS,
    complaints,
    manifest,
)


class TestLimits:
    """What every host has in common; each message names file, key and fix."""

    @pytest.mark.parametrize(
        ("change", "line"),
        [
            ('key = "two words"', r"addon.key: does not have the form ^\S+$"),
            ('key = ""', "addon.key: is empty; write at least one character"),
            (f'name = "{LONG}"', "addon.name: is too long; the host allows 100 characters"),
            (f'description = "{"x" * 251}"', "addon.description: is too long; the host allows 250 characters"),
            ('vendor = { name = "V" }', "addon.vendor.url: is missing; add it"),
            ('vendor = { name = "V", url = "v.example" }', "addon.vendor.url: write a whole address, such as https://"),
            (
                'vendor = { name = "V", url = "https://v.example", mail = "v" }',
                "addon.vendor.mail: is not known here; check its spelling or remove it",
            ),
            ('homepage = "/home"', "addon.homepage: write a whole address, such as https://example.com"),
            ('install = ["room"]', "addon.install: is not known here; check its spelling or remove it"),
            ('scopes = ["view_room"]', "addon.scopes: is not known here; check its spelling or remove it"),
        ],
    )
    def test_of_the_addon_itself(self, tmp_path: Path, change: str, line: str) -> None:
        name = change.partition(" ")[0]
        others = "\n".join(kept for kept in ABOUT.splitlines() if not kept.startswith(f"{name} ="))
        assert f"  {line}" in complaints(tmp_path, f"{others}\n{change}\n[hipchat]\n")

    def test_every_mistake_is_named_at_once(self, tmp_path: Path) -> None:
        said = complaints(
            tmp_path, '[addon]\nkey = "a"\n[hipchat]\n[hipchat.panel.a]\n[hipchat.glance.b]\nname = "B"\n'
        )
        for line in (
            "addon.name: is missing",
            "addon.description: is missing",
            "hipchat.panel.a.name",
            "hipchat.glance.b.icon",
        ):
            assert line in said

    def test_of_toml_itself(self, tmp_path: Path) -> None:
        assert "addon.toml is not TOML" in complaints(tmp_path, "[addon\nkey = 1")
        (tmp_path / "addon.toml").write_bytes(b'[addon]\nname = "\xff"')
        with pytest.raises(ConfigurationError, match=r"addon\.toml is not TOML.*Mend that line"):
            read_document(tmp_path / "addon.toml")
        (tmp_path / "addon.toml").unlink()
        with pytest.raises(ConfigurationError, match=r"addon\.toml is missing\. Start the add-on in the folder"):
            read_document(tmp_path / "addon.toml")

    def test_never_repeat_the_value(self, tmp_path: Path) -> None:
        """What a person pastes by mistake may be a secret."""
        assert "s3cr3t" not in complaints(
            tmp_path, HIPCHAT + f'[hipchat.panel.a]\nname = "{"s3cr3t" * 20}"\nweight = "s3cr3t"'
        )


class TestHosts:
    """Which hosts are served, and that each of them has a section."""

    def test_enabled_host_without_a_section_prints_the_section(self) -> None:
        with pytest.raises(ConfigurationError) as refused:
            read_manifest(tomllib.loads(ABOUT), SECTIONS, known=["hipchat"])
        said = str(refused.value)
        assert "addon.toml has no section for the host 'hipchat'. Add to addon.toml:" in said
        line = textwrap.dedent(said.partition("Add to addon.toml:\n")[2])
        assert list(read_manifest(tomllib.loads(ABOUT + line), SECTIONS).sections) == ["hipchat"]

    def test_section_of_a_host_that_is_not_enabled_is_refused(self) -> None:
        with pytest.raises(ConfigurationError) as refused:
            read_manifest(tomllib.loads(HIPCHAT), {}, known=["hipchat"])
        line = "addon.toml has [hipchat], but HOSTS leaves it out. Add hipchat to HOSTS, or remove the section."
        assert str(refused.value) == line

    def test_section_of_nobody_is_refused(self) -> None:
        with pytest.raises(ConfigurationError, match="skype: is not known here; check its spelling or remove it"):
            read_manifest(tomllib.loads(HIPCHAT + "[skype]\n"), SECTIONS, known=["hipchat"])

    def test_hosts_that_are_not_named_are_every_host_with_a_section(self, second_host: str) -> None:
        assert choose_hosts((), tomllib.loads(ABOUT)) == []
        assert choose_hosts((), tomllib.loads(HIPCHAT)) == ["hipchat"]
        assert choose_hosts((), tomllib.loads(f"{HIPCHAT}[{second_host}]")) == ["hipchat", second_host]
        assert choose_hosts((), {second_host: {}, "hipchat": {}}) == [second_host, "hipchat"]
        assert choose_hosts((), tomllib.loads(f"{ABOUT}[{second_host}]")) == [second_host]

    def test_hosts_that_are_named_are_those_alone(self, second_host: str) -> None:
        assert choose_hosts([second_host], tomllib.loads(f"{HIPCHAT}[{second_host}]")) == [second_host]
        assert choose_hosts(["hipchat"], tomllib.loads(ABOUT)) == ["hipchat"]

    def test_host_that_is_not_installed_is_refused_with_those_that_are(self, second_host: str) -> None:
        with pytest.raises(ConfigurationError) as refused:
            choose_hosts(["hipchat", "skype"], {})
        known = ", ".join(sorted([*SHIPPED, second_host]))
        assert str(refused.value) == f"HOSTS names 'skype', which is not installed. Known: {known}."

    def test_add_on_that_shows_nothing_to_any_host_names_the_sections(
        self, settings: Settings, second_host: str
    ) -> None:
        with pytest.raises(ConfigurationError) as refused:
            Application(settings, [], document=tomllib.loads(ABOUT))
        sections = ", ".join(f"[{name}]" for name in (*SHIPPED, second_host))
        assert str(refused.value) == f"addon.toml shows nothing to any host. Add the section of one: {sections}."


@pytest.fixture
def second_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Install a package whose entry point names one more host."""
    about = tmp_path / "packages" / "second_host-1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: second-host\nVersion: 1.0\n", encoding="utf-8")
    (about / "entry_points.txt").write_text("[connect.hosts]\nsecond = second_host:FACTORY\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(about.parent))
    return "second"


class TestPictures:
    def test_that_are_not_there_are_named_with_what_to_do(self, tmp_path: Path) -> None:
        read = manifest('avatar = "face.svg"\n[hipchat.panel.a]\nname = "A"\nicon = "a.svg"\n')
        (tmp_path / "face.svg").write_text("<svg/>", encoding="utf-8")
        with pytest.raises(ConfigurationError) as refused:
            require_pictures(read, tmp_path)
        line = "hipchat.panel.a.icon: there is no app/addon/static/a.svg; put the file there, or write its whole"
        assert line in str(refused.value)
        assert "face.svg" not in str(refused.value)

    def test_with_a_whole_address_are_not_looked_for(self, tmp_path: Path) -> None:
        read = manifest('avatar = "https://example.com/face.svg"')
        require_pictures(read, tmp_path)
        assert dict(read.sections["hipchat"].pictures()) == {"avatar": "https://example.com/face.svg"}
