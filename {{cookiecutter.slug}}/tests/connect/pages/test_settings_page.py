"""The settings page: inputs from the model, values by tenant, refusals by field."""

import re

import httpx
import pytest

from app.connect.database.store import TenantStore
from devhost.world.installations import Installation
from tests.connect.asking import SETTINGS, header, page_token
from tests.connect.pages.reading import Tags, open_page
from tests.support.running import RunningAddon

GOOD = {"greeting": "Servus", "limit": "42", "share": "0.25", "loud": "true", "colour": "green"}


async def save(addon: RunningAddon, installation: Installation, **fields: str) -> httpx.Response:
    return await addon.http.post(SETTINGS, data=fields, headers=header(await page_token(addon, installation, "")))


def own_form(text: str) -> str:
    """Return what stands before the API tokens, which have a form of their own."""
    form, found, _ = text.partition("<section>")
    assert found
    return form


class TestSettingsPage:
    async def test_inputs_come_from_the_model(self, showcase: RunningAddon) -> None:
        text = own_form((await open_page(showcase, await showcase.install())).text)
        page = Tags(text)
        greeting, limit, share = page.named("greeting"), page.named("limit"), page.named("share")
        assert (greeting["type"], greeting["value"]) == ("text", "Hello")
        assert (limit["type"], limit["value"], limit["min"], limit["max"]) == ("number", "10", "1", "99")
        assert (share["type"], share["step"]) == ("number", "any")
        assert page.named("loud")["type"] == "checkbox"
        assert "checked" in page.named("loud")
        assert re.findall(r'<option value="(\w+)" (selected)?>', text) == [("red", "selected"), ("green", "")]

    async def test_every_input_has_its_label_hint_and_place_for_a_message(self, showcase: RunningAddon) -> None:
        text = own_form((await open_page(showcase, await showcase.install())).text)
        page = Tags(text)
        labels = {label["for"] for label in page.all("label") if "for" in label}
        assert labels == {"settings-greeting", "settings-limit", "settings-share", "settings-colour"}
        assert "Said on arrival." in text
        for name in ("greeting", "limit", "share", "loud", "colour"):
            hint = "settings-greeting-hint " if name == "greeting" else ""
            assert page.named(name)["aria-describedby"] == f"{hint}settings-{name}-error"
            assert any(tag.get("data-error-for") == name for tag in page.all("p"))

    async def test_saved_values_are_shown_again(self, showcase: RunningAddon) -> None:
        installation = await showcase.install()
        answer = await save(showcase, installation, **GOOD)
        assert (answer.status_code, answer.json()) == (200, {"message": "Saved.", "refresh": True})
        text = (await open_page(showcase, installation)).text
        page = Tags(text)
        assert page.named("greeting")["value"] == "Servus"
        assert page.named("limit")["value"] == "42"
        assert page.named("share")["value"] == "0.25"
        assert '<option value="green" selected>' in text

    async def test_unticked_box_is_saved_as_unticked(self, showcase: RunningAddon) -> None:
        installation = await showcase.install()
        await save(showcase, installation, **{name: value for name, value in GOOD.items() if name != "loud"})
        assert "checked" not in Tags((await open_page(showcase, installation)).text).named("loud")

    async def test_wrong_values_are_answered_field_by_field_and_nothing_is_saved(self, showcase: RunningAddon) -> None:
        installation = await showcase.install()
        answer = await save(showcase, installation, **GOOD | {"limit": "100", "colour": "s3cr3t", "share": "much"})
        error = answer.json()["error"]
        assert (answer.status_code, error["code"]) == (422, "invalid")
        assert {field["path"]: field["message"] for field in error["fields"]} == {
            "limit": "Limit must be at most 99.",
            "share": "Share must be a number.",
            "colour": "Colour must be red or green.",
        }
        assert "s3cr3t" not in answer.text
        assert Tags((await open_page(showcase, installation)).text).named("greeting")["value"] == "Hello"

    async def test_settings_of_one_tenant_are_not_those_of_another(self, showcase: RunningAddon) -> None:
        lobby, group = await showcase.install(), await showcase.install(room_id=None)
        await save(showcase, lobby, **GOOD)
        assert Tags((await open_page(showcase, lobby)).text).named("greeting")["value"] == "Servus"
        assert Tags((await open_page(showcase, group)).text).named("greeting")["value"] == "Hello"

    async def test_stored_value_that_no_longer_fits_falls_back_to_its_default(self, showcase: RunningAddon) -> None:
        """The model changes with a new version of the add-on; what was saved before must not break the page."""
        installation = await showcase.install()
        await save(showcase, installation, **GOOD)
        store = TenantStore(showcase.parts.database, (await showcase.tenant(installation)).id).narrow("settings")
        await store.set("colour", "mauve")
        await store.set("limit", {"no": "number"})
        await store.set("gone", 1)
        page = Tags((await open_page(showcase, installation)).text)
        assert page.named("limit")["value"] == "10"
        assert page.named("greeting")["value"] == "Servus"

    @pytest.mark.parametrize(
        "hostile",
        ['"><script>alert(1)</script>', "'><img src=x onerror=alert(1)>", "{{ 7 * 7 }}{% raw %}", "</p>&lt;b"],
    )
    async def test_values_are_text_and_never_markup(self, showcase: RunningAddon, hostile: str) -> None:
        installation = await showcase.install()
        before = [tag for tag, _ in Tags((await open_page(showcase, installation)).text).tags]
        assert (await save(showcase, installation, **GOOD | {"greeting": hostile})).status_code == 200
        page = Tags((await open_page(showcase, installation)).text)
        assert page.named("greeting")["value"] == hostile
        assert [tag for tag, _ in page.tags] == before
