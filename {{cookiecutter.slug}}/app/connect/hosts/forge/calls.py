"""Calls of frontends: their route answers pages of configured origins (CORS), and reads files that forms bring.

`invokeRemote` comes through Forge's proxy and has no origin; `requestRemote` comes from the browser (reference 4).
"""

import asyncio
import email.policy
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.parser import BytesParser
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from starlette.types import Message, Receive, Scope, Send

from app.connect.errors import BadRequest, ConnectError, HostError
from app.connect.hosts.forge.context import ForgeContext
from app.connect.hosts.forge.frames import ForgeFrames
from app.connect.hosts.forge.inbound import USER, access_token
from app.connect.hosts.protocol import ProofKind
from app.connect.http.body import StrictRoute
from app.connect.logging import follow
from app.connect.serving.dependencies import PROVIDERS, context_of, get_serving

TRACE = b"x-b3-traceid"
ALLOWED = (
    (b"access-control-allow-methods", b"GET, POST, PUT, PATCH, DELETE"),
    (b"access-control-allow-headers", b"authorization, content-type"),
    (b"access-control-max-age", b"600"),
)
MULTIPART = "multipart/form-data"
MOST_PARTS = 50
LONGEST_ASKED = 10.0
"""Seconds for which a call waits for what its site says of Connect; Forge waits 25 for the answer."""


class NotMultipart(ConnectError):
    """A body that is no form with files."""

    status = 415
    code = "not_multipart"
    sentence = "Send a FormData; its files in fields whose names begin with `file`."


class SiteUnsettled(ConnectError):
    """The installation is new, and it is not known yet whether its site has a tenant by Connect."""

    status = 503
    code = "site_unsettled"
    sentence = "The app was installed a moment ago, and its data is being looked for. Call again in a minute."


class CallRoute(StrictRoute):
    """A route that pages of configured origins may call; others see no answer."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, and say whose page may read it."""
        frames = scope["app"].state.serving.hosts["forge"].frames
        assert isinstance(frames, ForgeFrames)  # noqa: S101 - the host's own
        origin = next((value for name, value in scope["headers"] if name == b"origin"), None)
        allowed = origin is not None and frames.callers.allows(origin.decode("latin-1"))

        async def send_with_origin(message: Message) -> None:
            if message["type"] == "http.response.start":
                extra = [(b"vary", b"origin")]
                if allowed and origin is not None:
                    extra.append((b"access-control-allow-origin", origin))
                message["headers"] = [*message["headers"], *extra]
            await send(message)

        await super().handle(scope, receive, send_with_origin)


async def preflight(request: Request) -> Response:
    """Answer what a browser asks before it calls; a page of another origin is told nothing."""
    frames = get_serving(request).hosts["forge"].frames
    answer = Response(status_code=204)
    if isinstance(frames, ForgeFrames) and frames.callers.allows(request.headers.get("origin", "")):
        answer.raw_headers.extend(ALLOWED)
    return answer


_opened = asynccontextmanager(context_of("forge", ProofKind.CONTEXT))


async def get_forge_context(request: Request) -> AsyncIterator[ForgeContext]:
    """Hand over the context of a call; the person's access token is in it for this request alone."""
    headers = request.scope["headers"]
    follow(next((value for name, value in headers if name == TRACE), b""))
    patience = getattr(get_serving(request).hosts["forge"].gates, "patience", 0.0)
    async with _opened(request) as context:
        assert isinstance(context, ForgeContext)  # noqa: S101 - the host makes no other
        if not context.awaits_join(patience):
            context.use_user_token(access_token(headers, USER))
            yield context
            return
        await _settle(context)
    # The call is proven again: its installation may be of another tenant now.
    async with _opened(request) as context:
        assert isinstance(context, ForgeContext)  # noqa: S101 - the host makes no other
        context.use_user_token(access_token(headers, USER))
        yield context


async def _settle(context: ForgeContext) -> None:
    """Find the tenant that the site has by Connect before anything is written to one of the call's own."""
    try:
        async with asyncio.timeout(LONGEST_ASKED):
            await context.join_site()
    except (HostError, TimeoutError):
        raise SiteUnsettled from None


PROVIDERS[get_forge_context] = "signed"
ForgeCtx = Annotated[ForgeContext, Depends(get_forge_context, scope="function")]
"""The context of a Forge installation, in resolvers, handlers of events, and FastAPI routes that frontends call."""


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """A file that a form brought; `name` is the field's."""

    name: str
    filename: str
    content_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Uploaded:
    """What a form brought."""

    fields: Mapping[str, str]
    files: tuple[UploadedFile, ...]


async def read_uploads(request: Request) -> Uploaded:
    """Read a `FormData`; `NotMultipart` or `BadRequest` when it is none. The body is within the limit of all bodies."""
    content_type = request.headers.get("content-type", "")
    if content_type.partition(";")[0].strip().lower() != MULTIPART or "\r" in content_type or "\n" in content_type:
        raise NotMultipart
    head = b"Content-Type: " + content_type.encode("latin-1") + b"\r\n\r\n"
    message = BytesParser(policy=email.policy.HTTP).parsebytes(head + await request.body())
    parts: list[Any] = list(message.iter_parts()) if message.is_multipart() else []
    if message.defects or not 0 < len(parts) <= MOST_PARTS:
        raise BadRequest(f"The form cannot be read. Send 1 to {MOST_PARTS} fields as FormData does.")
    fields: dict[str, str] = {}
    files: list[UploadedFile] = []
    for part in parts:
        name = part.get_param("name", header="content-disposition")
        if not isinstance(name, str) or part.defects:
            raise BadRequest("A field of the form has no name.")
        content = part.get_payload(decode=True) or b""
        if part.get_filename() is None:
            fields[name] = content.decode("utf-8", "replace")
        elif not name.startswith("file"):
            raise BadRequest("Give fields with files names that begin with `file`: the host takes no others.")
        else:
            files.append(UploadedFile(name, part.get_filename(), part.get_content_type(), content))
    return Uploaded(fields, tuple(files))


Uploads = Annotated[Uploaded, Depends(read_uploads)]
"""Asks for a form with files, as a `FormData` sends it."""
