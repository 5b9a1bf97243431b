"""Settings are saved whole or not at all."""

import pytest
from pydantic import Field

from app.connect import AddonRouter, ConfigForm
from app.connect.database.store import MAX_VALUE
from tests.connect.asking import SETTINGS, header, page_token
from tests.connect.pages.reading import Tags, open_page
from tests.connect.serving.conftest import Serve

pytestmark = pytest.mark.both_databases


class Choices(ConfigForm):
    """One field on each side of one that may be too large to store."""

    first: int = Field(1, title="First")
    text: str = Field("short", title="Text")
    last: int = Field(1, title="Last")


class TestOneStep:
    async def test_one_field_that_cannot_be_stored_leaves_all_as_they_were(self, serve: Serve) -> None:
        router = AddonRouter()
        router.settings(Choices)
        addon = await serve(router)
        installation = await addon.install()
        page = header(await page_token(addon, installation, ""))
        saved = await addon.http.post(SETTINGS, data={"first": "2", "text": "kept", "last": "2"}, headers=page)
        too_long = {"first": "3", "text": "x" * (MAX_VALUE + 1), "last": "3"}
        refused = await addon.http.post(SETTINGS, data=too_long, headers=page)
        assert (saved.status_code, refused.status_code) == (200, 400)
        assert refused.json()["error"]["code"] == "store_limit"
        shown = Tags((await open_page(addon, installation)).text)
        assert [shown.named(name)["value"] for name in ("first", "text", "last")] == ["2", "kept", "2"]
