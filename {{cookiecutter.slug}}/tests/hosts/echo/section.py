"""`[echo]` in addon.toml: what an Echo host shows."""

from collections.abc import Iterable
from typing import Literal

from pydantic import Field

from app.connect.declare.manifest import HostSection, Key, Name, Section, Shown


class CardSection(Section):
    """`[echo.card.<key>]`: facts that the host draws itself, answered by `@echo.card(key)`."""

    name: Name
    opens: Key | None = None


class PanelSection(Section):
    """`[echo.panel.<key>]`: a page, answered by `@router.panel(key)`."""

    name: Name


class EchoSection(HostSection):
    """The whole of `[echo]`."""

    voice: Literal["loud", "soft"] = "soft"
    greeting: str = "Hello"
    card: dict[Key, CardSection] = Field(default_factory=dict)
    panel: dict[Key, PanelSection] = Field(default_factory=dict)

    def shown(self) -> Iterable[Shown]:
        """List the modules that handlers answer."""
        yield from (Shown("card", key, "Card") for key in self.card)
        yield from (Shown("panel", key) for key in self.panel)

    def links(self) -> Iterable[str]:
        """List cards that open what is not there."""
        for key, card in self.card.items():
            if card.opens is not None and card.opens not in self.panel:
                yield f'card.{key}.opens: there is no panel "{card.opens}"; add [echo.panel.{card.opens}]'
