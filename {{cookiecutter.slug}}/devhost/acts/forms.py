"""Reads an add-on's page as a browser does: its text, its page token, and its forms with their present values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser

_UNSEEN = {"script", "style", "template", "title"}
_VOID = {"input", "br", "img", "meta", "link", "hr"}
_BUTTONS = {"submit", "button", "reset", "image"}
_TICKED = {"checkbox", "radio"}
_BLOCKS = {"p", "div", "li", "h1", "h2", "h3", "h4", "tr", "br", "section", "main", "form", "label", "option", "td"}

# What a person fills in: a text, a number, a tick (True or False), or several choices.
Given = str | float | list[str]


@dataclass(slots=True, kw_only=True)
class Form:
    """One form of a page; `fields` holds what a browser would send now, an empty list where it sends nothing."""

    id: str
    action: str
    # Whether the page's script sends it, with the page token, and not the browser.
    scripted: bool = False
    fields: dict[str, list[str]] = field(default_factory=dict)
    # What a box or a radio button sends when it is ticked, by field.
    ticks: dict[str, list[str]] = field(default_factory=dict)

    @property
    def values(self) -> dict[str, str]:
        """The fields that have a value now; of several values the first."""
        return {name: found[0] for name, found in self.fields.items() if found}

    def filled(self, given: Mapping[str, Given]) -> list[tuple[str, str]]:
        """Return what is sent when a person fills it in: `True` and `False` tick a box, a list ticks several.

        Raises LookupError for a field that the form does not have.
        """
        unknown = sorted(given.keys() - self.fields.keys())
        if unknown:
            has = ", ".join(self.fields) or "none at all"
            raise LookupError(f"The form has no field {unknown[0]!r}. Its fields: {has}")
        chosen = self.fields | {name: self._chosen(name, value) for name, value in given.items()}
        return [(name, value) for name, values in chosen.items() for value in values]

    def _chosen(self, name: str, value: Given) -> list[str]:
        if isinstance(value, bool):
            return self.ticks.get(name, ["on"])[:1] if value else []
        return value if isinstance(value, list) else [str(value)]


class PageReader(HTMLParser):
    """Collects the parts of a page while it is read; `read` is the way in."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[Form] = []
        self.page_token = ""
        self._texts: list[str] = []
        self._unseen: list[str] = []
        self._form: Form | None = None
        # The select or textarea that is open, and what was found in it.
        self._name: str | None = None
        self._options: list[tuple[str, bool]] = []
        self._many = False
        self._typed: list[str] | None = None

    @property
    def text(self) -> str:
        """What a person reads, one line for each paragraph."""
        lines = (" ".join(line.split()) for line in "".join(self._texts).split("\n"))
        return "\n".join(line for line in lines if line)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take a tag's part in the page."""
        has = {name: value or "" for name, value in attrs}
        hidden = tag in _UNSEEN or ("hidden" in has and tag not in _VOID)
        # Inside of what is unseen a tag of the same name must find its own end.
        if hidden or tag in self._unseen[-1:]:
            self._unseen.append(tag)
        if tag in _BLOCKS:
            self._texts.append("\n")
        if tag == "meta" and has.get("name") == "page-token":
            self.page_token = has.get("content", "")
        elif tag == "form":
            self._form = Form(id=has.get("id", ""), action=has.get("action", ""), scripted="data-connect" in has)
            self.forms.append(self._form)
        elif self._form is not None and "disabled" not in has:
            self._control(self._form, tag, has)

    def _control(self, form: Form, tag: str, has: dict[str, str]) -> None:
        name = has.get("name", "")
        if tag == "option" and self._name is not None:
            self._options.append((has.get("value", "\0"), "selected" in has))
        elif not name:
            return
        elif tag == "select":
            self._name, self._options, self._many = name, [], "multiple" in has
        elif tag == "textarea":
            self._name, self._typed = name, []
        elif tag == "input" and has.get("type", "text").lower() not in _BUTTONS:
            values = form.fields.setdefault(name, [])
            ticked = has.get("type", "text").lower() in _TICKED
            if ticked:
                form.ticks.setdefault(name, []).append(has.get("value", "on"))
            if not ticked or "checked" in has:
                values.append(has.get("value", "on" if ticked else ""))

    def handle_data(self, data: str) -> None:
        """Take a text's part in the page."""
        if self._typed is not None:
            self._typed.append(data)
        elif not self._unseen:
            self._texts.append(data)
            if self._options and self._options[-1][0].startswith("\0"):
                # An option without a value is its own text.
                value, selected = self._options[-1]
                self._options[-1] = (value + data, selected)

    def handle_endtag(self, tag: str) -> None:
        """End what a tag began."""
        if self._unseen and tag == self._unseen[-1]:
            self._unseen.pop()
        if tag in _BLOCKS:
            self._texts.append("\n")
        if tag == "form":
            self._form = None
        elif tag == "select" and self._form is not None and self._name is not None:
            options = [(value.removeprefix("\0").strip(), selected) for value, selected in self._options]
            chosen = [value for value, selected in options if selected]
            self._form.fields[self._name] = chosen or [value for value, _ in options if not self._many][:1]
            self._name, self._options = None, []
        elif tag == "textarea" and self._form is not None and self._name is not None:
            self._form.fields[self._name] = ["".join(self._typed or []).removeprefix("\n")]
            self._name, self._typed = None, None


def read(html: str) -> PageReader:
    """Read a page."""
    reader = PageReader()
    reader.feed(html)
    reader.close()
    return reader
