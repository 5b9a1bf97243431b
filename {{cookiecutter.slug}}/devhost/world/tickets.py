"""One-time documents and links that carry a browser to an add-on."""

import secrets
from dataclasses import dataclass
from typing import Any

TICKET_LIMIT = 1000


@dataclass(slots=True, kw_only=True)
class Link:
    """An add-on's address which the host opens with a fresh token."""

    client_id: str
    target: str
    expires: float


class Tickets:
    """Install documents that can be read once, and add-on links."""

    def __init__(self) -> None:
        self._documents: dict[tuple[str, str], dict[str, Any]] = {}
        self._links: dict[str, Link] = {}

    def add_document(self, client_id: str, document: dict[str, Any]) -> str:
        """Keep a document for one reading and return its ticket."""
        while len(self._documents) >= TICKET_LIMIT:
            del self._documents[next(iter(self._documents))]
        ticket = secrets.token_urlsafe(24)
        self._documents[(client_id, ticket)] = document
        return ticket

    def take_document(self, client_id: str, ticket: str) -> dict[str, Any] | None:
        """Take a document out; None when it was read before or never was."""
        return self._documents.pop((client_id, ticket), None)

    def unread(self, client_id: str, ticket: str) -> bool:
        """Say whether a document still waits."""
        return (client_id, ticket) in self._documents

    def add_link(self, link: Link) -> str:
        """Keep an add-on link and return its token."""
        while len(self._links) >= TICKET_LIMIT:
            del self._links[next(iter(self._links))]
        token = secrets.token_urlsafe(24)
        self._links[token] = link
        return token

    def link(self, token: str, now: float) -> Link | None:
        """Return a link that has not expired."""
        found = self._links.get(token)
        return found if found and found.expires > now else None

    def drop_link(self, token: str) -> None:
        """Forget a link."""
        self._links.pop(token, None)
