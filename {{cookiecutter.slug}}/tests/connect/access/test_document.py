"""What the OpenAPI document says of the routes that manage API tokens."""

from tests.support.running import RunningAddon


class TestDocument:
    async def test_answers_to_head_have_no_body(self, showcase: RunningAddon) -> None:
        operations = showcase.app.openapi()["paths"]["/api/tokens/current"]
        answers = operations["head"]["responses"]
        assert {"204", "4XX"} <= set(answers)
        assert [status for status, answer in answers.items() if "content" in answer] == []
