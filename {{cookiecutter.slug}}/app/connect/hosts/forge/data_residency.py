"""The move of an installation's data to another region: the hooks of Atlassian's migration service (reference 10).

They are those of Connect (`hosts/atlassian/data_residency.py`), at another address and proven by an invocation token.
"""

from app.connect.hosts.atlassian.data_residency import DataMoves, declare_hooks
from app.connect.hosts.forge.context import ForgeContext
from app.connect.hosts.forge.paths import MIGRATION, MOVES
from app.connect.hosts.forge.router import ForgeRouter


def declare_moves(router: ForgeRouter, moves: DataMoves[ForgeContext]) -> None:
    """Answer the hooks with `moves`, and have the manifest name them."""
    declare_hooks(router, moves, below=MIGRATION, page=MOVES)
