"""Access rules: what a token may do, as words joined by dots. Pure.

`builds.web.report` names one thing to do. In a rule `*` stands for exactly one word and `#` for one or more; a rule
that begins with `!` denies, and a denial wins wherever it stands; `me` is the id of whoever holds the token. A word
that holds anything but letters, digits, `_`, `-` and `~` is percent-encoded, so a dot in a name adds no word.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import quote, unquote_to_bytes

from app.connect.errors import ConnectError

ANY = "*"
REST = "#"
ME = "me"
NAMED_ME = "m%65"
DENIES = "!"
MOST_RULES = 100
MOST_WORDS = 16
MOST_RESTS = 3
"""`#` in one rule: telling whether one rule covers another takes time with each."""
LONGEST = 400
_WORD = re.compile(r"(?:[A-Za-z0-9_~-]|%[0-9A-F]{2})+", re.ASCII)
FEW = 2

Words = tuple[str, ...]


class AccessRefused(ConnectError):
    """A rule that cannot be one, or that cannot be given."""

    status = 422
    code = "access_refused"
    is_permanent = True


def spell(word: str) -> str:
    """Write one word of an access as a rule spells it: `web.app` is `web%2Eapp`, and what is called "me" `m%65`."""
    return NAMED_ME if word == ME else quote(word, safe="~").replace(".", "%2E")


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, taken apart; a word is `*`, `#` or `=` and the word itself."""

    words: Words
    denies: bool = False

    @classmethod
    def read(cls, text: str, *, me: str | None = None) -> "Rule":
        """Read a rule; `AccessRefused` says what is wrong with it. `me` is put in where the rule says so."""
        if len(text) > LONGEST:
            raise AccessRefused(f"The access {text[:40]!r}... is over {LONGEST} characters. Name less in one.")
        denies = text.startswith(DENIES)
        parts = text.removeprefix(DENIES).split(".")
        if len(parts) > MOST_WORDS or parts.count(REST) > MOST_RESTS:
            raise AccessRefused(f"The access {text!r} has over {MOST_WORDS} words, or over {MOST_RESTS} '#'.")
        return cls(tuple(_read_word(part, text, me) for part in parts), denies)

    def __str__(self) -> str:
        words = (one if one in {ANY, REST} else spell(one[1:]) for one in self.words)
        return DENIES * self.denies + ".".join(words)


def _read_word(part: str, text: str, me: str | None) -> str:
    if part in {ANY, REST}:
        return part
    if part == ME:
        if me is None:
            raise AccessRefused(f"The access {text!r} says 'me', and nobody in person asks. Name the id.")
        return f"={me}"
    if not _WORD.fullmatch(part):
        raise AccessRefused(
            f"The access {text!r} is no words joined by dots. Use letters, digits, '_', '-' and '~', '*' or '#' for "
            "whole words, and percent-encode the rest, such as 'web%2Eapp'."
        )
    try:
        word = unquote_to_bytes(part).decode()
    except UnicodeDecodeError:
        raise AccessRefused(f"The access {text!r} is not encoded in UTF-8.") from None
    if not word.isprintable() or spell(word) != part:
        raise AccessRefused(f"The access {text!r} has a word that is spelled {spell(word)!r}.")
    return f"={word}"


@dataclass(slots=True, eq=False)
class Node:
    """A place in the tree of rules: what may come next, and whether a rule ends here."""

    words: dict[str, "Node"] = field(default_factory=dict)
    any: "Node | None" = None
    rest: "Node | None" = None
    ends: bool = False
    repeats: bool = False


def _grow(root: Node, rule: Rule) -> None:
    node = root
    for word in rule.words:
        if word == ANY:
            node.any = node = node.any or Node()
        elif word == REST:
            node.rest = node = node.rest or Node(repeats=True)
        else:
            node = node.words.setdefault(word[1:], Node())
    node.ends = True


def _matches(root: Node, access: Words) -> bool:
    nodes = [root]
    for word in access:
        after = []
        for node in nodes:
            if (found := node.words.get(word)) is not None:
                after.append(found)
            if node.any is not None:
                after.append(node.any)
            if node.rest is not None:
                after.append(node.rest)
            if node.repeats:
                after.append(node)
        if not after:
            return False
        # Of a few it is quicker to go on with one twice than to look.
        nodes = after if len(after) <= FEW else list(dict.fromkeys(after))
    for node in nodes:  # noqa: SIM110 - `any` takes longer than the rest
        if node.ends:
            return True
    return False


class Accesses:
    """What one token holds, compiled: a tree of what is granted and one of what is denied."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.rules = tuple(rules)
        self._granted, self._denied = self.trees = Node(), Node()
        for rule in rules:
            _grow(self._denied if rule.denies else self._granted, rule)

    @classmethod
    def read(cls, texts: Iterable[str], *, me: str | None = None) -> "Accesses":
        """Read rules; `AccessRefused` names the first that is none, or that there are too many."""
        listed = list(texts)
        if len(listed) > MOST_RULES:
            raise AccessRefused(f"There are over {MOST_RULES} accesses. Give less to one token.")
        return cls([Rule.read(text, me=me) for text in listed])

    def allow(self, access: Words) -> bool:
        """Tell whether these words, one of an access each, may be done."""
        return _matches(self._granted, access) and not _matches(self._denied, access)


@lru_cache(maxsize=128)
def read_accesses(texts: tuple[str, ...]) -> Accesses:
    """Return rules that were read before, compiled; many requests carry one token. Few, because each may be large."""
    return Accesses.read(texts)
