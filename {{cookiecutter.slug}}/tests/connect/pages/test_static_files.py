"""Static files are sent whole, with their types, and once."""

from tests.support.running import RunningAddon


class TestStaticFiles:
    async def test_are_served_with_their_types(self, showcase: RunningAddon) -> None:
        for name, kind in (("connect.css", "text/css"), ("connect.js", "text/javascript")):
            answer = await showcase.http.get(f"/static/connect/{name}")
            assert answer.status_code == 200
            assert answer.headers["content-type"].startswith(kind)

    async def test_are_always_sent_whole(self, showcase: RunningAddon) -> None:
        whole = await showcase.http.get("/static/connect/connect.css")
        part = await showcase.http.get("/static/connect/connect.css", headers={"Range": "bytes=0-9"})
        assert (part.status_code, part.content) == (200, whole.content)

    async def test_are_not_sent_again_to_who_has_them(self, showcase: RunningAddon) -> None:
        first = await showcase.http.get("/static/connect/connect.css")
        again = await showcase.http.get("/static/connect/connect.css", headers={"If-None-Match": first.headers["etag"]})
        assert again.status_code == 304
