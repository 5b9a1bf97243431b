"""Access rules: what a token may do, as words joined by dots, and what of it one may hand on. Pure.

`builds.web.report` names one thing to do. In a rule `*` stands for exactly one word and `#` for one or more; a rule
that begins with `!` denies, and a denial wins wherever it stands; `me` is the id of whoever holds the token. A word
that holds anything but letters, digits, `_`, `-` and `~` is percent-encoded, so a dot in a name adds no word.
"""

import re
from collections import deque
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
_PLAIN = re.compile(r"[A-Za-z0-9_~-]+(?:\.[A-Za-z0-9_~-]+)*", re.ASCII)
"""What most ask about: words that are spelled as they are. A thousand may come at once."""
FEW = 2
MOST_STATES = 2_000
"""How far two sets of rules are compared; ordinary ones take a few dozen."""
_OTHER = "\0"
"""Stands for every word that no rule spells out; no word can be this."""

Words = tuple[str, ...]
_Nodes = frozenset["_Node"]


class TooIntricate(Exception):
    """Two sets of rules that cannot be compared in good time."""


class AccessRefused(ConnectError):
    """A rule that cannot be one, or more than the giver has."""

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
class _Node:
    """A place in the tree of rules: what may come next, and whether a rule ends here."""

    words: dict[str, "_Node"] = field(default_factory=dict)
    any: "_Node | None" = None
    rest: "_Node | None" = None
    ends: bool = False
    repeats: bool = False


def _grow(root: _Node, rule: Rule) -> None:
    node = root
    for word in rule.words:
        if word == ANY:
            node.any = node = node.any or _Node()
        elif word == REST:
            node.rest = node = node.rest or _Node(repeats=True)
        else:
            node = node.words.setdefault(word[1:], _Node())
    node.ends = True


def _step(nodes: "_Nodes", word: str) -> "_Nodes":
    """Return the places that one more word leads to from any of these."""
    found: set[_Node | None] = set()
    for node in nodes:
        found |= {node.words.get(word), node.any, node.rest}
        if node.repeats:
            found.add(node)
    return frozenset(node for node in found if node is not None)


def _allows(granted: "_Nodes", denied: "_Nodes") -> bool:
    return any(node.ends for node in granted) and not any(node.ends for node in denied)


def _matches(root: _Node, access: Words) -> bool:
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
        self._granted, self._denied = self._trees = _Node(), _Node()
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

    def beyond(self, other: "Accesses") -> str | None:
        """Return the shortest access that this allows and `other` does not, `*` for any word; None: there is none.

        `TooIntricate` when that cannot be told in good time.
        """
        begin = tuple(frozenset({tree}) for tree in (*self._trees, *other._trees))  # noqa: SLF001 - of its own kind
        seen, waiting = {begin}, deque([(begin, "")])
        while waiting:
            state, path = waiting.popleft()
            for word in [*sorted({word for nodes in state for node in nodes for word in node.words}), _OTHER]:
                after = tuple(_step(nodes, word) for nodes in state)
                if not after[0] or after in seen:
                    continue
                spelled = path + (ANY if word == _OTHER else spell(word))
                if _allows(*after[:2]) and not _allows(*after[2:]):
                    return spelled
                seen.add(after)
                waiting.append((after, f"{spelled}."))
            if len(seen) > MOST_STATES:
                raise TooIntricate
        return None

    def may_give(self, asked: "Accesses") -> None:
        """Raise `AccessRefused` unless everything that is asked for is held, and touches nothing that is denied.

        Each rule must lie within one rule of the giver's; what the giver is denied may not overlap it, since the new
        token does not carry that denial.
        """
        for rule in asked.rules:
            if rule.denies:
                continue
            if not any(covers(own, rule) for own in self.rules if not own.denies):
                raise AccessRefused(f"You do not hold {str(rule)!r}, so you cannot give it.")
            denied = next((own for own in self.rules if own.denies and overlap(own, rule)), None)
            if denied is not None:
                raise AccessRefused(f"You are denied {str(denied)[1:]!r}, which {str(rule)!r} reaches into.")


def read_access(text: str) -> Words:
    """Read one thing to do, every word spelled out; `AccessRefused` for anything else."""
    if len(text) <= LONGEST and _PLAIN.fullmatch(text):
        words = tuple(text.split("."))
        if len(words) <= MOST_WORDS and ME not in words:
            return words
    rule = Rule.read(text)
    if rule.denies or not {ANY, REST}.isdisjoint(rule.words):
        raise AccessRefused(f"The access {text!r} is a rule. Ask about one thing, with every word spelled out.")
    return tuple(word[1:] for word in rule.words)


@lru_cache(maxsize=128)
def read_accesses(texts: tuple[str, ...]) -> Accesses:
    """Return rules that were read before, compiled; many requests carry one token. Few, because each may be large."""
    return Accesses.read(texts)


def overlap(one: Rule, other: Rule) -> bool:
    """Tell whether some access fits both rules."""
    return _reach(one.words, other.words, covering=False)


def covers(wide: Rule, narrow: Rule) -> bool:
    """Tell whether every access that fits `narrow` fits `wide`."""
    return _reach(wide.words, narrow.words, covering=True)


def _reach(wide: Words, narrow: Words, *, covering: bool) -> bool:
    """Walk both rules at once over every kind of word: those that are spelled out, and any other.

    A state is a place in `narrow` with the set of places that `wide` may be in.
    """
    alphabet = {word[1:] for word in (*wide, *narrow) if word not in {ANY, REST}} | {_OTHER}
    begin = (0, frozenset({0}))
    seen, waiting = {begin}, [begin]
    while waiting:
        place, places = waiting.pop()
        if place == len(narrow):
            fits = len(wide) in places
            if covering and not fits:
                return False
            if not covering and fits:
                return True
        for word in alphabet:
            after = frozenset(step for one in places for step in _steps(wide, one, word))
            if not covering and not after:
                continue
            for step in _steps(narrow, place, word):
                state = (step, after)
                if state not in seen:
                    seen.add(state)
                    waiting.append(state)
    return covering


def _steps(rule: Words, place: int, word: str) -> list[int]:
    """Return where a rule may be after one more word: past what takes it, or still in the `#` before."""
    steps = []
    if place > 0 and rule[place - 1] == REST:
        steps.append(place)
    if place < len(rule) and (rule[place] in {ANY, REST} or rule[place][1:] == word):
        steps.append(place + 1)
    return steps
