"""The `addon` command: what it prints, and how it says what to mend."""

import pytest

from app.connect.cli import main
from tests.support.running import KEY


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEYS", KEY)


@pytest.mark.usefixtures("environment")
class TestCommand:
    def test_descriptor_prints_what_the_host_reads(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["descriptor"]) == 0
        printed = capsys.readouterr().out
        assert '"self": "http://127.0.0.1:8000/hipchat/capabilities.json"' in printed

    def test_descriptor_of_an_unknown_host_names_those_there_are(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["descriptor", "--host", "skype"]) == 1
        assert "There is no host 'skype'. Enabled: hipchat, " in capsys.readouterr().err

    def test_check_finds_nothing_wrong_with_this_addon(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["check"]) == 0
        assert "fit together" in capsys.readouterr().out

    def test_migrate_then_list_then_replay(
        self, empty_database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("DATABASE_URL", empty_database_url)
        assert [main(["migrate"]), main(["inbox", "list"]), main(["inbox", "replay", "7"])] == [0, 0, 1]
        said = capsys.readouterr()
        assert "The database schema is at head." in said.out
        assert "Nothing is dead." in said.out
        assert "There is no dead entry 7. Run `addon inbox list` for the list." in said.err

    @pytest.mark.parametrize(
        ("name", "value", "said"),
        [
            ("SECRET_KEYS", "", "SECRET_KEYS is missing; add this line to .env: SECRET_KEYS="),
            ("SECRET_KEYS", "short", "shorter than 32 characters; use a random one, such as"),
            ("DATABASE_URL", "mysql://db/x", "DATABASE_URL: the driver 'mysql' is not supported"),
            ("BASE_URL", "builds.example.com", "BASE_URL: write the public address of the add-on, such as https://"),
            ("HOSTS", "skype", "HOSTS names 'skype', which is not installed. Known: "),
        ],
    )
    def test_wrong_setting_is_named_with_its_fix(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, value: str, said: str
    ) -> None:
        monkeypatch.setenv(name, value)
        assert main(["check"]) == 1
        assert said in capsys.readouterr().err

    @pytest.mark.parametrize("arguments", [[], ["fly"], ["inbox"], ["inbox", "replay", "seven"]])
    def test_wrong_arguments_print_the_usage(self, arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit) as left:
            main(arguments)
        assert left.value.code == 2
        assert "usage: addon" in capsys.readouterr().err
