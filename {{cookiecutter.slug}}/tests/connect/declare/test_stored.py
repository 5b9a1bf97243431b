"""Settings in the database: secrets sealed, and what no longer fits falls back alone."""

from datetime import time

import pytest
from pydantic import SecretStr

from app.connect.declare.forms import ConfigForm
from app.connect.declare.stored import dump, load
from app.connect.errors import ConfigurationError
from tests.connect.declare.examples import Hours


class Plain(ConfigForm):
    title: str = "default"
    password: str = "none"


def seal(text: str) -> bytes:
    return b"sealed:" + text[::-1].encode()


def unseal(sealed: bytes) -> str:
    return sealed.removeprefix(b"sealed:").decode()[::-1]


def locked(sealed: bytes) -> str:
    message = "put the key back"
    raise ConfigurationError(message)


SAVED = Hours(begin=time(8), end=time(16, 30), title="Shop", password=SecretStr("hunter2"))


class TestDump:
    def test_seals_secrets_and_keeps_the_rest_readable(self) -> None:
        stored = dump(SAVED, seal)
        assert stored == {
            "begin": "08:00:00",
            "end": "16:30:00",
            "title": "Shop",
            "password": {"sealed": "c2VhbGVkOjJyZXRudWg="},
        }
        assert dump(Hours(), seal)["password"] is None

    def test_is_undone_by_load(self) -> None:
        assert load(Hours, dump(SAVED, seal), unseal) == SAVED


class TestLoad:
    def test_puts_back_the_one_value_that_no_longer_fits(self) -> None:
        stored = dump(SAVED, seal) | {"end": "late", "gone": 1}
        assert load(Hours, stored, unseal) == SAVED.model_copy(update={"end": time(17)})

    def test_gives_up_no_more_than_one_value_where_they_do_not_go_together(self) -> None:
        stored = dump(SAVED, seal) | {"end": "07:00"}
        loaded = load(Hours, stored, unseal)
        assert (loaded.title, loaded.password) == ("Shop", SecretStr("hunter2"))
        assert loaded.begin < loaded.end

    def test_gives_up_all_where_one_is_not_enough(self) -> None:
        assert load(Hours, {"begin": "22:00", "end": "05:00"}, unseal) == Hours()

    def test_of_nothing_is_the_defaults(self) -> None:
        assert load(Hours, {}, unseal) == Hours()

    def test_takes_text_for_a_field_that_became_a_secret(self) -> None:
        assert load(Hours, {"password": "open"}, unseal).password == SecretStr("open")

    def test_shows_no_secret_of_a_field_that_became_text(self) -> None:
        stored = dump(SAVED, seal)
        assert load(Plain, stored, locked) == Plain(title="Shop", password="none")

    def test_says_so_when_a_secret_cannot_be_opened(self) -> None:
        with pytest.raises(ConfigurationError, match="put the key back"):
            load(Hours, dump(SAVED, seal), locked)
