"""Jira or Confluence in memory: signs as Atlassian does, and checks what it is sent, with no code of the add-on."""

import hashlib
import hmac
import json
import time
import uuid
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import quote, unquote_plus

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from tests.hosts.atlassian.registry import Registry

KEY_SERVER = "https://connect-install-keys.atlassian.com"
FALLBACK = "https://asap-distribution.us-west-2.prod.atl-asap.net"
AUTHORIZATION = "https://oauth-2-authorization-server.services.atlassian.com"
ADMIN, OTHER = "account-of-an-admin", "account-of-somebody"
LITERAL = "context-qsh"
LEEWAY = 30


@cache
def rsa_key(name: str) -> rsa.RSAPrivateKey:
    """Make a key once a process: it costs more than a test."""
    return rsa.generate_private_key(65537, 2048)


def pem(key: rsa.RSAPrivateKey) -> bytes:
    return key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def encode(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def segment(document: object) -> str:
    return encode(json.dumps(document).encode())


def hs256(claims: dict[str, Any], secret: str, **header: Any) -> str:
    """Sign with a secret."""
    text = f"{segment({'alg': 'HS256', 'typ': 'JWT'} | header)}.{segment(claims)}"
    return f"{text}.{encode(hmac.digest(secret.encode(), text.encode(), 'sha256'))}"


def rs256(claims: dict[str, Any], key: rsa.RSAPrivateKey, **header: Any) -> str:
    """Sign with a private key."""
    said = {"alg": "RS256", "typ": "JWT"} | header
    text = f"{segment({name: one for name, one in said.items() if one is not None})}.{segment(claims)}"
    return f"{text}.{encode(key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


def hash_of(method: str, target: str, *, below: str = "") -> str:
    """Hash a request as the product does; plain cases only, the vectors have the others."""
    path, _, query = target.partition("?")
    path = path.removeprefix(below) or "/"
    if path != "/":
        path = path.removesuffix("/")
    groups: dict[str, list[str]] = {}
    for piece in filter(None, query.split("&")):
        name, _, value = piece.partition("=")
        if unquote_plus(name) != "jwt":
            groups.setdefault(quote(unquote_plus(name), safe="~"), []).append(unquote_plus(value))
    joined = "&".join(
        f"{name}={','.join(quote(one, safe='~') for one in sorted(groups[name]))}" for name in sorted(groups)
    )
    return hashlib.sha256(f"{method.upper()}&{path.replace('&', '%26')}&{joined}".encode()).hexdigest()


@dataclass
class Site:
    """One site with one installation: what the product knows of it."""

    client_key: str
    secret: str = field(repr=False)
    origin: str
    base_url: str

    @classmethod
    def new(cls, path: str = "") -> "Site":
        name = uuid.uuid4().hex
        origin = f"https://site-{name[:12]}.atlassian.net"
        return cls(f"client-{name}", f"secret-of-the-site-{name}-{name}", origin, origin + path)


class Product:
    """The whole cloud of one product: key servers, sites, and who administers them."""

    def __init__(self, name: str, app_key: str) -> None:
        self.name = name
        self.app_key = app_key
        self.sites: dict[str, Site] = {}
        self.keys: dict[str, bytes] = {"key-1": pem(rsa_key("atlassian"))}
        self.asked_for_keys: list[str] = []
        self.calls: list[tuple[str, str, Any]] = []
        """Method, path with query, and body of every call that was taken."""
        self.refused: list[str] = []
        self.answers: list[Response] = []
        """What the next calls are answered instead."""
        self.denials: list[Response] = []
        """What the next questions for an access token are answered instead."""
        self.registry = Registry()
        self.clock_ahead = 0.0
        """Seconds by which the product's clock is before ours; it lets half a minute pass."""
        self.assertions: list[dict[str, Any]] = []
        self.key_server = Starlette(routes=[Route("/{kid}", self._key)])
        self.site_app = Starlette(routes=[Route("/{path:path}", self._rest, methods=["GET", "POST", "PUT", "DELETE"])])
        self.authorization = Starlette(routes=[Route("/oauth2/token", self._token, methods=["POST"])])

    @property
    def path(self) -> str:
        """Return what the product's addresses begin with."""
        return "/wiki" if self.name == "confluence" else ""

    def new_site(self) -> Site:
        """Make a site that the add-on does not know."""
        site = Site.new(self.path)
        self.sites[site.client_key] = site
        return site

    def body(self, site: Site, event: str, **changes: Any) -> dict[str, Any]:
        """Return what a callback posts; None takes a member away."""
        said = {
            "key": self.app_key,
            "clientKey": site.client_key,
            "baseUrl": site.base_url,
            "displayUrl": site.base_url,
            "productType": self.name,
            "description": "A site",
            "eventType": event,
            "publicKey": "ignored",
            "serverVersion": "1000",
            "pluginsVersion": "1.801.0",
            "unknown": {"member": [1]},
        }
        if event == "installed":
            said |= {"sharedSecret": site.secret, "oauthClientId": f"oauth-{site.client_key}", "cloudId": "cloud-1"}
        return {name: one for name, one in (said | changes).items() if one is not None}

    def claims(self, site: Site, method: str, target: str, **changes: Any) -> dict[str, Any]:
        """Return what a token of the site says of a request; None takes a claim away."""
        now = int(time.time())
        said = {"iss": site.client_key, "iat": now, "exp": now + 180, "qsh": hash_of(method, target)} | changes
        return {name: one for name, one in said.items() if one is not None}

    def asked(self, path: str) -> int:
        """Count the calls to a path."""
        return sum(1 for _, target, _ in self.calls if target.partition("?")[0].endswith(path))

    async def _key(self, request: Request) -> Response:
        key_id = request.path_params["kid"]
        self.asked_for_keys.append(key_id)
        found = self.keys.get(key_id)
        return Response(found, media_type="text/plain") if found else PlainTextResponse("no such key", 404)

    async def _rest(self, request: Request) -> Response:
        target = request.scope["raw_path"].decode() + (f"?{request.url.query}" if request.url.query else "")
        raw = await request.body()
        site = next((one for one in self.sites.values() if one.origin == f"https://{request.headers['host']}"), None)
        if site is None or not self._is_signed(request, site, target):
            self.refused.append(target)
            return JSONResponse({"message": "the signature does not hold"}, 401)
        if self.answers:
            return self.answers.pop(0)
        body = json.loads(raw) if raw else None
        self.calls.append((request.method, target, body))
        return self._answer(request, body)

    def _is_signed(self, request: Request, site: Site, target: str) -> bool:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme == "Bearer":
            return token == f"access-token-of-{ADMIN}"
        head, payload, signature = token.split(".")
        made = encode(hmac.digest(site.secret.encode(), f"{head}.{payload}".encode(), "sha256"))
        claims, now = json.loads(urlsafe_b64decode(payload + "==")), time.time() + self.clock_ahead
        return (
            scheme == "JWT"
            and made == signature
            and claims["iss"] == self.app_key
            and claims["iat"] - LEEWAY <= now < claims["exp"] + LEEWAY <= claims["iat"] + 180 + LEEWAY
            and claims["qsh"] == hash_of(request.method, target, below=self.path)
        )

    def _answer(self, request: Request, body: Any) -> Response:
        path = request.url.path.removeprefix(self.path)
        match path:
            case "/rest/api/3/permissions/check":
                is_admin = body["accountId"] == ADMIN
                asked = body.get("projectPermissions", [])
                return JSONResponse(
                    {
                        "globalPermissions": body.get("globalPermissions", []) if is_admin else [],
                        "projectPermissions": [
                            {"permission": name, "projects": one["projects"], "issues": one["issues"]}
                            for one in asked
                            for name in one["permissions"]
                            if is_admin
                        ],
                    }
                )
            case "/rest/api/user":
                may = [{"operation": "administer", "targetType": "application"}]
                is_admin = request.query_params["accountId"] == ADMIN
                return JSONResponse(
                    {"accountId": request.query_params["accountId"], "operations": may if is_admin else []}
                )
            case _ if path.startswith("/rest/api/3/webhook"):
                return self.registry.answer(request, body)
            case _ if path.endswith("/permission/check"):
                return JSONResponse({"hasPermission": body["subject"]["identifier"] == ADMIN})
        return JSONResponse({"id": "1", "key": "TP-1", "path": path})

    async def _token(self, request: Request) -> Response:
        form = {
            name: unquote_plus(one)
            for name, _, one in (p.partition("=") for p in (await request.body()).decode().split("&"))
        }
        head, payload, signature = form["assertion"].split(".")
        claims = json.loads(urlsafe_b64decode(payload + "=="))
        self.assertions.append(claims | {"grant": form["grant_type"]})
        if self.denials:
            return self.denials.pop(0)
        site = next(one for one in self.sites.values() if one.base_url == claims["tnt"])
        made = encode(hmac.digest(site.secret.encode(), f"{head}.{payload}".encode(), "sha256"))
        user = claims["sub"].removeprefix("urn:atlassian:connect:useraccountid:")
        if made != signature or user != ADMIN:
            return JSONResponse({"error": "invalid_grant"}, 400)
        return JSONResponse({"access_token": f"access-token-of-{user}", "token_type": "Bearer", "expires_in": 900})
