"""Shows what add-ons write as HTML: the allowed tags and attributes only, all else as text.

The pages' policy forbids inline styles, so an allowed `style` is written as `data-style`, which their script applies.
"""

import re
from html import escape
from html.parser import HTMLParser
from urllib.parse import urlsplit

from markupsafe import Markup

_PLAIN = ("b", "i", "strong", "em", "br", "pre", "code", "ul", "ol", "li")
_TABLE = ("table", "thead", "tbody", "tfoot", "tr", "td", "th", "caption")
_MESSAGE = {name: frozenset[str]() for name in (*_PLAIN, *_TABLE)} | {
    "a": frozenset({"href", "data-target", "data-target-options"}),
    "img": frozenset({"src", "alt", "width", "height", "align", "style"}),
    "td": frozenset({"colspan", "rowspan", "valign"}),
    "th": frozenset({"colspan", "rowspan", "valign"}),
    "tr": frozenset({"valign"}),
    "span": frozenset({"style"}),
}
_CARD = {name: _MESSAGE[name] for name in ("a", "b", "i", "strong", "span")}
_GLANCE = {name: frozenset[str]() for name in ("b", "strong", "em", "i")}
_VOID = ("br", "img")
_STYLE = re.compile(r"\s*(font-weight|color|text-decoration|height|width)\s*:\s*[\w#.% ()-]{1,40}\s*")


class _Cleaner(HTMLParser):
    def __init__(self, allowed: dict[str, frozenset[str]]) -> None:
        super().__init__(convert_charrefs=True)
        self._allowed = allowed
        self._open: list[str] = []
        self.parts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self._allowed:
            self.parts.append(escape(self.get_starttag_text() or f"<{tag}>"))
            return
        kept = {
            name: value
            for name, value in attrs
            if value is not None and name in self._allowed[tag] and _harmless(name, value)
        }
        if "style" in kept:
            kept["data-style"] = kept.pop("style")
        kept |= _needed(tag, kept)
        written = "".join(f' {name}="{escape(value)}"' for name, value in kept.items())
        self.parts.append(f"<{tag}{written}>")
        if tag not in _VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self._open:
            self.parts.append("" if tag in _VOID else escape(f"</{tag}>"))
            return
        while True:
            last = self._open.pop()
            self.parts.append(f"</{last}>")
            if last == tag:
                return

    def handle_data(self, data: str) -> None:
        self.parts.append(escape(data))

    def handle_comment(self, data: str) -> None:
        self.parts.append(escape(f"<!--{data}-->"))

    def handle_decl(self, decl: str) -> None:
        self.parts.append(escape(f"<!{decl}>"))

    def unknown_decl(self, data: str) -> None:
        self.parts.append(escape(f"<![{data}]>"))

    def handle_pi(self, data: str) -> None:
        self.parts.append(escape(f"<?{data}>"))

    def finish(self) -> str:
        self.close()
        while self._open:
            self.parts.append(f"</{self._open.pop()}>")
        return "".join(self.parts)


def _needed(tag: str, kept: dict[str, str]) -> dict[str, str]:
    """Return what a tag must have: links leave the page or are buttons, pictures have a text."""
    if tag == "img":
        return {} if "alt" in kept else {"alt": ""}
    if tag != "a":
        return {}
    if "data-target" in kept:
        return {"role": "button"} if "href" in kept else {"role": "button", "href": "#"}
    return {"rel": "noopener noreferrer", "target": "_blank"}


def _harmless(name: str, value: str) -> bool:
    if name in ("href", "src"):
        try:
            scheme = urlsplit(value.strip()).scheme.lower()
        except ValueError:
            return False
        return scheme in ("http", "https") or (name == "href" and scheme == "mailto")
    if name == "style":
        return all(_STYLE.fullmatch(one) for one in value.split(";") if one.strip())
    return True


def _clean(html: str, allowed: dict[str, frozenset[str]]) -> Markup:
    cleaner = _Cleaner(allowed)
    try:
        cleaner.feed(html)
        return Markup(cleaner.finish())  # noqa: S704 - every part was escaped or is an allowed tag
    except (AssertionError, ValueError):
        # The parser gives up on a few malformed declarations.
        return Markup(escape(html))  # noqa: S704


def message_html(html: str) -> Markup:
    """Clean the HTML of a notification."""
    return _clean(html, _MESSAGE)


def card_html(html: str) -> Markup:
    """Clean the HTML inside a card."""
    return _clean(html, _CARD)


def glance_html(html: str) -> Markup:
    """Clean the HTML of a glance's label: four tags and no attributes."""
    return _clean(html, _GLANCE)
