"""Everything an add-on may import that is no host's. What is not named here belongs to the plumbing and may change.

Each host has a face of its own: `from app.connect.hosts.<name> import ...`.
"""

import app.connect.access  # noqa: F401 - first, so that the function of this name takes its place here
from app.connect.context import Context
from app.connect.database.engine import Base, UtcDateTime
from app.connect.database.guard import TenantOwned
from app.connect.database.store import TenantStore
from app.connect.declare.declarations import Page
from app.connect.declare.forms import BoundForm, ConfigForm, Done, Form, Input
from app.connect.declare.router import Router
from app.connect.declare.times import next_time
from app.connect.declare.token_events import TokenFacts
from app.connect.errors import (
    BadRequest,
    ConfigurationError,
    ConnectError,
    FieldError,
    FormRefused,
    HostError,
    NotAllowed,
    NotFound,
)
from app.connect.serving.dependencies import ApiCtx, Ctx, CurrentTenant, access
from app.connect.tenancy.memo import Memo
from app.connect.tenancy.tenant import Caller, Tenant, TenantState

AddonRouter = Router[Context]
"""The router for what every host has: panels, pages, forms, jobs, schedules, settings and plain routes."""

__all__ = [
    "AddonRouter",
    "ApiCtx",
    "BadRequest",
    "Base",
    "BoundForm",
    "Caller",
    "ConfigForm",
    "ConfigurationError",
    "ConnectError",
    "Context",
    "Ctx",
    "CurrentTenant",
    "Done",
    "FieldError",
    "Form",
    "FormRefused",
    "HostError",
    "Input",
    "Memo",
    "NotAllowed",
    "NotFound",
    "Page",
    "Tenant",
    "TenantOwned",
    "TenantState",
    "TenantStore",
    "TokenFacts",
    "UtcDateTime",
    "access",
    "next_time",
]
