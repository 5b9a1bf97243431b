"""The query string hash: what binds a token to one method, path and query. Pure.

Source: protocol reference 8. The host's own rules are followed where published libraries differ from them (8.7).
"""

import hashlib
import re
from collections.abc import Iterator
from urllib.parse import quote, unquote_plus, unquote_to_bytes, urlsplit

LITERAL = "context-qsh"
"""Stands in a context token in place of a hash; it is bound to no address."""
TOKEN_PARAMETER = "jwt"  # noqa: S105 - the name of a parameter
FORM_METHODS = frozenset({"POST", "PUT"})
_TEXT = r"[A-Za-z0-9._~-]*+(?:%(?:[01][0-9A-F]|2[0-9A-CF]|3[A-F]|40|5[B-E]|60|7[BCDF])[A-Za-z0-9._~-]*+)*+"
"""What is the same decoded and encoded again, as most names and values are."""
_CANONICAL = re.compile(rf"(?:{_TEXT}(?:={_TEXT})?+(?:&|\Z))*+", re.ASCII)
"""A query of such names and values."""


def canonical_request(method: str, url: str, *, base_url: str = "") -> str:
    """Return what is hashed of a request: method, path below `base_url`, and query, in the one form.

    `url` is absolute or a path, still percent-encoded as it is sent or was received.
    """
    path, query = _split(url)
    return _canonical(method, canonical_path(path, context=_split(base_url)[0]), query)


def query_string_hash(method: str, url: str, *, base_url: str = "") -> str:
    """Return the hash of the canonical request: 64 lower-case hexadecimal digits."""
    return _digest(canonical_request(method, url, base_url=base_url))


def candidates(method: str, path: str, query: str, *, context: str = "", form: str = "") -> Iterator[str]:
    """Yield the hashes that a token of a received request may hold (reference 8.5), at most three.

    `path` and `query` are raw, `context` is the path of the add-on's base URL, `form` the body of a POST or PUT that
    is form-encoded. The path with its escapes decoded comes second, because hosts differ there; the form comes last
    and only where there is no query.
    """
    written = canonical_path(path, context=context)
    yield _digest(_canonical(method, written, query))
    if "%" in path:
        decoded = unquote_to_bytes(path.encode("utf-8", "surrogateescape")).decode("utf-8", "replace")
        yield _digest(_canonical(method, canonical_path(decoded, context=context), query))
    if form and not query and method.upper() in FORM_METHODS:
        yield _digest(_canonical(method, written, form))


def canonical_path(path: str, *, context: str = "") -> str:
    """Return a path below `context`, which is taken away only where a segment of it ends."""
    context = context.rstrip("/")
    if context and (path == context or path.startswith(context + "/")):
        path = path[len(context) :]
    if not path.startswith("/"):
        path = "/" + path
    path = path.replace("&", "%26")
    return path[:-1] if path.endswith("/") and path != "/" else path


def _canonical(method: str, path: str, query: str) -> str:
    return f"{method.upper()}&{path}&{_canonical_query(query)}"


def _canonical_query(query: str) -> str:
    pairs = [piece.partition("=") for piece in query.split("&") if piece]
    if _CANONICAL.fullmatch(query):
        # What hosts send: there is nothing to rewrite where no name comes twice.
        single = {name: value for name, _, value in pairs}
        if len(single) == len(pairs):
            single.pop(TOKEN_PARAMETER, None)
            return "&".join([f"{name}={value}" for name, value in sorted(single.items())])
    groups: dict[str, list[str]] = {}
    for name, _, value in pairs:
        decoded = unquote_plus(name)
        if decoded != TOKEN_PARAMETER:
            groups.setdefault(_encoded(decoded), []).append(unquote_plus(value))
    return "&".join(
        f"{name}={','.join(_encoded(value) for value in sorted(groups[name], key=_code_units))}"
        for name in sorted(groups)
    )


def _encoded(text: str) -> str:
    return quote(text, safe="~", errors="replace")


def _code_units(text: str) -> bytes:
    """Sort as Java and JavaScript do, by UTF-16 units: it differs from Python's order beyond U+FFFF."""
    return text.encode("utf-16-be", "surrogatepass")


def _split(url: str) -> tuple[str, str]:
    """Return raw path and query. A path may begin with two slashes, which `urlsplit` would take for a host."""
    target = url.partition("#")[0]
    if "://" in target.partition("?")[0]:
        parts = urlsplit(target)
        return parts.path, parts.query
    path, _, query = target.partition("?")
    return path, query


def _digest(canonical: str) -> str:
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()
