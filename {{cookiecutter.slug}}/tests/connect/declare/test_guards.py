"""What a route may ask of an API token, and mistakes in it that stop the start."""

from typing import Annotated, Any

import pytest
from pydantic import BaseModel

from app.connect import AddonRouter, ConfigurationError, Context, access
from app.connect.declare.guards import Guard
from app.connect.errors import NotAllowed


class Report(BaseModel):
    """A body."""

    name: str
    number: int = 1
    done: bool = False


class Other(BaseModel):
    """Another body, with a field of the same name."""

    name: str


class TestGuard:
    @pytest.mark.parametrize(
        ("given", "words"),
        [
            ({"name": "web"}, ("builds", "web", "report")),
            ({"name": "web.app"}, ("builds", "web.app", "report")),
            ({"name": 12}, ("builds", "12", "report")),
            ({"report": Report(name="in the body")}, ("builds", "in the body", "report")),
            ({"name": "in the path", "report": Report(name="in the body")}, ("builds", "in the path", "report")),
        ],
        ids=["parameter", "dots add no word", "number", "field", "parameter before field"],
    )
    def test_takes_words_from_what_the_handler_gets(self, given: dict[str, Any], words: tuple[str, ...]) -> None:
        assert Guard("builds.{name}.report").words(given) == words

    @pytest.mark.parametrize("value", [None, True, 1.5, ["web"]], ids=str)
    def test_refuses_what_is_no_word(self, value: Any) -> None:
        with pytest.raises(NotAllowed):
            Guard("builds.{name}.report").words({"name": value})

    @pytest.mark.parametrize("text", ["", "builds..report", "builds.*", "#", "!a", "a.{}", "a.{b}c", "a b", "{a.b}"])
    def test_is_words_joined_by_dots(self, text: str) -> None:
        with pytest.raises(ConfigurationError):
            access(text)


class TestDeclaring:
    def test_names_what_the_handler_does_not_get(self) -> None:
        router = AddonRouter()
        with pytest.raises(ConfigurationError, match="no parameter 'name'"):

            @router.route("/nameless", methods=["GET"])
            async def nameless(ctx: Annotated[Context, access("builds.{name}.read")]) -> None: ...

    def test_refuses_two_fields_of_one_name(self) -> None:
        router = AddonRouter()
        with pytest.raises(ConfigurationError, match="exactly one"):

            @router.route("/twice", methods=["POST"])
            async def twice(ctx: Annotated[Context, access("b.{name}")], one: Report, two: Other) -> None: ...

    def test_refuses_two_contexts(self) -> None:
        router = AddonRouter()
        with pytest.raises(ConfigurationError, match="two contexts"):

            @router.route("/two", methods=["POST"])
            async def two(one: Annotated[Context, access("a")], other: Annotated[Context, access("b")]) -> None: ...
