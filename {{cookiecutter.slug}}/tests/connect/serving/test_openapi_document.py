"""The OpenAPI document says which proof each route takes."""

from tests.connect.asking import GLANCE, PANEL
from tests.support.running import RunningAddon


class TestOpenApi:
    async def test_signed_routes_show_their_scheme(self, showcase: RunningAddon) -> None:
        document = (await showcase.http.get("/openapi.json")).json()
        signed_either_way: list[dict[str, list[str]]] = [{"SignedRequest": []}, {"JwtHeader": []}]
        assert set(document["components"]["securitySchemes"]) == {"SignedRequest", "JwtHeader", "PageToken", "ApiToken"}
        for path in (GLANCE, PANEL, "/hipchat/settings", "/showcase/signed"):
            assert document["paths"][path]["get"]["security"] == signed_either_way
        assert document["paths"]["/hipchat/webhook/said"]["post"]["security"] == signed_either_way
        assert document["paths"]["/showcase/report"]["post"]["security"] == [{"ApiToken": []}]

    async def test_routes_for_our_own_pages_take_page_tokens_alone(self, showcase: RunningAddon) -> None:
        document = (await showcase.http.get("/openapi.json")).json()
        for path in ("settings", "api-token", "api-token/revoke", "page-token", "form/vote"):
            assert document["paths"][f"/hipchat/{path}"]["post"]["security"] == [{"PageToken": []}], path
        for path in ("/showcase/tenant", "/showcase/list"):
            assert document["paths"][path]["get"]["security"] == [{"PageToken": []}], path
        assert document["paths"]["/showcase/admin"]["post"]["security"] == [{"PageToken": []}]
