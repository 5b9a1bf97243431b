"""The webhooks that an add-on registered on a Jira site by calls: in memory, refused as the product refuses them."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

SOON, LATER = "2026-12-01T12:42:30.000+0000", "2026-12-31T12:42:30.000+0000"


class Registry:
    """Those of one site; `url` is the one address that they share."""

    def __init__(self) -> None:
        self.hooks: dict[int, dict[str, Any]] = {}
        self.url: str | None = None

    def answer(self, request: Request, body: Any) -> Response:
        """Answer a call below `/rest/api/3/webhook`."""
        if request.url.path.endswith("/refresh"):
            for number in body["webhookIds"]:
                self.hooks[number]["expirationDate"] = LATER
            return JSONResponse({"expirationDate": LATER})
        match request.method:
            case "GET":
                start, size = (int(request.query_params.get(name, 0)) for name in ("startAt", "maxResults"))
                found = [{"id": number, **hook} for number, hook in self.hooks.items()][start : start + size]
                return JSONResponse({"values": found, "total": len(self.hooks), "startAt": start})
            case "POST":
                if self.url not in (None, body["url"]):
                    return JSONResponse({"errorMessages": ["Only a single URL per app is allowed."]}, 400)
                self.url = body["url"]
                return JSONResponse({"webhookRegistrationResult": [self._register(one) for one in body["webhooks"]]})
        for number in body["webhookIds"]:
            self.hooks.pop(number, None)
        return Response(status_code=202)

    def _register(self, hook: dict[str, Any]) -> dict[str, Any]:
        if "watchCount" in hook["jqlFilter"]:
            return {"errors": ["The clause watchCount is unsupported"]}
        number = 1000 + len(self.hooks)
        self.hooks[number] = hook | {"expirationDate": SOON}
        return {"createdWebhookId": number}
