"""The storage over HTTP, as a remote calls it with its system token: /forge/storage/kvs/v1 (reference 8)."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response
from fastapi.routing import APIRoute

from devhost.dialects.forge import storage_query
from devhost.dialects.forge.apps import ForgeInstallation
from devhost.dialects.forge.state import StateDep
from devhost.dialects.forge.storage import Space
from devhost.dialects.forge.storage_limits import StorageError, check_list
from devhost.errors import HostError
from devhost.wire.body import BODY_LIMIT, read_bytes, strict_json

PATH = "/forge/storage/kvs"
SCOPE = "storage:app"

_Handler = Callable[[Request], Coroutine[Any, Any, Response]]
_KINDS: dict[str, Space] = {"": "plain", "secret/": "secret", "entity/": "entity"}
BATCH = "batch/"


class StorageRoute(APIRoute):
    """A route whose refusals have the storage's form, and are told to the log."""

    def get_route_handler(self) -> _Handler:
        """Wrap the handler."""
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handle(request)
            except StorageError as error:
                request.scope.setdefault("state", {})["refusal"] = error.message
                return JSONResponse(error.public(), status_code=error.status)

        return answer


router = APIRouter(prefix=f"{PATH}/v1", include_in_schema=False, route_class=StorageRoute)


async def _caller(request: Request, state: StateDep) -> ForgeInstallation:
    """Find whose storage is asked for. Raises StorageError 401 or 403."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    try:
        token = state.tokens.proven(value.strip() if scheme.lower() == "bearer" else "")
    except HostError as error:
        raise StorageError("UNAUTHORIZED", error.message, error.status) from error
    if token.person is not None:
        raise StorageError("FORBIDDEN", "The token of a person is no good here: send the system token", 403)
    if SCOPE not in token.installation.app.manifest.scopes:
        raise StorageError("FORBIDDEN", f"The scope {SCOPE} is needed: add it to the manifest", 403)
    request.scope.setdefault("state", {})["session"] = {"client_id": token.installation.number}
    return token.installation


CallerDep = Annotated[ForgeInstallation, Depends(_caller)]


async def _body(request: Request) -> Any:
    try:
        return strict_json(await read_bytes(request, 3 * BODY_LIMIT))
    except ValueError as error:
        raise StorageError("INVALID_REQUEST", "The body is not JSON") from error
    except HostError as error:
        raise StorageError("MAX_SIZE", error.message) from error


async def _object(request: Request) -> dict[str, Any]:
    body = await _body(request)
    if not isinstance(body, dict):
        raise StorageError("INVALID_REQUEST", "The body is not an object")
    return body


ObjectDep = Annotated[dict[str, Any], Depends(_object)]


def _place(space: Space, body: dict[str, Any], caller: ForgeInstallation) -> Any:
    entity = str(body.get("entityName") or "")
    if space == "entity" and entity not in _indexes(caller):
        raise StorageError("INVALID_ENTITY", f"entityName: {entity!r} is not in app.storage.entities of the manifest")
    return (space, entity if space == "entity" else "", body.get("key"))


def _indexes(caller: ForgeInstallation) -> dict[str, dict[str, dict[str, Any]]]:
    """List the entities of the manifest with their indexes; one by the key is always there."""
    kept = getattr(caller.app.manifest.app, "storage", None)
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for entity in (kept.get("entities") if isinstance(kept, dict) else None) or ():
        found[entity["name"]] = {"by-key": {"range": "", "partition": []}}
        for one in entity.get("indexes") or ():
            if isinstance(one, str):
                found[entity["name"]][one] = {"range": one, "partition": []}
            else:
                ranged = one.get("range")
                first = str(ranged[0]) if isinstance(ranged, list) and ranged else str(ranged or "")
                found[entity["name"]][one["name"]] = {"range": first, "partition": one.get("partition") or []}
    return found


@router.post("/{kind:path}get")
async def get(kind: str, caller: CallerDep, state: StateDep, request: Request) -> Response:
    """Return a value, a secret, an entity, or some of them."""
    now = state.clock.now()
    if kind == BATCH:
        return _each(await _body(request), lambda one, place: caller.storage.read(place, now).public(one["key"]))
    body = await _object(request)
    options = body.get("options")
    fields = options.get("metadataFields") if isinstance(options, dict) else ()
    place = _place(_known(kind), body, caller)
    return JSONResponse(caller.storage.read(place, now).public(place[2], fields))


@router.post("/{kind:path}set")
async def put(kind: str, caller: CallerDep, state: StateDep, request: Request) -> Response:
    """Keep a value, a secret, an entity, or some of them."""
    now = state.clock.now()
    if kind == BATCH:
        return _each(
            await _body(request),
            lambda one, place: caller.storage.write(place, one.get("value"), one.get("options"), now),
        )
    body = await _object(request)
    answer = caller.storage.write(_place(_known(kind), body, caller), body.get("value"), body.get("options"), now)
    return JSONResponse(answer) if answer else Response(status_code=204)


@router.post("/{kind:path}delete")
async def delete(kind: str, caller: CallerDep, request: Request) -> Response:
    """Delete a value, a secret, an entity, or some of them."""
    if kind == BATCH:
        return _each(await _body(request), lambda _, place: caller.storage.erase(place))
    caller.storage.erase(_place(_known(kind), await _object(request), caller))
    return Response(status_code=204)


@router.post("/query")
async def query(caller: CallerDep, state: StateDep, body: ObjectDep) -> dict[str, Any]:
    """Find values by the beginning of their keys."""
    return storage_query.keys(caller.storage, body, state.clock.now())


@router.post("/entity/query")
async def query_entities(caller: CallerDep, state: StateDep, body: ObjectDep) -> dict[str, Any]:
    """Find entities by an index."""
    indexes = _indexes(caller).get(str(body.get("entityName")))
    if indexes is None:
        raise StorageError("INVALID_ENTITY", "entityName: none of app.storage.entities of the manifest")
    return storage_query.entities(caller.storage, body, indexes, state.clock.now())


@router.post("/transaction")
async def transaction(caller: CallerDep, state: StateDep, body: ObjectDep) -> Response:
    """Do several things or none."""
    storage_query.transact(caller.storage, body, state.clock.now())
    return Response(status_code=204)


def _known(kind: str) -> Space:
    if kind not in _KINDS:
        raise StorageError("NOT_FOUND", "There is no such address", 404)
    return _KINDS[kind]


def _each(body: Any, act: Any) -> Response:
    """Do one thing for each key of a batch, and tell of each what became of it."""
    done: dict[str, list[dict[str, Any]]] = {"successfulKeys": [], "failedKeys": []}
    for one in check_list(body):
        entity = {"entityName": one["entityName"]} if one.get("entityName") else {}
        place = ("entity" if entity else "plain", entity.get("entityName", ""), one.get("key"))
        try:
            answer = act(one, place)
        except StorageError as error:
            done["failedKeys"].append({"key": one.get("key"), **entity, "error": error.public()})
        else:
            done["successfulKeys"].append({**(answer or {}), "key": one["key"], **entity})
    return JSONResponse(done)
