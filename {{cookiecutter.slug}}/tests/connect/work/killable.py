"""An add-on for `uvicorn tests.connect.work.killable:app` or `:worker`: its one handler can be held up and counted."""

import asyncio
import os
import uuid
from pathlib import Path

from app.connect.api_tokens.table import ApiToken
from app.connect.application import Application
from app.connect.hosts.hipchat import HipChatCtx, HipChatRouter, RoomMessage
from app.connect.logging import configure_logging
from app.connect.settings import load_settings
from tests.connect.probe import DOCUMENT

HOLD = Path(os.environ["HOLD_FILE"])
"""While this file is there, handlers wait."""

router = HipChatRouter()


@router.on_message("killable", pattern=r"^/killable\b")
async def leave_a_row(ctx: HipChatCtx, message: RoomMessage) -> None:
    """Leave one row for each time that this ran to its end."""
    while await asyncio.to_thread(HOLD.exists):  # noqa: ASYNC110 - another process holds it up
        await asyncio.sleep(0.05)
    tenant = ctx.tenant
    row = ApiToken(
        installation_id=tenant.installation_id,
        generation=tenant.generation,
        digest=uuid.uuid4().hex,
        created_by=message.text,
        created_at=0.0,
    )
    ctx.db.add(row)


configure_logging("INFO", as_json=False)
application = Application(load_settings(), (router,), document=DOCUMENT)
app = application.app
worker = application.worker_app()
