"""What may be told of an API token, out of its row."""

import json

from app.connect.api_tokens.table import ApiToken
from app.connect.declare.token_events import TokenFacts


def facts_of(row: ApiToken) -> TokenFacts:
    """Return what may be told of it; `ValueError` where its accesses cannot be read."""
    return TokenFacts(
        id=row.id,
        name=row.name,
        accesses=None if row.accesses_json is None else tuple(json.loads(row.accesses_json)),
        policy=row.policy,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
        place=row.place,
        created_by=row.created_by,
        created_via=row.created_via,
        created_at=row.created_at,
    )
