"""When a host takes calls again, by its headers."""

import pytest

from app.connect.hosts.hipchat.client.limits import reset_of

NOW = 1_800_000_000.0


class TestResets:
    def test_a_reset_is_in_unix_seconds(self) -> None:
        assert reset_of({"X-Ratelimit-Reset": "1800000012"}, now=NOW) == NOW + 12

    def test_a_small_reset_is_in_seconds_from_now(self) -> None:
        assert reset_of({"X-Ratelimit-Reset": "12"}, now=NOW) == NOW + 12

    def test_the_later_of_two_resets_counts(self) -> None:
        headers = {"X-Ratelimit-Reset": "1800000100", "X-FloodControl-Reset": "1800000012"}
        assert reset_of(headers, now=NOW) == NOW + 100

    def test_a_limit_that_is_not_used_up_does_not_count(self) -> None:
        headers = {
            "X-Ratelimit-Remaining": "400",
            "X-Ratelimit-Reset": "1800000100",
            "X-FloodControl-Remaining": "0",
            "X-FloodControl-Reset": "1800000012",
        }
        assert reset_of(headers, now=NOW) == NOW + 12

    @pytest.mark.parametrize("text", ["", "soon", "nan", "inf", "-inf"])
    def test_a_reset_that_is_no_number_is_none(self, text: str) -> None:
        assert reset_of({"X-Ratelimit-Reset": text}, now=NOW) is None

    def test_retry_after_counts_where_there_is_no_other(self) -> None:
        assert reset_of({"Retry-After": "7"}, now=NOW) == NOW + 7
