"""Conditions of modules: where each applies, in which forms, and how they reach the descriptor."""

import textwrap
from pathlib import Path

import pytest

from app.connect import AddonRouter, Ctx, Page
from tests.hosts.hipchat.tomls import (
    HIPCHAT,
    complaints,
    described,
    read_file,
)


async def show(ctx: Ctx) -> Page:
    return ctx.render("connect/frame.html")


class TestConditions:
    SECTIONS = {
        "glance": 'name = "A"\nicon = "a.svg"',
        "panel": 'name = "A"',
        "action": 'name = "A"\nlocation = "hipchat.input.action"\nopens = "p"\n[hipchat.panel.p]\nname = "P"',
    }
    WHERE = {
        "room_is_public": {"glance", "panel", "action"},
        "user_is_admin": {"glance", "panel", "action"},
        "user_is_guest": {"glance", "panel", "action"},
        "user_is_room_owner": {"glance", "panel", "action"},
        "glance_matches": {"glance"},
        "message_matches": {"action"},
        "message_contains_link": {"action"},
        "message_sent_by_current_user": {"action"},
        "card_matches": {"action"},
    }

    def section(self, kind: str, conditions: str) -> str:
        return f"{HIPCHAT}[hipchat.{kind}.a]\nconditions = [{conditions}]\n{self.SECTIONS[kind]}"

    @pytest.mark.parametrize("kind", ["glance", "panel", "action"])
    @pytest.mark.parametrize("name", WHERE)
    def test_apply_where_the_protocol_says(self, tmp_path: Path, kind: str, name: str) -> None:
        for form in (f'{{ condition = "{name}" }}', f'{{ type = "or", conditions = [{{ condition = "{name}" }}] }}'):
            text = self.section(kind, form)
            if kind in self.WHERE[name]:
                section = read_file(tmp_path, text).sections["hipchat"]
                assert len(getattr(section, kind)["a"].conditions) == 1
            else:
                assert f"hipchat.{kind}.a.conditions: {name} does not apply to a {kind}; remove it" in complaints(
                    tmp_path, text
                )

    @pytest.mark.parametrize(
        "conditions",
        [
            '{ condition = "is_sunny" }',
            '{ condition = "room_is_public", inverted = true }',
            '{ type = "xor", conditions = [] }',
            '{ type = "or" }',
            '{ type = "or", conditions = [{ type = "and", conditions = [{ type = "or", conditions = [] }] }] }',
            '"room_is_public"',
        ],
    )
    def test_are_refused_in_any_other_form(self, tmp_path: Path, conditions: str) -> None:
        assert "hipchat.panel.a.conditions.0" in complaints(tmp_path, self.section("panel", conditions))

    def test_of_an_action_alone_are_found_in_a_composite_of_a_composite(self, tmp_path: Path) -> None:
        inner = '{ type = "and", conditions = [{ condition = "card_matches" }] }'
        text = self.section("panel", f'{{ type = "or", conditions = [{inner}] }}')
        assert "hipchat.panel.a.conditions: card_matches does not apply to a panel; remove it" in complaints(
            tmp_path, text
        )

    def test_reach_the_descriptor(self) -> None:
        text = """
        [hipchat.panel.a]
        name = "A"
        conditions = [
            { condition = "room_is_public", invert = true },
            { type = "or", conditions = [{ condition = "user_is_admin" }, { condition = "user_is_room_owner" }] },
        ]
        """
        router = AddonRouter()
        router.panel("a")(show)
        assert described(router, text=textwrap.dedent(text))["capabilities"]["webPanel"][0]["conditions"] == [
            {"condition": "room_is_public", "invert": True, "params": {}},
            {
                "type": "or",
                "conditions": [
                    {"condition": "user_is_admin", "invert": False, "params": {}},
                    {"condition": "user_is_room_owner", "invert": False, "params": {}},
                ],
            },
        ]
