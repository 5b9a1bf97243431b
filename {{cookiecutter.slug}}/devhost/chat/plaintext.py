"""Shows what people write: links, mentions, and the commands /code and /quote."""

import re
from html import escape

from markupsafe import Markup

_PART = re.compile(r"(?P<link>https?://[^\s<>\"']+)|(?P<mention>(?<![\w@])@[A-Za-z][\w]*)")
_TRAILING = ".,:;!?)"


def text_html(text: str) -> Markup:
    """Write a plain text message as HTML."""
    command, _, rest = text.partition(" ")
    if command == "/code" and rest:
        return Markup("<pre><code>{}</code></pre>").format(rest)
    if command == "/quote" and rest:
        return Markup("<blockquote>{}</blockquote>").format(_inline(rest))
    return _inline(text)


def _inline(text: str) -> Markup:
    parts: list[str] = []
    end = 0
    for found in _PART.finditer(text):
        parts.append(escape(text[end : found.start()]))
        word = found.group()
        if found["link"]:
            word = word.rstrip(_TRAILING)
            parts.append(f'<a href="{escape(word)}" rel="noopener noreferrer" target="_blank">{escape(word)}</a>')
        else:
            parts.append(f'<span class="mention">{escape(word)}</span>')
        end = found.start() + len(word)
    parts.append(escape(text[end:]))
    return Markup("".join(parts))  # noqa: S704 - every part was escaped
