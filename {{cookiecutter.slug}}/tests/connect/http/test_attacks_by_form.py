"""Attacks by forms: what is no form as browsers send it changes no setting."""

from tests.connect.http.attacking import FORM, MEBIBYTE, PAGE, SIGNED, Attack, Attacker
from tests.connect.http.hostile import WRONG_TYPES

NOT_A_FORM: dict[str, Attack] = {
    **{
        f"of type: {name}": Attack("POST", b"/hipchat/settings", (*headers, *PAGE), (b"greeting=Hello",))
        for name, headers in WRONG_TYPES.items()
        if headers != FORM
    },
    **{
        name: Attack("POST", b"/hipchat/settings", (*FORM, *PAGE), (body,))
        for name, body in {
            "a field twice": b"greeting=Hello&greeting=Bye",
            "a field without a value": b"greeting",
            "JSON": b'{"greeting": "Hello"}',
            "a cut percent sign": b"greeting=100%",
            "a wrong percent sign": b"greeting=%zz",
            "encoded bytes that are not UTF-8": b"greeting=%ff%fe",
            "an encoded surrogate": b"greeting=%ed%a0%80",
            "bytes that are not ASCII": b"greeting=\xc3\xa4\xc3\xa4",
            "a raw NUL": b"\x00",
            "1,000 fields": b"&".join(b"f%d=1" % number for number in range(1_000)),
            "a megabyte": b"greeting=" + b"x" * MEBIBYTE,
            "a wrong choice": b"colour=blue",
            "a number that is none": b"limit=ten",
            "a number out of range": b"limit=100",
            "a number of 5,000 digits": b"limit=" + b"9" * 5_000,
            "no number at all": b"share=nan",
            "a number without end": b"share=inf",
            "a text that is too short": b"greeting=x",
            "a text that is too long": b"greeting=" + b"x" * 41,
            "half a boolean": b"loud=perhaps",
        }.items()
    },
    **{
        f"multipart: {name}": Attack(
            "POST",
            b"/hipchat/settings",
            ((b"content-type", b"multipart/form-data; boundary=x" + extra), *PAGE),
            (body,),
        )
        for name, (extra, body) in {
            "cut": (b"", b'--x\r\nContent-Disposition: form-data; name="greeting"\r\n\r\nHel'),
            "another boundary": (b"yz", b"--x\r\n\r\n--x--"),
            "no name": (b"", b"--x\r\nContent-Disposition: form-data\r\n\r\nHello\r\n--x--\r\n"),
            "10,000 fields": (b"", b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n' * 10_000 + b"--x--"),
            "10,000 files": (
                b"",
                b'--x\r\nContent-Disposition: form-data; name="a"; filename="f"\r\n\r\n1\r\n' * 10_000 + b"--x--",
            ),
            "a charset without letters": (
                b"; charset=undefined",
                b'--x\r\nContent-Disposition: form-data; name="greeting"\r\n\r\nHello\r\n--x--\r\n',
            ),
            "a charset with a NUL": (
                b"; charset=a\x00b",
                b'--x\r\nContent-Disposition: form-data; name="greeting"\r\n\r\nHello\r\n--x--\r\n',
            ),
        }.items()
    },
}


class TestForms:
    async def test_that_are_none_change_no_setting(self, attacker: Attacker) -> None:
        saved = await attacker.send(
            Attack("POST", b"/hipchat/settings", (*FORM, *PAGE), (b"greeting=Kept&limit=42&share=0.25&colour=green",))
        )
        assert saved.status == 200
        assert await attacker.complaints(NOT_A_FORM) == {}
        page = (await attacker.send(Attack("GET", b"/hipchat/settings?" + SIGNED))).body.decode()
        assert 'value="Kept"' in page
        assert 'value="42"' in page
