"""Your own routes under odd requests: whatever comes in, what goes out is an answer that your OpenAPI document allows.

Half of the requests come from a tenant and half from strangers. A refusal (4XX) and a host that is away (502, 503, 504)
are answers, in the one shape of every error; a 500 or an answer in another shape fails.
"""

from collections.abc import Iterator
from typing import Any

import httpx
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, reject, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from app.connect.errors import ErrorBody
from app.connect.pages.page_tokens import SETTINGS, Visit
from app.connect.tenancy.tenant import Caller
from tests.support.running import ADDON, RunningAddon

FUZZ = settings(
    max_examples=15,
    deadline=None,
    database=None,
    # They are made here and sent afterwards, so there is nothing to make smaller.
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow, HealthCheck.data_too_large],
)
HOST_IS_AWAY = {502, 503, 504}
SHOWN = 400

Headers = dict[str, str]


class TestYourRoutes:
    async def test_answer_odd_requests_as_documented(self, addon: RunningAddon) -> None:
        caller = Caller("1", "UTC", "1")
        tenant = await addon.any_tenant()
        api_token = await addon.parts.serving.api_tokens.create(tenant, caller)
        schema = schemathesis.openapi.from_dict(addon.app.openapi())
        complaints = []
        for method, path, visit in _own_routes(addon):
            operation = schema[path][method]
            page_token = addon.parts.page_tokens.issue(tenant, caller, visit)
            proof = _proof(operation.definition.raw, api_token, page_token)
            for request in _requests(operation, proof):
                answer = await addon.http.send(request)
                complaint = _complaint(answer, operation.definition.raw["responses"])
                if complaint:
                    complaints.append(_told(request, answer, complaint))
                    break
        await addon.settle()
        assert not complaints, "\n".join(complaints)


def _own_routes(addon: RunningAddon) -> Iterator[tuple[str, str, Visit]]:
    """Give method and path of each route on your routers, and a page from which it may be called."""
    kinds = {module.key: module.kind for module in addon.parts.addon.modules}
    for router in addon.parts.routers:
        for route in router.api.routes:
            if not getattr(route, "include_in_schema", False):
                continue
            described: Any = route
            demand = addon.parts.addon.demands.get(described.endpoint)
            page = demand.page if demand else None
            visit = Visit.begin(kinds[page], page) if page in kinds else Visit.begin(SETTINGS, None)
            for method in described.methods:
                yield method, described.path_format, visit


def _proof(operation: dict[str, Any], api_token: str, page_token: str) -> Headers:
    """Return the header that lets a tenant into an operation."""
    schemes = {name for choice in operation.get("security", []) for name in choice}
    if "ApiToken" in schemes:
        return {"Authorization": f"Bearer {api_token}"}
    return {"Authorization": f"JWT {page_token}"} if schemes else {}


def _requests(operation: Any, proof: Headers) -> list[httpx.Request]:
    """Make up requests that fit an operation, about half of them with the proof that lets a tenant in."""
    made = []

    @FUZZ
    @given(case=operation.as_strategy(), is_tenant=st.booleans())
    def make(case: Any, *, is_tenant: bool) -> None:
        made.append(_request(case, proof if is_tenant else {}))

    make()
    return made


def _request(case: Any, proof: Headers) -> httpx.Request:
    """Turn a generated case into what is sent; what no client could send is another case."""
    given_by_case = case.as_transport_kwargs(base_url=ADDON)
    names = ("method", "url", "headers", "params", "cookies", "json", "data", "files")
    try:
        made = requests.Request(**{name: given_by_case[name] for name in names if name in given_by_case}).prepare()
        headers = {name: str(value) for name, value in made.headers.items() if name.lower() != "authorization"}
        body = made.body if isinstance(made.body, str | bytes) else None
        return httpx.Request(made.method or "", made.url or "", headers=headers | proof, content=body)
    except (ValueError, httpx.InvalidURL, requests.RequestException):
        reject()


def _complaint(answer: httpx.Response, documented: dict[str, Any]) -> str | None:
    """Say what is wrong with an answer; None when the document allows it."""
    status = answer.status_code
    if not {str(status), f"{status // 100}XX", "default"} & documented.keys():
        return f"The status is not documented. Documented are: {', '.join(documented)}."
    if status < 400:
        return None
    if status >= 500 and status not in HOST_IS_AWAY:
        return "The route failed: the log above has its traceback. Raise a ConnectError for what you expect."
    try:
        ErrorBody.model_validate_json(answer.content)
    except ValidationError:
        return "The body is not the one shape of errors. Raise a ConnectError instead of answering by hand."
    return None


def _told(request: httpx.Request, answer: httpx.Response, complaint: str) -> str:
    """Name route and input, with the token left out."""
    headers = {name: value for name, value in request.headers.items() if name != "authorization"}
    return (
        f"{request.method} {request.url.raw_path.decode()[:SHOWN]} was answered {answer.status_code}. {complaint}\n"
        f"  headers: {headers}\n"
        f"  body: {request.content[:SHOWN]!r}\n"
        f"  answer: {answer.text[:SHOWN]}"
    )
