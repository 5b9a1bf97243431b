"""JiraRouter and ConfluenceRouter: what only these hosts have, declared by handlers that take the host's context."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

from app.connect.declare.calls import check_key, second_parameter
from app.connect.declare.declarations import EventHandler, Page
from app.connect.declare.router import Decorator, Router
from app.connect.errors import ConfigurationError
from app.connect.hosts.atlassian.context import ConfluenceContext, JiraContext, SiteContext
from app.connect.hosts.atlassian.dialect import Storage
from app.connect.hosts.atlassian.dynamic import DYNAMIC, KEEPING, DynamicEvent
from app.connect.hosts.atlassian.events import event_of, meant
from app.connect.hosts.atlassian.module_types import CALL
from app.connect.hosts.atlassian.personal_data import PersonalData, weekly_report
from app.connect.hosts.atlassian.webhooks import WebhookOptions
from app.connect.hosts.atlassian.wire import SiteEvent

S = TypeVar("S", bound=SiteContext[Any])
E = TypeVar("E", bound=SiteEvent)

Body = dict[str, Any]
JiraReceiver = Callable[[JiraContext, E], Awaitable[None]]
ConfluenceReceiver = Callable[[ConfluenceContext, E], Awaitable[None]]
Caller = Callable[[S, Body], Awaitable[Mapping[str, Any] | None]]


class _SiteRouter(Router[S]):
    """What both products have."""

    def dialog(self, key: str, *, require_admin: bool = False) -> Decorator[S, Page | None]:
        """Answer a dialog of addon.toml with a `Page`; None is a 404."""
        return self._module("dialog", key, require_admin=require_admin)

    def on_raw(
        self, event: str, *, key: str | None = None, query: Mapping[str, str] | None = None
    ) -> Callable[[Callable[[S, Body], Awaitable[None]]], Callable[[S, Body], Awaitable[None]]]:
        """Run for an event by the host's name, with its body as the host sent it.

        With a `query`, such as `{"issue": "{issue.key}"}`, the host sends no body, and the handler gets what it filled
        in there: for events whose bodies may be over 1 MiB, which is refused.
        """
        near = meant(str(self.host), event)
        if near is not None:
            raise ConfigurationError(f"on_raw({event!r}): there is no such event. Did you mean {near!r}?")
        options = None if query is None else WebhookOptions(query=dict(query))
        return self._event(key or event.replace(":", "-"), event, None, options=options, has_body=query is None)

    def on_call(self, key: str, *, inline: bool = False) -> Callable[[Caller[S]], Caller[S]]:
        """Run when the host posts to a module of addon.toml, such as a post function of a workflow.

        It is committed and answered 204, then the handler runs from the inbox; with `inline` it runs at once, and a
        dict that it returns is the answer.
        """
        return self._event(key, CALL, None, inline=inline)

    def report_accounts(self, kept: PersonalData[S]) -> None:
        """Report once a week the accounts of which personal data is kept, and erase and refresh what the host says."""
        self.schedules.append(weekly_report(str(self.host), kept))

    def _typed(self, event: type[SiteEvent], key: str | None, options: WebhookOptions | None) -> Callable[[Any], Any]:
        try:
            name = event_of(str(self.host), event)
        except LookupError:
            raise ConfigurationError(
                f"on({event.__name__}): that is no event of {self.host}. Use one of its models, or on_raw with a name."
            ) from None
        return self._event(key or name.replace(":", "-"), name, event, options=options)

    def _event(
        self,
        key: str,
        event: str,
        model: type[SiteEvent] | None,
        *,
        inline: bool = False,
        options: WebhookOptions | None = None,
        has_body: bool = True,
    ) -> Callable[[Any], Any]:
        def declare(call: Any) -> Any:
            takes = second_parameter(call, f"the handler of {event}")
            if takes is None:
                raise ConfigurationError(f"the handler of {event}: {call.__name__} takes (ctx, event). Add the event.")
            if model is not None and not (isinstance(takes, type) and issubclass(model, takes)):
                raise ConfigurationError(
                    f"the handler of {event}: annotate {call.__name__}'s second parameter with {model.__name__}."
                )
            made = EventHandler(
                host=str(self.host),
                key=check_key(key, event),
                event=event,
                call=call,
                takes=model,
                inline=inline,
                options=options,
                has_body=has_body,
            )
            self.events.append(made)
            return call

        return declare


class JiraRouter(_SiteRouter[JiraContext]):
    """Declare events, dialogs, workflow pages and whatever every host has, for Jira alone."""

    host = "jira"

    def on(
        self,
        event: type[E],
        *,
        key: str | None = None,
        filter: str | None = None,  # noqa: A002 - the host's word
        property_keys: Sequence[str] = (),
    ) -> Callable[[JiraReceiver[E]], JiraReceiver[E]]:
        """Run for an event, named by its model, such as `IssueUpdated`; `key` tells two handlers of one event apart.

        The host sends only what `filter`, in JQL, finds, and the issue properties of `property_keys` along.
        """
        options = WebhookOptions(filter, tuple(property_keys)) if filter or property_keys else None
        return self._typed(event, key, options)

    def on_dynamic(self, call: JiraReceiver[DynamicEvent]) -> JiraReceiver[DynamicEvent]:
        """Run for what webhooks find that `ctx.jira.webhooks.create(...)` registered; one handler for all of them.

        They last 30 days, and are kept by a weekly schedule that comes with the handler.
        """
        self.schedules.append(KEEPING)
        declared: JiraReceiver[DynamicEvent] = self._event(DYNAMIC, DYNAMIC, DynamicEvent)(call)
        return declared

    def view(self, key: str, *, require_admin: bool = False) -> Decorator[JiraContext, Page | None]:
        """Show how a workflow module of addon.toml is set up; None is a 404, as in the next two."""
        return self._module("view", key, require_admin=require_admin)

    def create(self, key: str, *, require_admin: bool = False) -> Decorator[JiraContext, Page | None]:
        """Show the page on which a workflow module of addon.toml is set up."""
        return self._module("create", key, require_admin=require_admin)

    def edit(self, key: str, *, require_admin: bool = False) -> Decorator[JiraContext, Page | None]:
        """Show the page on which the set-up of a workflow module of addon.toml is changed."""
        return self._module("edit", key, require_admin=require_admin)


class ConfluenceRouter(_SiteRouter[ConfluenceContext]):
    """Declare events, dialogs, macros and whatever every host has, for Confluence alone."""

    host = "confluence"

    def on(self, event: type[E], *, key: str | None = None) -> Callable[[ConfluenceReceiver[E]], ConfluenceReceiver[E]]:
        """Run for an event, named by its model, such as `PageUpdated`; `key` tells two handlers of one event apart."""
        return self._typed(event, key, None)

    def macro(self, key: str, *, require_admin: bool = False) -> Decorator[ConfluenceContext, Page | None]:
        """Answer a dynamic macro of addon.toml with a `Page`; None is a 404."""
        return self._module("macro", key, require_admin=require_admin)

    def storage(self, key: str) -> Decorator[ConfluenceContext, Storage]:
        """Answer a static macro of addon.toml, or a macro's rendering, with text in the storage format."""
        return self._module("storage", key, is_page=False)

    def editor(self, key: str, *, require_admin: bool = False) -> Decorator[ConfluenceContext, Page | None]:
        """Show the page on which a macro is edited."""
        return self._module("editor", key, require_admin=require_admin)

    def property_panel(self, key: str, *, require_admin: bool = False) -> Decorator[ConfluenceContext, Page | None]:
        """Show the panel of a macro's properties."""
        return self._module("property_panel", key, require_admin=require_admin)
