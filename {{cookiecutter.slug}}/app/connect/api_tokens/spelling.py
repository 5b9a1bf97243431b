"""How an API token is spelled: a prefix, 256 random bits, and a checksum by which a scanner knows one without a call.

`addon_`, 43 letters and digits at random, and six that are the CRC-32 of all before, in base 62, most significant
first. Nothing in it ends a word, so a double click takes the whole.
"""

import re
import secrets
import string
import zlib

PREFIX = "addon_"
RANDOM = 43
"""Letters and digits: 62 to the power of 43 is a little more than 2 to the power of 256."""
CHECKSUM = 6
ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
_SHAPE = re.compile(rf"{PREFIX}[0-9A-Za-z]{{{RANDOM + CHECKSUM}}}", re.ASCII)


def make_token() -> str:
    """Make a token that nobody has."""
    return complete("".join(secrets.choice(ALPHABET) for _ in range(RANDOM)))


def complete(random: str) -> str:
    """Put the prefix before what is random, and the checksum behind."""
    text = PREFIX + random
    return text + _checksum(text)


def is_token(text: str) -> bool:
    """Tell whether this can be a token of ours; what cannot is refused without a question to the database."""
    return _SHAPE.fullmatch(text) is not None and text.endswith(_checksum(text[:-CHECKSUM]))


def _checksum(text: str) -> str:
    rest, digits = zlib.crc32(text.encode("ascii")), ""
    for _ in range(CHECKSUM):
        rest, digit = divmod(rest, len(ALPHABET))
        digits = ALPHABET[digit] + digits
    return digits
