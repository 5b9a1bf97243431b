"""What one person sees of a site: everything that its pages' templates read."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from devhost.acts.faults import GROUPS, LEGITIMATE, Fault, Group
from devhost.dialects.atlassian import modules, opening
from devhost.dialects.atlassian.attacks import ATTACKS, Attack
from devhost.dialects.atlassian.host import AtlassianHost
from devhost.dialects.atlassian.installation import SiteInstallation
from devhost.dialects.atlassian.modules import Shown
from devhost.dialects.atlassian.opening import SiteLook, SiteOpening
from devhost.dialects.atlassian.place import Place
from devhost.dialects.atlassian.sites import Site
from devhost.dialects.atlassian.state import SITES, AtlassianState, Beside
from devhost.dialects.atlassian.writing import STATUSES, text_of
from devhost.errors import HostError
from devhost.world.broken import Forgery
from devhost.world.people import Person


@dataclass(slots=True, kw_only=True)
class SiteView:
    """A place on a site as its viewer sees it."""

    host: AtlassianHost
    place: Place
    # The page's own path, to which its forms come back.
    back: str
    offered: str = ""

    @property
    def state(self) -> AtlassianState:
        """The addresses that add-ons' settings need."""
        return self.host.state

    @property
    def site(self) -> Site:
        """The site."""
        return self.place.site

    @property
    def sites(self) -> Iterable[Site]:
        """All sites."""
        return self.host.state.sites

    @property
    def elsewhere(self) -> list[tuple[str, str]]:
        """What else the devhost shows: name and path."""
        return [(name, path) for name, path in self.host.state.shell.elsewhere.items() if path != SITES]

    @property
    def person(self) -> Person:
        """Who looks."""
        return self.place.person or self.host.person("Admin")

    @property
    def people(self) -> list[Person]:
        """Everyone as whom one can look."""
        return [one for one in self.host.state.shell.people if not one.is_deleted]

    @property
    def statuses(self) -> tuple[str, ...]:
        """What an issue can be."""
        return STATUSES

    @property
    def attacks(self) -> Iterable[Attack]:
        """What an attacker can do."""
        return ATTACKS.values()

    @property
    def faults(self) -> list[Group]:
        """What can be broken for a while, from the table of the whole devhost."""
        found = [(group, tuple(_at_a_site(one) for one in group.faults if one.lasting)) for group in GROUPS]
        return [replace(group, faults=faults, folded=True) for group, faults in found if faults]

    @property
    def broken(self) -> list[str]:
        """What is broken now."""
        return list(self.host.faults.active().values())

    @property
    def held(self) -> int:
        """How many deliveries wait."""
        return len(self.host.state.sent.held)

    @property
    def general(self) -> list[Shown]:
        """The pages of the top navigation."""
        found = modules.shown(self.site, self.place, ("generalPages",))
        return [one for one in found if one.location != "none"]

    @property
    def glances(self) -> list[tuple[Shown, SiteOpening]]:
        """The glances of an issue, each with the page that it opens."""
        return self._opened(("jiraIssueContexts", "jiraIssueGlances"))

    @property
    def panels(self) -> list[SiteOpening]:
        """The panels beside an issue or page."""
        return [opened for _, opened in self._opened(("webPanels", "contentBylineItems"))]

    @property
    def beside(self) -> list[Beside]:
        """The frames that other dialects show here."""
        return [one for found in self.state.beside for one in found(self.place)]

    @property
    def scripts(self) -> list[str]:
        """The scripts of those frames."""
        return sorted({one.script for one in self.beside})

    @property
    def contents(self) -> list[SiteOpening]:
        """What stands in the middle of an issue."""
        return [opened for _, opened in self._opened(("jiraIssueContents",))]

    @property
    def macros(self) -> list[SiteOpening]:
        """The macros of add-ons, as if the page held one of each."""
        return [opened for _, opened in self._opened(modules.MACROS)]

    @property
    def items(self) -> list[Shown]:
        """The links of add-ons."""
        return modules.shown(self.site, self.place, ("webItems",))

    def pages(self, site: Site, installation: SiteInstallation) -> list[Shown]:
        """List the whole pages of one add-on that the viewer may open."""
        place = Place(site=site, person=self.place.person)
        return [one for one in modules.shown(site, place, modules.PAGES) if one.addon == installation.key]

    def offer(self, site: Site) -> str:
        """Return the descriptor's address that is filled in: the one which was named at the start."""
        return self.offered if f"/{site.product}/" in self.offered and not site.installed else ""

    def example(self, site: Site) -> str:
        """Return how the address of a descriptor for this site looks, beside the one which was named at the start."""
        addon = self.offered.rsplit("/", 2)[0] or "http://127.0.0.1:8000"
        return f"{addon}/{site.product}/atlassian-connect.json"

    def text(self, body: Any) -> str:
        """Return what people read of a document."""
        return text_of(body)

    def _opened(self, kinds: tuple[str, ...]) -> list[tuple[Shown, SiteOpening]]:
        found = []
        for one in modules.shown(self.site, self.place, kinds):
            look = SiteLook(installation=self.site.addon(one.addon), key=one.key, kind=one.kind, place=self.place)
            try:
                found.append((one, opening.opening(self.state, look)))
            except HostError:
                # A module without a page, such as one that the host shows natively.
                continue
        return found


def _at_a_site(fault: Fault) -> Fault:
    """Say in a site's words how its tokens can be wrong: they are for an address, and were never signed as of old."""
    knobs = (
        replace(
            knob,
            choices=tuple(
                (value, "for another address" if value == Forgery.WRONG_PLACE else told)
                for value, told in knob.choices
                if value not in LEGITIMATE
            ),
        )
        for knob in fault.knobs
    )
    return replace(fault, knobs=tuple(knobs))
