"""The hash by which a token holds for one method, path and query (reference 8)."""

import hashlib
from urllib.parse import quote, unquote_plus, urlsplit

# What tokens of scripts carry in place of a hash: they are bound to nothing.
CONTEXT = "context-qsh"


def qsh(method: str, url: str, *, base_url: str = "") -> str:
    """Hash a request; `url` is absolute, or raw path and query, and the path of `base_url` is taken off it."""
    path, query = _split(url)
    return hashlib.sha256(
        f"{method.upper()}&{_path(path, urlsplit(base_url).path)}&{_query(query)}".encode()
    ).hexdigest()


def _split(url: str) -> tuple[str, str]:
    target = url.partition("#")[0]
    if "://" in target.partition("?")[0]:
        parts = urlsplit(target)
        return parts.path, parts.query
    path, _, query = target.partition("?")
    return path, query


def _path(path: str, below: str) -> str:
    below = below.rstrip("/")
    if below and (path == below or path.startswith(f"{below}/")):
        path = path[len(below) :]
    if not path.startswith("/"):
        path = f"/{path}"
    path = path.replace("&", "%26")
    return path[:-1] if path.endswith("/") and path != "/" else path


def _query(query: str) -> str:
    groups: dict[str, list[str]] = {}
    for piece in query.split("&"):
        name, _, value = piece.partition("=")
        decoded = unquote_plus(name)
        if piece and decoded != "jwt":
            groups.setdefault(_encoded(decoded), []).append(unquote_plus(value))
    return "&".join(f"{name}={','.join(_encoded(one) for one in _sorted(groups[name]))}" for name in sorted(groups))


def _sorted(values: list[str]) -> list[str]:
    # The host is Java, which compares UTF-16 units; that differs from Python's order beyond U+FFFF.
    return sorted(values, key=lambda value: value.encode("utf-16-be", "surrogatepass"))


def _encoded(text: str) -> str:
    return quote(text, safe="~", errors="replace")
