"""What an authentication backend is written with: how somebody outside of the host gets an API token.

The folder itself is about who gives API tokens, what they may do, and what happens to them.
"""

from app.connect.access.backends import Backend, BackendParts, BackendRequest
from app.connect.api_tokens.principal import Principal
from app.connect.api_tokens.rules import Accesses

__all__ = ["Accesses", "Backend", "BackendParts", "BackendRequest", "Principal"]
