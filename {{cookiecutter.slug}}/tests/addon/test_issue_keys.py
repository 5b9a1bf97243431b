"""Which issues a branch names."""

import pytest

from app.addon.issue_keys import MOST, issue_keys


class TestKeysOfABranch:
    @pytest.mark.parametrize(
        ("branch", "keys"),
        [
            ("TP-7", ["TP-7"]),
            ("feature/TP-7-login", ["TP-7"]),
            ("feature/tp-7-login", ["TP-7"]),
            ("feature/Tp-7_login", ["TP-7"]),
            ("fix-TP-7", ["TP-7"]),
            ("ada_TP-7", ["TP-7"]),
            ("TP-7/B2B-12,tp-7+OPS-100", ["TP-7", "B2B-12", "OPS-100"]),
            ("TP-7-8", ["TP-7"]),
            ("refs/heads/TP-70", ["TP-70"]),
        ],
    )
    def test_are_found_in_any_case_once_each_in_order(self, branch: str, keys: list[str]) -> None:
        assert issue_keys(branch) == keys

    @pytest.mark.parametrize(
        "branch",
        [
            None,
            "main",
            "TP7",
            "T-7",
            "TP-",
            "TP-0",
            "TP-07",
            "TP-7x",
            "TP-7\u00e9",
            "\u00e9TP-7",
            "2TP-7",
            "release/app-7.1",
            "2026-11-28",
            "documentation-7",
            "TP-1234567890",
            "TP\u20117",
        ],
    )
    def test_are_not_seen_in_words_versions_and_dates(self, branch: str | None) -> None:
        assert issue_keys(branch) == []

    def test_of_a_key_is_not_found_in_a_longer_one(self) -> None:
        assert issue_keys("feature/HTTP-7-and-TP-71") == ["HTTP-7", "TP-71"]

    def test_are_not_more_than_one_build_can_be_about(self) -> None:
        branch = "-".join(f"tp-{number}" for number in range(1, 30))
        assert issue_keys(branch) == [f"TP-{number}" for number in range(1, MOST + 1)]
