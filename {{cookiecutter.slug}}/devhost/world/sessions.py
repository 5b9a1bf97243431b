"""Access tokens, refresh tokens and authorization codes."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field

TOKEN_LIMIT = 20_000


@dataclass(slots=True, kw_only=True, eq=False)
class Session:
    """What one access token may do; it acts for a client, a person, or a person through a client."""

    token: str = field(default_factory=lambda: secrets.token_urlsafe(30))
    scopes: frozenset[str]
    issued: float
    expires: float
    client_id: str | None = None
    person_id: int | None = None
    room_id: int | None = None
    refresh_token: str | None = None


@dataclass(slots=True, kw_only=True)
class Code:
    """An authorization code that has not been exchanged."""

    client_id: str
    person_id: int
    scopes: frozenset[str]
    redirect_uri: str
    expires: float


class Sessions:
    """All live tokens; the oldest fall out at the limit."""

    def __init__(self) -> None:
        self._by_token: dict[str, Session] = {}
        self._codes: dict[str, Code] = {}

    def add(self, session: Session) -> Session:
        """Keep a session."""
        while len(self._by_token) >= TOKEN_LIMIT:
            del self._by_token[next(iter(self._by_token))]
        self._by_token[session.token] = session
        return session

    def get(self, token: str, now: float) -> Session | None:
        """Return the session of a token that has not expired."""
        session = self._by_token.get(token)
        return session if session is not None and session.expires > now else None

    def refreshed(self, refresh_token: str) -> Session | None:
        """Find the session to which a refresh token belongs, expired or not."""
        for session in self._by_token.values():
            if session.refresh_token is not None and secrets.compare_digest(
                session.refresh_token.encode(), refresh_token.encode("utf-8", "replace")
            ):
                return session
        return None

    def revoke(self, token: str) -> None:
        """End one session."""
        self._by_token.pop(token, None)

    def revoke_client(self, client_id: str) -> int:
        """End all sessions of a client and return how many there were."""
        gone = [token for token, one in self._by_token.items() if one.client_id == client_id]
        for token in gone:
            del self._by_token[token]
        return len(gone)

    def add_code(self, code: Code) -> str:
        """Keep an authorization code and return it."""
        text = secrets.token_urlsafe(24)
        self._codes[text] = code
        return text

    def take_code(self, text: str) -> Code | None:
        """Take a code out: it works once."""
        return self._codes.pop(text, None)


def scope_text(scopes: Iterable[str]) -> str:
    """Write scopes as a token answer does."""
    return " ".join(sorted(scopes))
