"""The OpenAPI document says which proof each route takes."""

from fastapi import FastAPI, Response

from app.connect.http.answers import ERROR_RESPONSES
from app.connect.serving.openapi import add_openapi
from tests.connect.asking import GLANCE, PANEL
from tests.support.running import RunningAddon


class TestOpenApi:
    async def test_signed_routes_show_their_scheme(self, showcase: RunningAddon) -> None:
        document = (await showcase.http.get("/openapi.json")).json()
        signed_either_way: list[dict[str, list[str]]] = [{"SignedRequest": []}, {"JwtHeader": []}]
        assert set(document["components"]["securitySchemes"]) == {
            "SignedRequest",
            "JwtHeader",
            "PageToken",
            "ApiToken",
            "AnyApiToken",
        }
        for path in (GLANCE, PANEL, "/hipchat/settings", "/showcase/signed"):
            assert document["paths"][path]["get"]["security"] == signed_either_way
        assert document["paths"]["/hipchat/webhook/said"]["post"]["security"] == signed_either_way
        assert document["paths"]["/showcase/report"]["post"]["security"] == [{"ApiToken": []}]
        guarded = document["paths"]["/showcase/reports"]["post"]["security"]
        assert guarded == [{"ApiToken": ["reports.{name}.write"]}]

    async def test_routes_for_our_own_pages_take_page_tokens_alone(self, showcase: RunningAddon) -> None:
        document = (await showcase.http.get("/openapi.json")).json()
        for path in (
            "settings",
            "api-token",
            "api-token/revoke",
            "api-token/revoke-one",
            "api-token/revoke-of",
            "page-token",
            "form/vote",
        ):
            assert document["paths"][f"/hipchat/{path}"]["post"]["security"] == [{"PageToken": []}], path
        for path in ("/showcase/tenant", "/showcase/list"):
            assert document["paths"][path]["get"]["security"] == [{"PageToken": []}], path
        assert document["paths"]["/showcase/admin"]["post"]["security"] == [{"PageToken": []}]

    def test_errors_are_json_whatever_the_route_answers(self) -> None:
        class Csv(Response):
            media_type = "text/csv"

        async def table() -> str:
            return ""

        app = FastAPI()
        app.add_api_route("/table.csv", table, response_class=Csv, responses=ERROR_RESPONSES)
        add_openapi(app, [])
        answers = app.openapi()["paths"]["/table.csv"]["get"]["responses"]
        assert {status: list(answer["content"]) for status, answer in answers.items()} == {
            "200": ["text/csv"],
            "4XX": ["application/json"],
            "5XX": ["application/json"],
        }
        assert answers["4XX"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/ErrorBody"}
