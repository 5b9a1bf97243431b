"""What strangers send in place of what they should: bodies, members, addresses, types, headers and tokens."""

import json
from collections.abc import Iterator
from typing import Any

from tests.connect.http.attacking import FORM, JSON, MEBIBYTE, Headers

# What is no JSON document, or none that anybody may send.
NOT_JSON: dict[str, bytes] = {
    "nothing": b"",
    "blanks": b" \r\n\t",
    "a word": b"hello",
    "half an object": b'{"name":',
    "two documents": b"{}{}",
    "a comment": b"{} // done",
    "single quotes": b"{'name': 'web'}",
    "a trailing comma": b'{"name": "web",}',
    "a NUL": b"\x00",
    "a raw NUL in a string": b'{"name": "a\x00b"}',
    "a raw newline in a string": b'{"name": "a\nb"}',
    "a broken escape": b'{"name": "\\x41"}',
    "a cut escape": b'{"name": "\\ud8',
    "bytes that are not UTF-8": b'{"name": "\xff\xfe"}',
    "an overlong encoding": b'{"name": "\xc0\xaf"}',
    "an encoded surrogate": b'{"name": "\xed\xa0\x80"}',
    "UTF-16": '{"name": "web"}'.encode("utf-16"),
    "UTF-32": '{"name": "web"}'.encode("utf-32"),
    "a byte order mark": b'\xef\xbb\xbf{"name": "web"}',
    "gzip": b"\x1f\x8b\x08\x00\x00\x00\x00\x00",
    "NaN": b'{"number": NaN}',
    "Infinity": b'{"number": -Infinity}',
    "a number beyond floats": b'{"number": 1e999}',
    "an integer of 5,000 digits": b'{"number": ' + b"9" * 5_000 + b"}",
    "100,000 open lists": b"[" * 100_000,
    "100,000 open objects": b'{"a":' * 100_000,
    "900 lists": b"[" * 900 + b"]" * 900,
    "65 levels in a member": b'{"name": ' + b"[" * 70 + b"]" * 70 + b"}",
    "a member twice": b'{"name": "web", "name": "other"}',
    "a member twice by an escape": b'{"name": "web", "n\\u0061me": "other"}',
}
# JSON that is none of the objects a route wants.
NOT_AN_OBJECT: dict[str, bytes] = {
    "null": b"null",
    "true": b"true",
    "a number": b"0",
    "a string": b'"name"',
    "an empty list": b"[]",
    "a list of objects": b"[{}]",
    "an empty object": b"{}",
    "an unknown member": b'{"unknown": 1}',
    "a thousand members": json.dumps({f"m{number}": number for number in range(1_000)}).encode(),
    "a lone surrogate as a name": b'{"\\ud800": 1}',
    "a NUL as a name": b'{"\\u0000": 1}',
    "an empty name": b'{"": 1}',
    "a name of 100,000 characters": json.dumps({"x" * 100_000: 1}).encode(),
    "names that mean something elsewhere": b'{"__proto__": {"a": 1}, "__class__": 1, "constructor": null}',
}
# What a member can be instead of what it should be.
HOSTILE_VALUES: dict[str, object] = {
    "null": None,
    "true": True,
    "a list": [1],
    "an object": {"$ne": None},
    "a fraction": 1.5,
    "a negative number": -1,
    "2**63": 2**63,
    "4,000 digits": 10**4_000,
    "nothing": "",
    "a blank": " ",
    "a NUL": "\x00",
    "a NUL inside": "web\x00web",
    "a lone surrogate": "\ud800" * 20,
    "a surrogate pair the wrong way round": "\udc00\ud800" * 10,
    "control characters": "web\r\nSet-Cookie: a=b\x1b[31m",
    "a bidi override": "\u202egpj.exe",
    "half a megabyte": "x" * 500_000,
    "SQL": "' OR 1=1; DROP TABLE tenants; --",
    "a template": "{{ 7 * 7 }}${7*7}<%= 7 %>",
    "a path": "../../../../etc/passwd",
    "a script": "<script>alert(1)</script>",
    "a format": "%s%n{0.__class__}",
}
HOSTILE_ADDRESSES: dict[str, object] = {
    "an address without a host": "http://",
    "a relative address": "/v2/capabilities",
    "no scheme": "host.example/v2/capabilities",
    "a file": "file:///etc/passwd",
    "a script": "javascript:alert(1)",
    "data": "data:application/json,{}",
    "credentials": "http://admin:admin@127.0.0.1:9000/v2/capabilities",
    "a broken IPv6 address": "http://[::1/v2/capabilities",
    "a port out of range": "http://127.0.0.1:99999/v2/capabilities",
    "a port that is none": "http://127.0.0.1:http/v2/capabilities",
    "the metadata service": "http://169.254.169.254/latest/meta-data/",
    "the metadata service as a number": "http://2852039166/latest/meta-data/",
    "a private address": "http://10.0.0.1/v2/capabilities",
    "a newline in the host": "http://127.0.0.1:9000\r\nX: y/v2/capabilities",
    "a NUL": "http://127.0.0.1:9000/v2/\x00capabilities",
    "a lone surrogate": "http://127.0.0.1:9000/v2/\ud800",
    "a backslash": "http://127.0.0.1:9000\\@attacker.example/v2/capabilities",
    "a host that is not there": "http://127.0.0.1:9/v2/capabilities",
    "another page of the host": "http://127.0.0.1:9000/v2/emoticon",
    "the add-on itself": "http://127.0.0.1:8000/hipchat/capabilities.json",
    "2,001 characters": "http://127.0.0.1:9000/" + "x" * 2_000,
}
WRONG_TYPES: dict[str, Headers] = {
    "none": (),
    "an empty one": ((b"content-type", b""),),
    "text": ((b"content-type", b"text/plain"),),
    "nearly JSON": ((b"content-type", b"application/jsonx"),),
    "bytes": ((b"content-type", b"\xff\xfe\x00"),),
    "a form": FORM,
    "a multipart form": ((b"content-type", b"multipart/form-data; boundary=x"),),
    "a very long one": ((b"content-type", b"application/" + b"x" * 5_000),),
    "two": (*JSON, *JSON),
}
BAD_HEADERS: dict[str, Headers] = {
    "Authorization twice": ((b"authorization", b"JWT a"), (b"authorization", b"JWT a")),
    "Content-Type twice": (*JSON, *JSON),
    "Content-Length twice": ((b"content-length", b"0"), (b"content-length", b"0")),
    "Host twice": ((b"host", b"attacker.example"),),
    "a negative Content-Length": ((b"content-length", b"-1"),),
    "a Content-Length in words": ((b"content-length", b"ten"),),
    "a Content-Length of 400 digits": ((b"content-length", b"9" * 400),),
    "a Content-Length over the limit": ((b"content-length", b"%d" % (MEBIBYTE + 1)),),
    "a hexadecimal Content-Length": ((b"content-length", b"0x10"),),
    "an empty Content-Length": ((b"content-length", b""),),
}
HOSTILE_TOKENS: dict[str, bytes] = {
    "nothing": b"",
    "a word": b"token",
    "dots": b"..",
    "a NUL": b"%00",
    "raw bytes": b"\xff\x00\x80",
    "bytes that are not UTF-8": b"%ff%fe",
    "a cut percent sign": b"%",
    "a megabyte cut to what is let in": b"x" * 16_000,
    "a token without signature": b"eyJhbGciOiJub25lIn0.eyJpc3MiOiJ4In0.",
    "10,000 dots": b"." * 10_000,
    "a header nested deep": b"eyJhIjp7ImEiOnsiYSI6" * 50 + b".eyJpc3MiOiJ4In0." + b"A" * 43,
}
OVER = {
    "in one piece": (b'{"a": "' + b"x" * MEBIBYTE + b'"}',),
    "in many pieces": (b'{"a": "', *[b"x" * 65_536] * 17, b'"}'),
    "in tiny pieces at its end": (b"x" * MEBIBYTE, b"x", b"x"),
}


def replaced(good: dict[str, Any], values: dict[str, object]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give every document that has one member of a good one replaced by something hostile."""
    for name in good:
        for what, value in values.items():
            yield f"{name}: {what}", good | {name: value}


def with_depth(good: dict[str, Any]) -> dict[str, Any]:
    """Replace inside the nested objects of a document as well."""
    found: dict[str, Any] = dict(replaced(good, HOSTILE_VALUES))
    for name, inner in good.items():
        if isinstance(inner, dict):
            found |= {f"{name}.{what}": good | {name: changed} for what, changed in with_depth(inner).items()}
    return found
