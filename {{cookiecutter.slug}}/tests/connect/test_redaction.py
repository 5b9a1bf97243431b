"""Secrets in every form in which they get into a line: by name, encoded, in addresses, in tracebacks."""

import logging
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.connect.logging import REMOVED, redact
from devhost.wire import signing
from devhost.wire.masking import mask
from tests.connect.logs import Log

SECRET = "hunter2-hunter2-hunter2"
TOKEN = signing.sign({"iss": "tenant", "exp": 1}, "s" * 32)
PASSWORDS = ("p@ss-hunter2", "hunter2@", "@hunter2@@", "p/w-hunter2", "p:w-hunter2", "p?w#hunter2", "hunter2%40x")
NAMES = (
    "oauth_secret",
    "oauthSecret",
    "OAUTH-SECRET",
    "clientSecret",
    "client_secret",
    "sharedSecret",
    "auth_token",
    "authToken",
    "access_token",
    "refresh-token",
    "X-Auth-Token",
    "x_auth_token",
    "signed_request",
    "jwt",
    "password",
    "db_password",
    "PGPASSWORD",
    "passwd",
)
FORMS = (
    "{name}={secret}",
    "a=1&{name}={secret}&b=2",
    "{name}: {secret}",
    "{{'{name}': '{secret}'}}",
    '{{"{name}":"{secret}"}}',
    "{name}%3D{secret}%26b%3D2",
    "a%253D1%2526{name}%253D{secret}",
    "%7B%22{name}%22%3A%20%22{secret}%22%7D",
    "%7B%22{name}%22%3A+%22{secret}%22%7D",
)


class TestNamed:
    @pytest.mark.parametrize("form", FORMS)
    @pytest.mark.parametrize("name", NAMES)
    def test_secret_is_removed(self, name: str, form: str) -> None:
        cleaned = redact(f"before {form.format(name=name, secret=SECRET)}")
        assert SECRET not in cleaned
        assert cleaned.startswith("before ")
        assert REMOVED in cleaned

    def test_names_that_only_look_alike_stay(self) -> None:
        for text in ("secretary: Ann", "a token was sent", "tokens=3", "jwts: 3", "the passwords differ"):
            assert redact(text) == text


class TestEncoded:
    @pytest.mark.parametrize("encode", [quote, quote_plus, lambda text: quote(quote(text, safe=""), safe="")])
    def test_address_inside_an_address_is_cleaned(self, encode: Callable[[str], str]) -> None:
        for inner, secret in (
            (f"https://host.example/p?signed_request={TOKEN}", TOKEN),
            (f"https://host.example/p?other={TOKEN}", TOKEN),
            (f"https://host.example/p?auth_token={SECRET}", SECRET),
            (f"Authorization: Bearer {SECRET}", SECRET),
            (f"Authorization: Basic {SECRET}==", SECRET),
            (f'{{"oauthSecret": "{SECRET}"}}', SECRET),
            (f"postgresql://addon:{SECRET}@db.example/addon", SECRET),
        ):
            assert secret not in redact(f"https://a.example/?next={encode(inner)}"), inner

    def test_token_with_its_dots_encoded_is_removed(self) -> None:
        assert TOKEN.rpartition(".")[2] not in redact("x=" + TOKEN.replace(".", "%2E"))


class TestAddresses:
    @pytest.mark.parametrize("password", PASSWORDS)
    def test_password_ends_at_the_last_at_sign(self, password: str) -> None:
        for address in (f"postgresql://addon:{password}@db.example/addon", f"redis://:{password}@cache.example:1/0"):
            cleaned = redact(f"cannot connect to {address}, retrying")
            assert "hunter2" not in cleaned
            assert ".example" in cleaned
            assert cleaned.endswith(", retrying")

    def test_neighbours_stay(self) -> None:
        text = '{"url":"https://host.example:8443/v2","mail":"a@b.example"} https://host.example/@me'
        assert redact(text) == text


class TestTracebacks:
    @pytest.mark.parametrize("as_json", [True, False])
    def test_hold_no_secret_of_the_exceptions_in_them(self, start_log: Callable[..., Log], *, as_json: bool) -> None:
        log = start_log(as_json=as_json)
        try:
            try:
                raise ValueError(f"postgresql://addon:p@{SECRET}@db.example/addon x-auth-token: {SECRET}")
            except ValueError as error:
                error.add_note(f"clientSecret={SECRET}")
                raise RuntimeError(f"oauth_secret={SECRET} in {quote(f'jwt={TOKEN}', safe='')}") from error
        except RuntimeError:
            logging.getLogger("app.test").exception("failed with %s", {"oauth_secret": SECRET})
        assert "RuntimeError" in log.text
        assert "direct cause" in log.text
        assert SECRET not in log.text
        assert TOKEN not in log.text

    def test_members_go_by_their_names(self, log: Log) -> None:
        names = (
            "oauth_secret",
            "clientSecret",
            "x-auth-token",
            "X-Auth-Token",
            "db_password",
            "Authorization",
            "Cookie",
        )
        logging.getLogger("app.test").info("sent", extra={"headers": dict.fromkeys(names, SECRET) | {"accept": "any"}})
        [line] = log.lines
        assert line["headers"] == dict.fromkeys(names, REMOVED) | {"accept": "any"}


# What a secret is made of: enough to be one, and nothing that ends a value in the forms around it.
secrets = st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._~-", min_size=24, max_size=80)


class TestAnything:
    @given(secret=secrets, name=st.sampled_from(NAMES), form=st.sampled_from(FORMS), around=st.text(max_size=40))
    def test_secret_is_removed_wherever_it_stands(self, secret: str, name: str, form: str, around: str) -> None:
        text = f"{around} {form.format(name=name, secret=secret)} {around}"
        assume(secret not in around)
        assert secret not in redact(text)

    @given(st.text(max_size=200))
    def test_text_is_cleaned_once(self, text: str) -> None:
        assert redact(redact(text)) == redact(text)


class TestDevhost:
    """The devhost's wire shows the same secrets to whoever looks over a developer's shoulder."""

    @pytest.mark.parametrize(
        "text",
        [
            f"/p?oauth_secret={SECRET}&a=1",
            f"/p?clientSecret={SECRET}",
            f'{{"clientSecret": "{SECRET}"}}',
            f'{{"oauth_secret": "{SECRET}"}}',
            f"x-auth-token: {SECRET}",
            f"/p?next=https%3A%2F%2Fh%2Fp%3Fauth_token%3D{SECRET}",
            f"/p?next=https%3A%2F%2Fh%2Fp%3Fother%3D{TOKEN}",
            f"postgresql://addon:p@{SECRET}@db.example/addon",
        ],
    )
    def test_masks(self, text: str) -> None:
        cleaned = mask(text)
        assert SECRET not in cleaned
        assert TOKEN not in cleaned
        assert "***" in cleaned
