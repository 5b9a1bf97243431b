"""Who must not get an API token, nor read or revoke one: every route of tokens against whatever anybody may hold."""

import base64
from collections.abc import Callable

import pytest

from app.connect.tenancy.tenant import NOBODY
from tests.connect.access.users import OTHER_PASSWORD, PASSWORD, WISH, add_user, basic, raw_basic
from tests.connect.logs import Log
from tests.connect.serving.holding import collect
from tests.support.running import RunningAddon

NO_ID = "0" * 32
ROUTES = {
    ("POST", "/api/tokens"): 201,
    ("GET", "/api/tokens"): 200,
    ("GET", f"/api/tokens/{NO_ID}"): 404,
    ("DELETE", f"/api/tokens/{NO_ID}"): 204,
}
"""What each answers whoever may do it."""
MAY = {
    "page of settings",
    "page of settings of another tenant",
    "api",
    "api of another tenant",
    "api that gives",
    "password",
    "password of another tenant",
    "password of who keeps tokens",
}
FORBIDDEN = {"page of a guest's settings", "api for web"}
"""Known, and may do none of this."""
CREATES = {"password of who holds little"}
"""May create a token with what it holds, and read and revoke none."""


async def passwords(addon: RunningAddon, own: str, another: str) -> dict[str, dict[str, str]]:
    """Add users to two tenants, and return every kind of Basic by its name."""
    tenant, other = [await addon.tenant_of(key) for key in (own, another)]
    await add_user(addon, tenant)
    await add_user(addon, tenant, "removed")
    await add_user(addon, tenant, "keeper", accesses=["tokens.*", "reports.#"])
    await add_user(addon, tenant, "little", accesses=["reports.web.read"])
    await add_user(addon, other, "adam", OTHER_PASSWORD)
    from_users = basic(tenant)["Authorization"]
    return {
        "password": basic(tenant),
        "password of another tenant": basic(other, "adam", OTHER_PASSWORD),
        "password of who keeps tokens": basic(tenant, "keeper"),
        "password of who holds little": basic(tenant, "little"),
        "password, wrong": basic(tenant, password=OTHER_PASSWORD),
        "password in another tenant": basic(other),
        "password of another in this tenant": basic(tenant, "adam", OTHER_PASSWORD),
        "password of nobody": basic(tenant, "nobody"),
        "password in other case": basic(tenant, "EVE"),
        "password without a tenant": raw_basic(f"eve:{PASSWORD}".encode()),
        "password with the client key": raw_basic(f"{own}/eve:{PASSWORD}".encode()),
        "password as a bearer": {"Authorization": f"Bearer {PASSWORD}"},
        "basic as a bearer": {"Authorization": from_users.replace("Basic", "Bearer")},
        "basic as a JWT": {"Authorization": from_users.replace("Basic", "JWT")},
        "api token as a password": basic(tenant, password=await addon.parts.api_tokens.create(tenant, NOBODY)),
    }


class TestEveryRoute:
    async def test_takes_who_may_and_nobody_else(self, passworded: RunningAddon) -> None:
        holder = await collect(passworded)
        wrong = {}
        held = holder.headers | await passwords(passworded, holder.own, holder.another)
        for (method, path), ok in ROUTES.items():
            for kind, headers in held.items():
                answer = await passworded.http.request(
                    method, path, headers=headers, json=WISH if method == "POST" else None
                )
                may = kind in MAY or (kind in CREATES and method == "POST")
                expected = ok if may else 403 if kind in FORBIDDEN | CREATES else 401
                if answer.status_code != expected:
                    wrong[kind, method, path] = f"{answer.status_code}, not {expected}"
        assert wrong == {}
        assert held.keys() >= MAY | FORBIDDEN | CREATES

    async def test_of_programs_and_pages_takes_no_password(self, passworded: RunningAddon) -> None:
        holder = await collect(passworded)
        for kind, headers in (await passwords(passworded, holder.own, holder.another)).items():
            for method, path in (
                ("HEAD", "/api/tokens/current"),
                ("POST", "/api/tokens/check"),
                ("POST", "/showcase/report"),
                ("GET", "/showcase/reports/web"),
                ("GET", "/showcase/tenant"),
                ("POST", "/hipchat/api-token"),
                ("GET", "/hipchat/settings"),
            ):
                answer = await passworded.http.request(
                    method, path, headers=headers, json={"accesses": []} if path.endswith("check") else None
                )
                assert answer.status_code == 401, (kind, path)


