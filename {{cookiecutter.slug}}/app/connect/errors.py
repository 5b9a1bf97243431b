"""Every error the plumbing raises on purpose, and the one JSON shape they are answered with.

ConnectError                      a fact with an HTTP status
├── BadRequest            400     the request cannot be read
├── InstallRefused        400     an installation did not prove itself
│   └── TenantTaken       409     it would take over a known tenant
├── NotAuthenticated      401     no proof of identity; the reason goes to the log only
│   └── NoApiToken        401     the same for programs
├── NotAllowed            403     proven, but not for this
├── NotFound              404
├── BodyTooLarge          413
├── Unstorable            422     a value the database cannot hold
├── UnknownJob, UnknownSettings, CommitFirst, NoPage
│                         500     a handler asked its context for what there is not
├── Busy                  503     so many ask that this one is put off; says for how long
└── HostError             502     a call to the host failed (trees in network/ and each host's client/)
FormRefused                       a submitted form does not validate: answered with 422 and its fields
ConfigurationError                a mistake in settings, addon.toml or a handler: stops the start
"""

from typing import Any, ClassVar

from pydantic import BaseModel, ValidationError


class ConfigurationError(Exception):
    """A mistake that must be mended before the add-on can start; the message says how."""


class ConnectError(Exception):
    """A failure with an HTTP status, a stable code and a sentence that says what to do next."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"
    sentence: ClassVar[str] = "Something went wrong here. Try again; the request id names it in the log."
    is_permanent: ClassVar[bool] = False
    """Whether trying again without a change of code or input is pointless."""

    def __init__(self, sentence: str | None = None) -> None:
        super().__init__(sentence or type(self).sentence)


class BadRequest(ConnectError):
    """The request cannot be read."""

    status = 400
    code = "bad_request"
    sentence = "The request cannot be read. Check its encoding, headers and body."


class InstallRefused(ConnectError):
    """An installation did not prove itself."""

    status = 400
    code = "install_refused"
    sentence = "The installation was refused. Nothing was changed."


class TenantTaken(InstallRefused):
    """An installation would take over a known tenant."""

    status = 409
    code = "tenant_taken"
    sentence = "This tenant is installed from another host. Uninstall it there first. Nothing was changed."


class NotAuthenticated(ConnectError):
    """Every failed proof looks the same from outside; `reason` is for the log."""

    status = 401
    code = "not_authenticated"
    sentence = "The request is not signed by an installed tenant. Reload the page or sign the request again."
    scheme: ClassVar[str] = "JWT"

    def __init__(self, reason: str) -> None:
        super().__init__()
        self.reason = reason


class NoApiToken(NotAuthenticated):
    """A program's call without one of the tenant's API tokens."""

    sentence = (
        "Send one of the tenant's API tokens as `Authorization: Bearer <token>`. The add-on's settings page makes them."
    )
    scheme = "Bearer"


class NotAllowed(ConnectError):
    """Proven, but not for this."""

    status = 403
    code = "not_allowed"
    sentence = "This is not allowed for the caller."


class NotFound(ConnectError):
    """There is nothing at this address for this caller."""

    status = 404
    code = "not_found"
    sentence = "There is nothing here. Check the address."


class BodyTooLarge(ConnectError):
    """The body is over the limit."""

    status = 413
    code = "body_too_large"
    sentence = "The body is too large. Send less at once."


class Unstorable(ConnectError):
    """A value that no column can hold."""

    status = 422
    code = "unstorable"
    sentence = "A value holds characters that cannot be stored. Remove control characters and try again."


class Busy(ConnectError):
    """So many ask for the same that this one is put off."""

    status = 503
    code = "busy"
    sentence = "Too much is asked for at once. Try again after the seconds that Retry-After says."
    retry_after: ClassVar[int] = 2
    """Seconds."""


class UnknownJob(ConnectError):
    """`ctx.enqueue` named a job that no router declares, or gave it a payload it does not take."""

    code = "unknown_job"
    is_permanent = True


class UnknownSettings(ConnectError):
    """`ctx.settings` was asked for a model that no listed router declares."""

    code = "unknown_settings"
    is_permanent = True


class CommitFirst(ConnectError):
    """On SQLite the store and the memo cannot be written while `ctx.db` holds changes: it would wait for itself."""

    code = "commit_first"
    sentence = "ctx.db holds changes that are not committed. Call `await ctx.commit()` before this write."
    is_permanent = True


class NoPage(ConnectError):
    """A page was rendered where nobody opened one: in a job, an event or an API call."""

    code = "no_page"
    sentence = "There is no page here. Render pages in handlers of panels, pages, dialogs and forms."
    is_permanent = True


class HostError(ConnectError):
    """A call to the host failed."""

    status = 502
    code = "host_error"
    sentence = "The host did not answer as expected. Try again in a moment."
    reset: float | None = None
    """When the host takes calls again that takes none now (Unix seconds); None for any other failure."""


class FieldError(BaseModel):
    """One field that did not pass: where it is and what it must be. Never the value itself."""

    path: str
    message: str


class FormRefused(Exception):
    """A submitted form does not validate; `fields` says what to change, one sentence a field."""

    def __init__(self, fields: list[FieldError]) -> None:
        super().__init__("The form does not validate. Mend the named fields: " + ", ".join(one.path for one in fields))
        self.fields = fields


class ErrorDetail(BaseModel):
    """What went wrong: a stable code, a sentence that says what to do, and where to look it up."""

    code: str
    message: str
    request_id: str | None = None
    fields: list[FieldError] | None = None


class ErrorBody(BaseModel):
    """The body of every answer with a status of 400 or more."""

    error: ErrorDetail


def say_problems(error: ValidationError) -> list[str]:
    """Turn a validation error of something a developer wrote into one line a mistake: where, and the fix."""
    return [f"  {_where(problem['loc'])}: {_fix(problem)}" for problem in error.errors(include_url=False)]


def name_fields(error: ValidationError) -> str:
    """Name the members that do not fit, never their values: somebody else sent them, and they may be secrets."""
    return ", ".join(sorted({_where(problem["loc"]) for problem in error.errors(include_url=False)}))


def _where(loc: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in loc if part != "[key]") or "it"


def _fix(problem: Any) -> str:  # noqa: PLR0911 - one sentence a kind of mistake
    limits = problem.get("ctx", {})
    match problem["type"]:
        case "missing":
            return "is missing; add it"
        case "extra_forbidden":
            return "is not known here; check its spelling or remove it"
        case "string_too_long":
            return f"is too long; the host allows {limits['max_length']} characters"
        case "string_too_short":
            return "is empty; write at least one character"
        case "string_pattern_mismatch" if str(limits["pattern"]).startswith("^[a-zA-Z0-9_"):
            return "is not a key; use letters, digits, '_', '-' and '.' only"
        case "string_pattern_mismatch":
            return f"does not have the form {limits['pattern']}"
        case "literal_error":
            return f"must be one of {limits['expected']}"
    return str(problem["msg"]).removeprefix("Value error, ")
