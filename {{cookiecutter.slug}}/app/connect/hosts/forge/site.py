"""What Forge installations do by themselves: find the tenant that their site has by Connect, and notice the end.

Sources: reference 9.2 (the property), 6.2 (a trigger that stays away), 7.3.
"""

from app.connect.declare.router import Router
from app.connect.hosts.forge.context import ForgeContext
from app.connect.hosts.forge.joining import JOIN

LISTEN = "forge-listen"


async def join_site(ctx: ForgeContext) -> None:
    """Join the Connect tenant of the site."""
    await ctx.join_site()


async def listen(ctx: ForgeContext) -> None:
    """Look whether anything was heard of the installation lately."""
    await ctx.listen()


def make_router() -> Router[ForgeContext]:
    """Declare the two."""
    router = _SiteRouter()
    router.job(JOIN)(join_site)
    router.every(LISTEN, hours=1)(listen)
    return router


class _SiteRouter(Router[ForgeContext]):
    host = "forge"
