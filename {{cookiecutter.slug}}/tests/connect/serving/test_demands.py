"""What a route demands of who asks is asked for whatever it takes, or stops the start when it cannot be asked."""

import pytest

from app.connect import AddonRouter, ApiCtx, ConfigForm, CurrentTenant
from app.connect.application import Application
from app.connect.errors import ConfigurationError
from app.connect.settings import Settings
from tests.connect.asking import header, page_token
from tests.connect.probe import DOCUMENT
from tests.connect.serving.conftest import Serve


class TestAdministrator:
    async def test_is_asked_for_where_a_route_takes_the_tenant_alone(self, serve: Serve) -> None:
        router = AddonRouter()

        @router.settings(require_admin=False)
        class Choices(ConfigForm):
            """For everybody, so that a guest has a page."""

        @router.route("/whose", methods=["GET"], require_admin=True)
        async def whose(tenant: CurrentTenant) -> str:
            return tenant.client_key

        addon = await serve(router)
        installation = await addon.install()
        answers = {
            user: await addon.http.get("/whose", headers=header(await page_token(addon, installation, "", user=user)))
            for user in ("Admin", "Guest")
        }
        assert {user: answer.status_code for user, answer in answers.items()} == {"Admin": 200, "Guest": 403}
        assert answers["Admin"].json() == installation.client_id
        assert answers["Guest"].json()["error"]["code"] == "not_allowed"


class TestTheStart:
    @pytest.mark.parametrize(("page", "require_admin"), [(None, True), ("report", False)])
    def test_is_stopped_by_a_demand_on_programs(
        self, settings: Settings, page: str | None, *, require_admin: bool
    ) -> None:
        router = AddonRouter()

        @router.route("/numbers", methods=["GET"], page=page, require_admin=require_admin)
        async def numbers(ctx: ApiCtx) -> str:
            return ctx.host

        with pytest.raises(ConfigurationError) as refused:
            Application(settings, (router,), document=DOCUMENT)
        said = "numbers: page= and require_admin= are for pages, but the route asks for ApiCtx. Remove them."
        assert said in str(refused.value)
