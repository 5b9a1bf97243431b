"""Models of the modules that Jira alone has: issues, projects, dashboards, reports and workflows (reference 3.5)."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import field_validator

from app.connect.hosts.atlassian.fields import Conditions, FurtherPage, Part, Text, from_string
from app.connect.hosts.atlassian.modules import Module, Properties, WebItem


class ProjectAdminTab(Module):
    """A tab of a project's settings."""

    location: Literal["projectgroup1", "projectgroup2", "projectgroup3", "projectgroup4"] | None = None


class WebPanelTarget(Part):
    """What opens from an issue: a panel, the one kind there is."""

    type: Literal["web_panel"] = "web_panel"


class Label(Part):
    """The text beside the icon of an issue context."""

    type: Literal["label"] = "label"
    label: Text | None = None


class IssueContext(Module):
    """A collapsed panel of an issue; `content.label` is its name unless said."""

    target: WebPanelTarget = WebPanelTarget()
    content: Label = Label()
    jira_native_apps_enabled: bool | None = None

    def written(self) -> dict[str, Any]:
        """Return the module with the label that the host requires."""
        written = super().written()
        return written | {"content": {"label": written.get("name")} | written["content"]}


class IssueContent(Module):
    """A button of an issue that shows a panel."""

    target: WebPanelTarget = WebPanelTarget()
    content_present_conditions: Conditions | None = None
    jira_native_apps_enabled: bool | None = None


class DashboardItem(Module):
    """A gadget of a dashboard."""

    thumbnail_url: str | None = None
    configurable: bool | None = None
    refreshable: bool | None = None


class Report(Module):
    """A report of a project."""

    thumbnail_url: str | None = None
    report_category: Literal["agile", "issue_analysis", "forecast_management", "other"] | None = None


class BackgroundScript(Module):
    """A frame that nobody sees."""

    location: Mapping[str, Any] | None = None  # type: ignore[assignment]

    @field_validator("location")
    @classmethod
    def check_location(cls, given: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
        """Refuse a place that does not exist."""
        if given is not None and given.get("type") not in {"issue_view", "dashboard"}:
            raise ValueError('has the type "issue_view" or "dashboard"; write { type = "issue_view" }')
        return given


class MessagePart(Part):
    """What a validator says when it refuses: a text, or an expression that gives one."""

    value: str | None = None
    expression: str | None = None


ErrorMessage = Annotated[MessagePart, from_string("value")]


class Workflow(Module):
    """A condition, validator or post function of a workflow; `create = true` gives it a page of that kind."""

    expression: str | None = None
    evaluation_context: Literal["user", "app"] | None = None
    error_message: ErrorMessage | None = None
    view: FurtherPage | None = None
    create: FurtherPage | None = None
    edit: FurtherPage | None = None


class JqlFunction(Module):
    """A function that searches may call; its name is no text but what people type."""

    name: str | None = None  # type: ignore[assignment]


JIRA_MODELS: Mapping[str, type[Module]] = {
    "jiraProjectAdminTabPanels": ProjectAdminTab,
    "jiraIssueContexts": IssueContext,
    "jiraIssueGlances": IssueContext,
    "jiraIssueContents": IssueContent,
    "jiraDashboardItems": DashboardItem,
    "jiraReports": Report,
    "jiraBackgroundScripts": BackgroundScript,
    "jiraEntityProperties": Properties,
    "jiraWorkflowConditions": Workflow,
    "jiraWorkflowValidators": Workflow,
    "jiraWorkflowPostFunctions": Workflow,
    "jiraJqlFunctions": JqlFunction,
    "serviceDeskPortalUserMenuActions": WebItem,
    "serviceDeskPortalProfileActions": WebItem,
    "serviceDeskPortalRequestViewActions": WebItem,
    "serviceDeskOrganizationActions": WebItem,
}
