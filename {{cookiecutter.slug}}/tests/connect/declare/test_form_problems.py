"""Mistakes in a form's model are said when the add-on starts, with what to write instead."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Literal

import pytest
from pydantic import BaseModel, Field, SecretStr

from app.connect.declare.form_problems import problems
from app.connect.declare.forms import ConfigForm, Form
from tests.connect.declare.examples import Everything, Hours, Vote


class Nested(BaseModel):
    x: int = 1


class NoInput(Form):
    nested: Nested
    union: int | str
    table: dict[str, int]
    anything: Any
    call: Callable[[], None]
    moment: datetime
    span: timedelta
    data: bytes
    pair: tuple[int, str]
    lists: list[list[str]]
    secrets: list[SecretStr]
    alike: Literal[1, "1"]
    truth: Literal[True]
    fine: str


class NoDefaults(ConfigForm):
    points: int
    title: str = "x"


class WrongDefaults(ConfigForm):
    points: int = Field(0, ge=1)


class Together(Hours):
    title: str = Field("x", min_length=2)


class TestProblems:
    @pytest.mark.parametrize("model", [Vote, Everything, Hours])
    def test_are_none_where_every_field_can_be_shown(self, model: type[BaseModel]) -> None:
        assert problems(model) == []

    def test_name_each_field_that_no_input_can_show_and_the_types_that_work(self) -> None:
        found = problems(NoInput)
        named = [one.partition(":")[0].removeprefix("NoInput.") for one in found]
        assert named == [name for name in NoInput.model_fields if name != "fine"]
        assert "no input can show dict[str, int]. Use str, int, float, bool, date, time, Literal" in found[2]
        assert "no input can show Nested." in found[0]

    def test_name_a_setting_without_a_default_and_how_to_give_it_one(self) -> None:
        (said,) = problems(NoDefaults)
        assert said.startswith("NoDefaults.points has no default")
        assert "`points: int = Field(<default>, ...)`" in said

    def test_name_a_default_that_could_not_be_saved(self) -> None:
        (said,) = problems(WrongDefaults)
        assert said == (
            "WrongDefaults.points: its own rules refuse the default. Points must be at least 1. "
            "Change the default or the rule."
        )
        assert [one.partition(":")[0] for one in problems(Together)] == ["Together.title"]

    def test_name_a_field_that_is_called_like_the_whole_form(self) -> None:
        class Wrong(Form):
            form: str

        assert problems(Wrong) == ["Wrong.form: errors of the whole form are called so. Give the field another name."]
