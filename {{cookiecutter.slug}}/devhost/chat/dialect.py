"""The seam between the shell and a dialect: what each protocol does in a way of its own."""

from abc import ABC, abstractmethod
from typing import Any, TypedDict

from devhost.chat.openings import Click, Look, Opening
from devhost.chat.views import GlanceView, ModuleView
from devhost.wire.deliveries import Delivery
from devhost.wire.outbound import Answer
from devhost.world.consents import Consent
from devhost.world.installations import Installation
from devhost.world.messages import Message
from devhost.world.people import Person, Who
from devhost.world.rooms import Room

Where = int | str | Room


class View(TypedDict, total=False):
    """Where one looks at an add-on's page, as whom, and with what in its address."""

    room_id: Where | None
    user: Who
    values: dict[str, Any] | None
    theme: str
    forgery: str | None


class Dialect(ABC):
    """A dialect fills this in, and the shell knows no more of it. People and rooms may be named, too."""

    # What a person does, in the dialect's way.

    @abstractmethod
    async def consent(
        self, descriptor_url: str, *, room_id: Where | None = None, relay_state: str | None = None
    ) -> Consent:
        """Fetch and check a descriptor and return what a person must approve. Raises InstallRefused."""

    @abstractmethod
    async def approve(self, asked: Consent, *, with_browser: bool = False) -> Installation:
        """Install what was approved. Raises InstallRefused.

        With `with_browser` a real browser finishes an installation of the flow `client`, see `after_consent`.
        """

    @abstractmethod
    def after_consent(self, installation: Installation, *, relay_state: str | None = None) -> str:
        """Return where a browser goes to finish an installation of the flow `client`."""

    @abstractmethod
    async def update(self, client_id: str) -> Installation:
        """Read the descriptor again and update the add-on. Raises InstallRefused.

        The result may be a new installation with a new client id and secret.
        """

    @abstractmethod
    async def uninstall(self, client_id: str, *, delete: bool = True, browser: bool = True) -> Answer | None:
        """Uninstall an add-on; `delete=False, browser=False` leaves 401 for tokens as the only signal."""

    @abstractmethod
    async def fire_item(
        self, event: str, room_id: Where, item: dict[str, Any], *, user: Who = "admin"
    ) -> list[Delivery]:
        """Let an event happen as `fire` does, for members with any name."""

    @abstractmethod
    async def announce(self, room: Room, message: Message) -> list[Delivery]:
        """Report a message to the add-ons and wait for their answers."""

    @abstractmethod
    async def send(self, delivery: Delivery) -> None:
        """Send a delivery with a fresh token."""

    @abstractmethod
    def address(self, look: Look) -> str:
        """Return the address that a client would open, with a fresh token. Raises HostError 400 or 404."""

    @abstractmethod
    async def ask(self, look: Look) -> Answer:
        """Ask for a page or a glance as a client does, whatever comes back."""

    @abstractmethod
    async def ask_glance(self, look: Look) -> dict[str, Any]:
        """Query a glance and keep its data. Raises GlanceRefused when a client would show an error."""

    @abstractmethod
    def load_glances(self, room: Room, person: Person) -> None:
        """Begin to query all glances of a room for one person, as clients do when they open it."""

    # What a person sees.

    @abstractmethod
    def glances(self, room_id: Where, *, user: Who = "admin") -> list[GlanceView]:
        """List what one person sees in a room's side bar."""

    @abstractmethod
    def panels(self, room_id: Where, *, user: Who = "admin") -> list[ModuleView]:
        """List the panels that one person may open in a room."""

    @abstractmethod
    async def actions(self, room_id: Where, *, user: Who = "admin", message: Message | None = None) -> list[ModuleView]:
        """List the actions of a message, or of the input field when there is no message."""

    @abstractmethod
    def doors(self, installation: Installation) -> list[ModuleView]:
        """List what an add-on opens outside of rooms' side bars: dialogs and pages in a tab."""

    @abstractmethod
    def acts_on_messages(self, room: Room) -> bool:
        """Say whether any add-on in a room offers something on messages."""

    @abstractmethod
    def opening(self, click: Click) -> Opening:
        """Find what a click opens and sign its address. Raises HostError 400 or 404."""

    @abstractmethod
    def settings_click(self, installation: Installation, *, room: Room, person: Person) -> Click | None:
        """Return the click that opens an add-on's settings page; None when it has none."""

    @abstractmethod
    def facts(self, installation: Installation) -> list[tuple[str, list[str]]]:
        """List what an installation listens to and shows, for its own page."""

    @abstractmethod
    def suggestions(self, room: Room) -> list[str]:
        """List what one could say to the add-ons of a room."""

    @abstractmethod
    def events(self) -> list[str]:
        """List the events that a person can let happen, other than by speaking."""

    @abstractmethod
    def message_context(self, message: Message) -> dict[str, Any]:
        """Write a message as an add-on's page gets it."""

    @abstractmethod
    def told_to_frames(self, kind: str, data: dict[str, Any], *, room: Room, person: Person) -> dict[str, Any]:
        """Add to a change what the open pages of its add-on are told."""

    @abstractmethod
    def meaning(self, call: str) -> str:
        """Say what a call of the API, such as `POST /v2/room/1/message`, is for."""

    # Tokens, and what an attacker does.

    @abstractmethod
    def user_token(self, user: Who, scopes: set[str] | frozenset[str] | None = None) -> str:
        """Make a personal access token as a user would in the account settings; without `scopes` with all of them."""

    @abstractmethod
    def room_token(self, room_id: Where) -> str:
        """Make a room's notification token as its owner would in the room settings."""

    @abstractmethod
    def revoke_tokens(self, client_id: str) -> int:
        """End an add-on's access tokens, not its client, and return how many there were."""

    @abstractmethod
    def signed_pages(self, installation: Installation) -> list[tuple[str, str]]:
        """List kind and key of the pages and glances for which a token is needed."""

    @abstractmethod
    async def forge_install(self, client_id: str, **changes: Any) -> Answer:
        """Attack: an install with the victim's client id and another secret."""

    @abstractmethod
    async def forge_update(self, client_id: str, **changes: Any) -> Answer:
        """Attack: an update that names another host."""

    @abstractmethod
    async def forge_uninstall(self, client_id: str) -> Answer:
        """Attack: the unsigned DELETE while the add-on is installed."""

    @abstractmethod
    def reach(self, kind: str) -> str:
        """Return how the paths of the API begin on which a kind of fault acts; empty: the whole API."""