def text(credentials: str) -> bytes:
    return f"Basic {base64.b64encode(credentials.encode()).decode()}".encode()


BAD = {
    "nothing": b"Basic",
    "a space": b"Basic ",
    "no base64": b"Basic %%%%",
    "cut base64": b"Basic abc",
    "no UTF-8": b"Basic " + base64.b64encode(b"\xff\xfe:\xff"),
    "bytes beyond ASCII": b"Basic \xe9\xff",
    "no colon": text("eve"),
    "colons alone": text("::::"),
    "NUL": text(f"{NO_ID}/e\0ve:{PASSWORD}"),
    "NUL in the password": text(f"{NO_ID}/eve:{PASSWORD}\0"),
    "line break": text(f"{NO_ID}/e\nve:{PASSWORD}"),
    "direction mark": text(f"{NO_ID}/e\u202eve:{PASSWORD}"),
    "SQL": text(f"{NO_ID}/' or 1=1 --:{PASSWORD}"),
    "8 KB": text(f"{NO_ID}/eve:{PASSWORD * 260}"),
    "8 KB of a name": text(f"{NO_ID}/{'e' * 6000}:{PASSWORD}"),
    "8 KB that are no base64": b"Basic " + b"%" * 8192,
    "unknown user": text(f"{NO_ID}/eve:{PASSWORD}"),
    "twice": text(f"{NO_ID}/eve:{PASSWORD}") + b", " + text(f"{NO_ID}/eve:{PASSWORD}"),
    "another scheme": b"Digest username=eve",
    "a scheme alone": b"basic",
}


class TestBadInput:
    async def test_is_one_401_in_the_one_shape(self, passworded: RunningAddon, start_log: Callable[..., Log]) -> None:
        log = start_log(as_json=True)
        tenant = await passworded.any_tenant()
        await add_user(passworded, tenant)
        shown = {
            **{name: {b"Authorization": value} for name, value in BAD.items()},
            "wrong": {b"Authorization": basic(tenant, password=OTHER_PASSWORD)["Authorization"].encode()},
            "nothing at all": {},
            "no JWT": {b"Authorization": b"JWT x"},
            "no token": {b"Authorization": b"Bearer x"},
        }
        answers = {}
        for name, headers in shown.items():
            answer = await passworded.http.post("/api/tokens", json=WISH, headers=headers)
            error = answer.json()["error"]
            error.pop("request_id")
            answers[name] = (answer.status_code, answer.headers["www-authenticate"], str(sorted(error.items())))
        assert {answer[:2] for answer in answers.values()} == {(401, "Bearer")}
        assert len(set(answers.values())) == 1, answers
        for secret in (PASSWORD, OTHER_PASSWORD, base64.b64encode(f"{NO_ID}/eve:{PASSWORD}".encode()).decode()):
            assert secret not in log.text
            assert all(secret not in answer[2] for answer in answers.values())

    @pytest.mark.parametrize("name", ["tab\there", "nul\0", "bell\x07", "mark\u202e", "a:b"])
    async def test_of_names_is_nobodys(self, passworded: RunningAddon, name: str) -> None:
        tenant = await passworded.any_tenant()
        await add_user(passworded, tenant)
        answer = await passworded.http.post("/api/tokens", json=WISH, headers=basic(tenant, name))
        assert (answer.status_code, set(answer.json())) == (401, {"error"})
