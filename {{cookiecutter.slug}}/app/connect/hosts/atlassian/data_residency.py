"""The move of a tenant's data to another region: five hooks that Atlassian's migration service calls (reference 17).

They are signed with the tenant's secret, in the header, for their very address; no page token opens them.
"""

from collections.abc import Awaitable
from typing import Annotated, Any, Literal, Protocol, TypeVar

from fastapi import Depends, Query, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from app.connect.context import Context
from app.connect.declare.router import Router
from app.connect.hosts.atlassian.descriptor import MOVES, moves_of
from app.connect.hosts.atlassian.wire import Id
from app.connect.hosts.protocol import ProofKind
from app.connect.serving.dependencies import context_of

S = TypeVar("S", bound=Context)
S_contra = TypeVar("S_contra", bound=Context, contravariant=True)

REFUSED = 422
Code = Literal["E0001", "E0002", "E0003", "E0004", "E9999"]
"""Not scheduled; the region is not offered; moves are not; too many at once; anything else."""
State = Literal["in-progress", "ready-to-commit"]


class MoveRefused(Exception):
    """The move cannot be made; `code` says why, in the host's list. What the handler wrote is undone."""

    def __init__(self, code: Code) -> None:
        super().__init__(code)
        self.code = code


class Move(BaseModel):
    """A move as the host plans it: `start_time` and `end_time` in ISO 8601, `location` such as EU."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True)

    migration_id: Id
    start_time: str
    end_time: str
    location: str


class MoveEnd(BaseModel):
    """The move that is committed or rolled back."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True)

    migration_id: Id


class DataMoves(Protocol[S_contra]):
    """What an add-on does for each hook. Answers are waited for: what lasts is enqueued. Each may come twice."""

    async def schedule(self, ctx: S_contra, move: Move) -> None:
        """Take a move on, or raise `MoveRefused`."""
        ...

    async def start(self, ctx: S_contra, move: Move) -> None:
        """Begin to copy; nothing is taken away yet."""
        ...

    async def status(self, ctx: S_contra, migration_id: str) -> State:
        """Tell how far it is, about every five minutes; `MoveRefused` when it failed."""
        ...

    async def commit(self, ctx: S_contra, migration_id: str) -> None:
        """Use the copy from now on."""
        ...

    async def rollback(self, ctx: S_contra, migration_id: str) -> None:
        """Go on with the data where it is."""
        ...


def declare_moves(router: Router[S], moves: DataMoves[S]) -> None:
    """Answer the hooks with `moves`, and name them in the descriptor. Once for each router's host."""
    declare_hooks(router, moves, below=MOVES, page=moves_of(str(router.host)))


def declare_hooks(router: Router[S], moves: DataMoves[S], *, below: str, page: str) -> None:
    """Answer the hooks at `/<host>/<below>/`; no module may be named `page`, so that no page's token opens them."""
    host = str(router.host)
    signed: Any = Depends(context_of(host, ProofKind.LIFECYCLE), scope="function")

    async def schedule(move: Move, ctx: Any = signed) -> Response:
        return await _answered(ctx, moves.schedule(ctx, move))

    async def start(move: Move, ctx: Any = signed) -> Response:
        return await _answered(ctx, moves.start(ctx, move))

    async def status(
        migration_id: Annotated[str, Query(alias="migrationId", max_length=64)], ctx: Any = signed
    ) -> Response:
        try:
            return JSONResponse({"status": await moves.status(ctx, migration_id)})
        except MoveRefused as refused:
            await ctx.close()
            return JSONResponse({"status": "failed", "errorResponseCode": refused.code})

    async def commit(move: MoveEnd, ctx: Any = signed) -> Response:
        return await _answered(ctx, moves.commit(ctx, move.migration_id))

    async def rollback(move: MoveEnd, ctx: Any = signed) -> Response:
        return await _answered(ctx, moves.rollback(ctx, move.migration_id))

    for call in (schedule, start, commit, rollback, status):
        method = "GET" if call is status else "POST"
        path = f"/{host}/{below}/{call.__name__}"
        router.route(path, methods=[method], page=page, response_model=None)(call)


async def _answered(ctx: Context, doing: Awaitable[None]) -> Response:
    """Answer a step that was made; one that was refused is told with the code, without which the host tries again."""
    try:
        await doing
    except MoveRefused as refused:
        await ctx.close()
        return JSONResponse({"errorResponseCode": refused.code}, REFUSED)
    return Response(status_code=204)
