"""What each command of `addon` does, by its name."""

import argparse
import json
import sys
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from app.connect.access.asked import unguarded_routes
from app.connect.api_tokens.older_keys import tokens_under_older_keys
from app.connect.application import ROOT, Application
from app.connect.database.engine import Database
from app.connect.database.pending import unwritten_models
from app.connect.database.schema import migrate as apply_migrations
from app.connect.declare.author import PACKAGE
from app.connect.errors import ConfigurationError
from app.connect.hosts.kept import Differences, KeptDocument
from app.connect.logging import configure_logging
from app.connect.operating.roster import list_installations, require_tenant
from app.connect.operating.rotation import Rotation
from app.connect.serving.checks import unlisted_routers, unproven_routes, unreachable_routes
from app.connect.serving.openapi import asked_by_routes
from app.connect.settings import WORKERS_NEED, unknown_names
from app.connect.work.dead import DeadEntries
from app.connect.work.rows import InboxRow


async def descriptor(application: Application, given: argparse.Namespace) -> int:
    """Print what a host reads at installation."""
    name = given.host or next(iter(application.documents))
    if name not in application.documents:
        raise ConfigurationError(f"There is no host {name!r}. Enabled: {', '.join(application.documents)}.")
    document = application.documents[name]
    if document.media_type == "application/json":
        print(json.dumps(json.loads(document.body), indent=2, ensure_ascii=False))
    else:
        print(document.body.decode())
    return 0


async def manifest(application: Application, given: argparse.Namespace) -> int:
    """Print what a host's own tool reads from a file, or compare it with the file that is committed."""
    kept = next((one for one in application.documents.values() if isinstance(one, KeptDocument)), None)
    if kept is None:
        raise ConfigurationError(
            f"None of the hosts reads a manifest: {', '.join(application.documents)}. See `addon descriptor`."
        )
    for note in kept.notes:
        print(f"Note: {note}", file=sys.stderr)
    if given.check is None:
        print(kept.body.decode(), end="")
        return 0
    path = Path(given.check) if given.check else ROOT / kept.file
    try:
        differences = kept.compare(path.read_bytes())
    except OSError as error:
        raise ConfigurationError(
            f"{path} cannot be read: {error.strerror}. Write it: addon manifest > {kept.file}"
        ) from None
    except ConfigurationError as error:
        raise ConfigurationError(f"{path}: {error}") from None
    return _say_differences(differences, path.name)


def _say_differences(found: Differences, name: str) -> int:
    if not found.lines:
        print(f"{name} says what addon.toml and the handlers say.")
        return 0
    print(f"{name} is behind addon.toml and the handlers:")
    print("\n".join(f"  {line}" for line in found.lines))
    if found.approvals:
        print("Deployed, this is a new major version. Every tenant keeps the old one until it approves:")
        print("\n".join(f"  {line}" for line in found.approvals))
    else:
        print("Deployed, this reaches every tenant by itself: nobody has to approve anything.")
    print(f"Write it anew: addon manifest > {name}")
    return 1


async def check(application: Application, _: argparse.Namespace) -> int:
    """Find mistakes; whatever stops a start was found before this is called."""
    unknown = unknown_names(application.settings_models)
    problems = [
        *unlisted_routers(PACKAGE, application.routers),
        *unproven_routes(application.routers),
        *(f".env: {name} is no setting. Did you mean {near}?" for name, near in unknown.items() if near),
        *await unwritten_models(ROOT),
    ]
    for problem in problems:
        print(problem, file=sys.stderr)
    for note in unguarded_routes(application.routers):
        print(note)
    for unreachable in unreachable_routes(application.routers):
        print(unreachable)
    for name in (name for name, near in unknown.items() if near is None):
        print(f".env: the add-on reads no {name}. Remove it, unless another program needs it.")
    if not problems:
        print("Settings, addon.toml, handlers, routes and migrations fit together; the database was not asked.")
        print("After a change of addon.toml or of events each host must read the descriptor again: update it there.")
    return 1 if problems else 0


async def access(application: Application, _: argparse.Namespace) -> int:
    """List every route with what it asks for."""
    for asked in asked_by_routes(application.app.openapi()):
        print("\t".join(asked))
    return 0


async def migrate(application: Application, _: argparse.Namespace) -> int:
    """Bring the database schema to head."""
    settings = application.settings
    if settings.migration_database_url is None:
        warnings = await apply_migrations(application.database, ROOT)
    else:
        database = Database(settings.migration_database_url.get_secret_value())
        try:
            warnings = await apply_migrations(database, ROOT, serving_role=application.database.engine.url.username)
        finally:
            await database.dispose()
    print("\n".join(warnings) or "The database schema is at head.")
    return 0


async def worker(application: Application, given: argparse.Namespace) -> int:
    """Run handlers and answer nothing but the state of this process, until it is told to end."""
    # The other commands do without a server.
    import uvicorn  # noqa: PLC0415

    settings = application.settings
    if application.database.is_sqlite:
        raise ConfigurationError(f"`addon worker` needs {WORKERS_NEED}. On SQLite what serves runs the handlers.")
    served = uvicorn.Config(
        application.worker_app(), host=given.host, port=given.port, access_log=False, timeout_graceful_shutdown=5
    )
    configure_logging(settings.log_level, as_json=settings.is_production)
    server = uvicorn.Server(served)
    await server.serve()
    return 0 if server.started else 1


