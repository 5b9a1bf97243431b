"""Sealed secrets: read with the keys of this installation only, and only in the row they were sealed for."""

import pytest

from app.connect.errors import ConfigurationError
from app.connect.keys.sealing import Vault

OLD, NEW = "o" * 40, "n" * 40
SECRET = "the host's secret 😀"


class TestSealing:
    def test_is_opened_by_the_same_key_for_the_same_row(self) -> None:
        assert Vault([OLD]).open(Vault([OLD]).seal(SECRET, owner="tenant:1"), owner="tenant:1") == SECRET

    def test_shows_nothing_and_never_the_same(self) -> None:
        vault = Vault([OLD])
        first, second = vault.seal(SECRET, owner="tenant:1"), vault.seal(SECRET, owner="tenant:1")
        assert first != second
        assert SECRET.encode() not in first

    def test_moved_to_another_row_is_refused(self) -> None:
        sealed = Vault([OLD]).seal(SECRET, owner="tenant:1")
        with pytest.raises(ConfigurationError, match="belongs to another row"):
            Vault([OLD]).open(sealed, owner="tenant:2")

    def test_any_changed_byte_is_refused(self) -> None:
        sealed = Vault([OLD]).seal(SECRET, owner="tenant:1")
        for place in range(len(sealed)):
            changed = sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :]
            with pytest.raises(ConfigurationError):
                Vault([OLD]).open(changed, owner="tenant:1")

    def test_any_shorter_piece_is_refused(self) -> None:
        sealed = Vault([OLD]).seal(SECRET, owner="tenant:1")
        for length in range(len(sealed)):
            with pytest.raises(ConfigurationError):
                Vault([OLD]).open(sealed[:length], owner="tenant:1")


class TestRotation:
    def test_new_key_in_front_opens_what_the_old_one_sealed(self) -> None:
        sealed = Vault([OLD]).seal(SECRET, owner="tenant:1")
        assert Vault([NEW, OLD]).open(sealed, owner="tenant:1") == SECRET

    def test_seals_with_the_newest_key(self) -> None:
        sealed = Vault([NEW, OLD]).seal(SECRET, owner="tenant:1")
        assert Vault([NEW]).open(sealed, owner="tenant:1") == SECRET

    def test_without_the_key_the_message_says_to_put_it_back(self) -> None:
        sealed = Vault([OLD]).seal(SECRET, owner="tenant:1")
        with pytest.raises(ConfigurationError, match="Put the key that was in use back"):
            Vault([NEW]).open(sealed, owner="tenant:1")
