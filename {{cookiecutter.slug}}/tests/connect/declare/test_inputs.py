"""Which input shows a field, and what it says before anybody typed."""

from datetime import time

import pytest
from pydantic import SecretStr

from app.connect.declare.forms import inputs
from tests.connect.declare.examples import Everything, Hours, Vote, by_name

KINDS = {
    "text": ("text", ""),
    "maybe": ("text", ""),
    "long": ("textarea", ""),
    "row": ("hidden", "7"),
    "whole": ("number", "3"),
    "share": ("number", "0.5"),
    "loud": ("checkbox", True),
    "asked": ("select", ""),
    "mode": ("select", "all"),
    "size": ("select", "2"),
    "colour": ("select", "red"),
    "wide": ("select", ""),
    "day": ("date", "2026-01-31"),
    "until": ("date", ""),
    "at": ("time", "09:30"),
    "names": ("textarea", ""),
    "few": ("checkboxes", []),
    "colours": ("checkboxes", []),
    "secret": ("password", False),
    "link": ("url", ""),
    "zone": ("text", "UTC"),
    "mail": ("email", ""),
}


class TestInput:
    @pytest.mark.parametrize("name", KINDS)
    def test_has_the_kind_of_its_type_and_shows_the_default(self, name: str) -> None:
        one = by_name(Everything)[name]
        assert (one.kind, one.value) == KINDS[name]

    def test_takes_label_hint_and_limits_from_the_field(self) -> None:
        who, points = inputs(Vote)
        assert (who.label, who.hint, who.attributes) == ("Who", None, {"required": "required"})
        assert (points.label, points.hint) == ("Points", "1 to 5")
        assert points.attributes == {"min": "1", "max": "5", "required": "required"}
        assert by_name(Everything)["odd"].attributes == {"min": "1", "max": "99"}
        assert by_name(Everything)["share"].attributes["step"] == "any"

    def test_is_required_where_nothing_would_be_refused(self) -> None:
        required = {name for name, one in by_name(Everything).items() if "required" in one.attributes}
        expected = {"text", "pattern", "row", "whole", "share", "mode", "size", "colour", "day", "at", "zone"}
        assert required == expected

    def test_offers_nothing_chosen_only_where_that_is_allowed_or_true(self) -> None:
        shown = by_name(Everything)
        assert shown["mode"].choices == ("all", "some")
        assert shown["other"].choices == ("", "a", "b")
        assert shown["asked"].choices == ("", "Yes", "No")

    def test_shows_the_values_it_is_given_over_the_defaults(self) -> None:
        shown = by_name(Everything, {"whole": 8, "asked": False, "at": time(7, 5, 9), "names": ["a", "b"]})
        values = {name: shown[name].value for name in ("whole", "asked", "at", "names", "share")}
        assert values == {"whole": "8", "asked": "No", "at": "07:05:09", "names": "a\nb", "share": "0.5"}

    def test_never_shows_a_secret(self) -> None:
        shown = by_name(Hours, Hours(password=SecretStr("hunter2")))
        assert shown["password"].value is True
        assert shown["password"].clearable
        assert "hunter2" not in repr(shown)
        assert not by_name(Hours)["password"].clearable
        assert not by_name(Everything, {"secret": SecretStr("hunter2")})["secret"].clearable
