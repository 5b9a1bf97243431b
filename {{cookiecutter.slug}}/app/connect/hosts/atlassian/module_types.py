"""Every type of module that a host knows: its products, the fields it requires, and where addresses of ours go.

The names and required fields are those of Atlassian's published definitions; `strangers/` of the template compares.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

CALL = "call"
"""A place that the host posts to: a handler of `on_call`, not a page."""
LINK = "link"
"""A place that is a dialog or a page, as its target says, or leads elsewhere."""
SINGLE = {"configurePage", "postInstallPage"}
"""Types of which an add-on shows one, written as an object."""

# Products (j, c), type, required fields ("-": none), then places: `path=kind`; `?` where addon.toml asks for it.
_TABLE = """
jc generalPages name url=page
jc adminPages name url=page
jc configurePage name url=page
jc postInstallPage name url=page
jc webPanels location,name url=panel
jc webItems location,name url=link
jc webSections location,name
jc dialogs - url=dialog
jc keyboardShortcuts name,shortcut,target
j jiraProjectPages name url=page
j jiraProjectAdminTabPanels name url=page
j jiraProjectTabPanels name url=panel
j jiraIssueTabPanels name url=panel
j jiraIssueContents icon,name,tooltip target.url=panel
j jiraIssueContexts icon,name target.url=panel
j jiraIssueGlances icon,name target.url=panel
j jiraBackgroundScripts location url=panel
j jiraDashboardItems description,name,thumbnailUrl url=panel
j jiraReports description,name url=page
j jiraSearchRequestViews name url=page
j jiraWorkflowConditions expression,name view.url=view? create.url=create? edit.url=edit?
j jiraWorkflowValidators errorMessage,expression,name view.url=view? create.url=create? edit.url=edit?
j jiraWorkflowPostFunctions name triggered.url=call view.url=view? create.url=create? edit.url=edit?
j jiraEntityProperties name
j jiraIssueFields description,name,type
j jiraIssueTypes description,name,type
j jiraGlobalPermissions description,name
j jiraProjectPermissions description,name
j jiraJqlFunctions arguments,name,operators,types url=call
j jiraTimeTrackingProviders name
j jiraDevelopmentTool application,capabilities,logoUrl,name,url
j jiraBuildInfoProvider homeUrl,name
j jiraDeploymentInfoProvider homeUrl,name
j jiraDeploymentGating callback,name callback.url=call
j jiraDevOpsComponentProvider homeUrl,name
j jiraFeatureFlagInfoProvider homeUrl,name
j jiraOperationsInfoProvider homeUrl,name
j jiraRemoteLinkInfoProvider homeUrl,name
j jiraSecurityInfoProvider -
j assetPanels name url=panel
j automationActions name webhook.url=call configForm.url=page?
j serviceDeskOrganizationActions name url=link
j serviceDeskOrganizationPanels - url=panel
j serviceDeskPortalFooters - url=panel
j serviceDeskPortalHeaders - url=panel
j serviceDeskPortalProfileActions name url=link
j serviceDeskPortalProfilePanels - url=panel
j serviceDeskPortalRequestCreatePropertyPanels - url=panel
j serviceDeskPortalRequestViewActions name url=link
j serviceDeskPortalRequestViewDetailsPanels - url=panel
j serviceDeskPortalRequestViewPanels - url=panel
j serviceDeskPortalSubHeaders - url=panel
j serviceDeskPortalUserMenuActions name url=link
j serviceDeskQueueGroups name
j serviceDeskQueues name url=page
j serviceDeskReportGroups name
j serviceDeskReports name url=page
c spaceToolsTabs name url=page
c contentBylineItems name url=panel
c dynamicContentMacros name url=macro editor.url=editor? propertyPanel.url=property_panel?
  renderModes.default.url=storage? renderModes.pdf.url=storage? renderModes.word.url=storage?
  renderModes.email.url=storage?
c staticContentMacros name url=storage editor.url=editor? propertyPanel.url=property_panel?
c blueprints name template.url=storage template.blueprintContext.url=call?
c confluenceContentProperties name
c confluenceThemes name routes.spaceview.url=page?
c customContent apiSupport,name,uiSupport
c publishConditions errorMessage,name dialog.url=dialog?
"""
PRODUCTS = {"j": "jira", "c": "confluence"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where an address goes in a module, and the kind of handler that answers it."""

    path: tuple[str, ...]
    kind: str
    optional: bool

    def node(self, written: Mapping[str, Any]) -> Any:
        """Return the object that holds the address; None where addon.toml does not ask for it."""
        node: Any = written
        for name in self.path[:-1]:
            node = node.get(name) if isinstance(node, Mapping) else None
        return node


@dataclass(frozen=True, slots=True)
class ModuleType:
    """One type of module."""

    name: str
    products: tuple[str, ...]
    required: tuple[str, ...]
    places: tuple[Place, ...]

    def places_in(self, written: Mapping[str, Any]) -> Iterator[Place]:
        """List the places of one module as it is written: those asked for, with links resolved."""
        for place in self.places:
            if place.optional and place.node(written) is None:
                continue
            if place.kind != LINK:
                yield place
            elif "url" not in written and "opens" not in written:
                shape = (written.get("target") or {}).get("type")
                yield Place(place.path, "dialog" if shape in {"dialog", "inlinedialog"} else "page", optional=False)


def _read() -> Iterator[ModuleType]:
    for line in _TABLE.replace("\n  ", " ").split("\n"):
        if line:
            letters, name, required, *places = line.split()
            yield ModuleType(
                name,
                tuple(PRODUCTS[letter] for letter in letters),
                () if required == "-" else tuple(required.split(",")),
                tuple(_place(*place.split("=")) for place in places),
            )


def _place(path: str, kind: str) -> Place:
    return Place(tuple(path.split(".")), kind.removesuffix("?"), kind.endswith("?"))


TYPES: Mapping[str, ModuleType] = {found.name: found for found in _read()}


def types_of(product: str) -> list[ModuleType]:
    """List the types of one product."""
    return [found for found in TYPES.values() if product in found.products]