async def inbox_list(application: Application, given: argparse.Namespace) -> int:
    """List what failed for good."""
    count = 0
    async for row in DeadEntries(application.database).find(*_only(given)):
        print(f"{row.id}\t{row.kind}\t{row.name}\ttenant {row.tenant_id}\t{row.last_error}")
        count += 1
    if not count:
        print("Nothing is dead.")
    return 0


async def inbox_replay(application: Application, given: argparse.Namespace) -> int:
    """Run dead entries again: those that are named, or all."""
    changed = await DeadEntries(application.database).replay(*_only(given), now=application.inbox.now())
    _require_dead(given, changed)
    print(f"{_entries(changed)} due now; the running add-on takes up what is due within a second.")
    return 0


async def inbox_discard(application: Application, given: argparse.Namespace) -> int:
    """Give dead entries up: those that are named, or all."""
    changed = await DeadEntries(application.database).discard(*_only(given), now=application.inbox.now())
    _require_dead(given, changed)
    print(f"{_entries(changed)} given up.")
    return 0


def _only(given: argparse.Namespace) -> Iterator[Any]:
    """Say which entries are meant."""
    ids, everything = getattr(given, "ids", []), getattr(given, "all", True)
    if bool(ids) == everything and given.tenant is None and given.handler is None:
        raise ConfigurationError("Name the entries that `addon inbox list` shows, or say --all.")
    if ids:
        yield InboxRow.id.in_(ids)
    if given.tenant is not None:
        yield InboxRow.tenant_id == given.tenant
    if given.handler is not None:
        yield InboxRow.name == given.handler


def _require_dead(given: argparse.Namespace, changed: Collection[int]) -> None:
    missing = sorted({*given.ids} - {*changed})
    if missing or not changed:
        which = f" {', '.join(map(str, missing))}" if missing else ""
        done = f" {_entries(changed)} done." if changed else ""
        raise ConfigurationError(f"There is no dead entry{which}.{done} Run `addon inbox list` for the list.")


def _entries(changed: Collection[int]) -> str:
    return f"Entry {min(changed)} is" if len(changed) == 1 else f"{len(changed)} entries are"


async def tenant_list(application: Application, _: argparse.Namespace) -> int:
    """List every installation with its tenant's id, its host and its state."""
    count = 0
    async for listed in list_installations(application.database):
        tenant = listed.tenant
        if not count:
            print("tenant\thost\tclient key\torigin\tstate")
        print(f"{tenant.id}\t{tenant.host}\t{tenant.client_key}\t{tenant.origin}\t{listed.said}")
        count += 1
    if not count:
        print("Nobody has installed the add-on.")
    return 0


async def tenant_restore(application: Application, given: argparse.Namespace) -> int:
    """Install again what ended, or is suspended, because its host refused it."""
    await require_tenant(application.endings, given.id)
    if not await application.endings.restore(given.id):
        raise ConfigurationError(
            f"The tenant {given.id} was not ended by its host's refusals: there is nothing to restore. "
            "Run `addon tenant list` for its state."
        )
    print(f"The tenant {given.id} is installed again; the running add-on serves it within seconds.")
    return 0


async def tenant_purge(application: Application, given: argparse.Namespace) -> int:
    """End a tenant now, and have its data deleted."""
    tenants = await require_tenant(application.endings, given.id)
    if any(tenant.is_installed for tenant in tenants) and not given.installed:
        raise ConfigurationError(
            f"The tenant {given.id} is installed. Uninstall it at its host, or say --installed to delete it anyway."
        )
    for tenant in tenants:
        await application.endings.uninstall(tenant)
    print(f"The tenant {given.id} is uninstalled; the running add-on deletes its data within seconds.")
    return 0


async def keys_rotate(application: Application, _: argparse.Namespace) -> int:
    """Seal everything anew with the newest key."""
    rotation = Rotation(application.database, application.vault)
    lost: dict[str, int] = {}
    async for counts in rotation.run():
        print(counts.said)
        lost[counts.name] = counts.lost
    left = await rotation.left()
    older = await tokens_under_older_keys(application.database, application.vault)
    if older.lost:
        print(f"API tokens known by a key that is not in SECRET_KEYS, which nobody can use: {older.lost}.")
    if not left and older.waiting:
        raise ConfigurationError(
            f"Left: {older.waiting} API tokens, known by an older key alone. Each moves to the newest when it is next "
            "used. Wait, or revoke on the settings pages what is not in use, then run `addon keys rotate` again."
        )
    if not left and len(application.settings.secret_keys) == 1:
        print("Everything is sealed with the one key in SECRET_KEYS. To change it, put a new key in front of it.")
        return 0
    if not left:
        print("Nothing is sealed with an older key. Take the older keys out of SECRET_KEYS and restart the add-on.")
        return 0
    what = ", ".join(f"{count} {name}" for name, count in left.items())
    if any(lost.values()):
        raise ConfigurationError(
            f"Left: {what}. SECRET_KEYS opens all but {sum(lost.values())} of them. "
            "Put the key that was in use back, behind the new one, then run `addon keys rotate` again."
        )
    raise ConfigurationError(
        f"Left: {what}, written with an older key meanwhile. Restart every process that has the older key in front, "
        "then run `addon keys rotate` again."
    )
