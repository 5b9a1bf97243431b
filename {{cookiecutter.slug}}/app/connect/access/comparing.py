"""What one token may hand on to another, and what it holds beyond what it should: rules held against rules. Pure."""

import re
from collections import deque

from app.connect.api_tokens.rules import (
    ANY,
    LONGEST,
    ME,
    MOST_WORDS,
    REST,
    Accesses,
    AccessRefused,
    Node,
    Rule,
    Words,
    spell,
)

_PLAIN = re.compile(r"[A-Za-z0-9_~-]+(?:\.[A-Za-z0-9_~-]+)*", re.ASCII)
"""What most ask about: words that are spelled as they are. A thousand may come at once."""
MOST_STATES = 2_000
"""How far two sets of rules are compared; ordinary ones take a few dozen."""
_OTHER = "\0"
"""Stands for every word that no rule spells out; no word can be this."""

_Nodes = frozenset[Node]


class TooIntricate(Exception):
    """Two sets of rules that cannot be compared in good time."""


def beyond(own: Accesses, other: Accesses) -> str | None:
    """Return the shortest access that `own` allows and `other` does not, `*` for any word; None: there is none.

    `TooIntricate` when that cannot be told in good time.
    """
    begin = tuple(frozenset({tree}) for tree in (*own.trees, *other.trees))
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


def require_giving(own: Accesses, asked: Accesses) -> None:
    """Raise `AccessRefused` unless everything that is asked for is held, and touches nothing that is denied.

    Each rule must lie within one rule of the giver's; what the giver is denied may not overlap it, since the new
    token does not carry that denial.
    """
    for rule in asked.rules:
        if rule.denies:
            continue
        if not any(covers(held, rule) for held in own.rules if not held.denies):
            raise AccessRefused(f"You do not hold {str(rule)!r}, so you cannot give it.")
        denied = next((held for held in own.rules if held.denies and overlap(held, rule)), None)
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


def _step(nodes: _Nodes, word: str) -> _Nodes:
    """Return the places that one more word leads to from any of these."""
    found: set[Node | None] = set()
    for node in nodes:
        found |= {node.words.get(word), node.any, node.rest}
        if node.repeats:
            found.add(node)
    return frozenset(node for node in found if node is not None)


def _allows(granted: _Nodes, denied: _Nodes) -> bool:
    return any(node.ends for node in granted) and not any(node.ends for node in denied)


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
