"""`addon user`: passwords come in on standard input, what cannot be is refused with a sentence, and nothing is told."""

import io
import sys
from typing import Any

import pytest

from app.connect.access.hashing import is_password
from app.connect.access.users import Found, Users
from app.connect.application import Application
from app.connect.cli import main
from tests.connect.access.users import OTHER_PASSWORD, PASSWORD
from tests.connect.operating.own_process import run
from tests.connect.tenancy.changes import installed
from tests.support.running import KEY


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, database_url: str) -> None:
    monkeypatch.setenv("SECRET_KEYS", KEY)
    monkeypatch.setenv("DATABASE_URL", database_url)


async def install_one(application: Application) -> str:
    await application.lifecycle.apply("hipchat", installed("living"))
    known = await application.lifecycle.known("hipchat", "living")
    assert known is not None
    return known.tenant.id


@pytest.fixture
def tenant(environment: None) -> str:
    found: str = run(install_one)
    return found


def stored(tenant: str, name: str = "eve") -> Found | None:
    async def find(application: Application) -> Any:
        found = await Users(application.database, ["hipchat"]).find(tenant, name)
        return None if found is None or found.password_hash is None else found

    found: Found | None = run(find)
    return found


class Add:
    """Runs `addon user add` with something on standard input."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch

    def __call__(self, tenant: str, *more: str, name: str = "eve", password: str | bytes = PASSWORD + "\n") -> int:
        data = password if isinstance(password, bytes) else password.encode()
        self._monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        return main(["user", "add", "--tenant", tenant, "--name", name, *more])


@pytest.fixture
def add(monkeypatch: pytest.MonkeyPatch) -> Add:
    return Add(monkeypatch)


class TestAdd:
    def test_reads_the_password_from_standard_input(
        self, tenant: str, add: Add, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert add(tenant) == 0
        said = capsys.readouterr().out
        assert f"With HTTP Basic the name is {tenant}/eve." in said
        assert "set AUTH_BACKENDS=page,tokens,passwords and restart" in said
        assert PASSWORD not in said
        found = stored(tenant)
        assert found is not None
        assert is_password(PASSWORD, str(found.password_hash))
        assert found.accesses is None

    @pytest.mark.parametrize("end", ["", "\n", "\r\n"], ids=["nothing", "newline", "both"])
    def test_takes_the_end_of_the_line_off(self, tenant: str, add: Add, end: str) -> None:
        assert add(tenant, password=f"{PASSWORD} {end}") == 0
        found = stored(tenant)
        assert found is not None
        assert is_password(f"{PASSWORD} ", str(found.password_hash))

    def test_says_no_more_of_the_setting_that_is_set(
        self, tenant: str, add: Add, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("AUTH_BACKENDS", "passwords")
        assert add(tenant) == 0
        assert "AUTH_BACKENDS" not in capsys.readouterr().out

    def test_checks_accesses_and_puts_in_who_me_is(
        self, tenant: str, add: Add, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert add(tenant, "--access", "builds..report") == 1
        assert "is no words joined by dots" in capsys.readouterr().err
        assert stored(tenant) is None
        assert add(tenant, "--access", "builds.*.report", "--access", "notes.me.write") == 0
        found = stored(tenant)
        assert found is not None
        assert found.accesses == ("builds.*.report", "notes.eve.write")

    @pytest.mark.parametrize(
        ("name", "password", "said"),
        [
            ("e:ve", PASSWORD, "no colon"),
            ("", PASSWORD, "1 to 100"),
            ("e\nve", PASSWORD, "no control characters"),
            ("eve", "", "12 to 1,000"),
            ("eve", "short", "12 to 1,000"),
            ("eve", "x" * 10_000, "12 to 1,000"),
            ("eve", f"{PASSWORD}\n{PASSWORD}\n", "one line"),
            ("eve", f"{PASSWORD}\0", "one line"),
            ("eve", PASSWORD.encode() + b"\xff", "UTF-8"),
            ("a-long-name-of-eve", "a-long-name-of-eve", "first that anybody"),
        ],
        ids=[
            "colon",
            "no name",
            "line break",
            "no password",
            "short",
            "long",
            "two lines",
            "NUL",
            "no UTF-8",
            "the name",
        ],
    )
    def test_refuses_what_cannot_be(
        self,
        tenant: str,
        add: Add,
        capsys: pytest.CaptureFixture[str],
        name: str,
        password: str | bytes,
        said: str,
    ) -> None:
        assert add(tenant, name=name, password=password) == 1
        error = capsys.readouterr().err
        assert said in error
        assert PASSWORD not in error
        assert run(lambda application: Users(application.database, []).all()) == []

    def test_refuses_a_tenant_or_a_name_that_cannot_be(
        self, tenant: str, add: Add, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert add("0" * 32) == 1
        assert "There is no tenant " + "0" * 32 in capsys.readouterr().err
        assert add(tenant) == 0
        assert add(tenant, password=OTHER_PASSWORD) == 1
        assert "has a user 'eve' already. Remove it first: addon user remove" in capsys.readouterr().err
        assert main(["tenant", "purge", tenant, "--installed"]) == 0
        assert add(tenant) == 1
        assert "or it is uninstalled" in capsys.readouterr().err

    def test_has_no_argument_for_a_password(self, tenant: str, add: Add) -> None:
        with pytest.raises(SystemExit):
            add(tenant, "--password", PASSWORD)


class TestListAndRemove:
    def test_tell_who_is_there(self, tenant: str, add: Add, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["user", "list"]) == 0
        assert capsys.readouterr().out == "There is no user.\n"
        add(tenant)
        add(tenant, "--access", "builds.*.report", "--access", "!builds.hr.report", name="ci")
        capsys.readouterr()
        for more in ([], ["--tenant", tenant]):
            assert main(["user", "list", *more]) == 0
            head, *lines = capsys.readouterr().out.splitlines()
            assert head == "tenant\tname\taccesses\tsince"
            assert [line.rpartition("\t")[0] for line in lines] == [
                f"{tenant}\tci\tbuilds.*.report, !builds.hr.report",
                f"{tenant}\teve\teverything",
            ]
        assert main(["user", "list", "--tenant", "0" * 32]) == 0
        assert capsys.readouterr().out == "There is no user.\n"

    def test_remove_ends_one_and_says_when_there_is_none(
        self, tenant: str, add: Add, capsys: pytest.CaptureFixture[str]
    ) -> None:
        add(tenant)
        add(tenant, name="ci")
        assert main(["user", "remove", "--tenant", tenant, "--name", "eve"]) == 0
        assert (stored(tenant), stored(tenant, "ci") is not None) == (None, True)
        capsys.readouterr()
        assert main(["user", "remove", "--tenant", tenant, "--name", "eve"]) == 1
        assert "has no user 'eve'. Run `addon user list`" in capsys.readouterr().err
