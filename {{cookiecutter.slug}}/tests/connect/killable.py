"""An add-on for `uvicorn tests.connect.killable:app`, whose one handler can be held up and counted."""

import asyncio
import os
import uuid
from pathlib import Path

from app.connect import AddonRouter, Ctx, RoomMessage
from app.connect.access.api_tokens import ApiToken
from app.connect.application import Connect
from app.connect.logging import configure_logging
from app.connect.serving.web import build_app
from app.connect.settings import load_settings
from tests.connect.probe import MANIFEST

HOLD = Path(os.environ["HOLD_FILE"])
"""While this file is there, handlers wait."""

router = AddonRouter()


@router.on_message("killable", pattern=r"^/killable\b")
async def leave_a_row(ctx: Ctx, message: RoomMessage) -> None:
    """Leave one row for each time that this ran to its end."""
    while await asyncio.to_thread(HOLD.exists):  # noqa: ASYNC110 - another process holds it up
        await asyncio.sleep(0.05)
    ctx.db.add(ApiToken(digest=uuid.uuid4().hex, created_by=message.text, created_at=0.0))


configure_logging("INFO", as_json=False)
app = build_app(Connect(load_settings(), (router,), manifest=MANIFEST), (router,))
