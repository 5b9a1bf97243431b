"""An add-on's page as it stands in a person's browser: what it shows, and its forms, which can be sent."""

from collections.abc import Mapping
from urllib.parse import urlencode, urljoin, urlsplit

import httpx

from devhost.acts.forms import Form, Given, read
from devhost.wire.body import FORM
from devhost.wire.outbound import Ask, Outbound


class Frame:
    """A page that was opened; `status` is that of the add-on's answer."""

    def __init__(self, outbound: Outbound, response: httpx.Response, *, module: str, client_id: str) -> None:
        # `module` is the kind and key of what was opened, for the log.
        self._outbound = outbound
        self._module = module
        self._client_id = client_id
        self.response = response
        self.status = response.status_code
        self.url = str(response.request.url)
        self.html = response.text
        page = read(self.html)
        # What a person reads, one line for each paragraph.
        self.text = page.text
        # By which the page's script calls its add-on; empty when the page has none.
        self.page_token = page.page_token
        self.forms = page.forms

    def form(self, name: str | None = None) -> Form:
        """Return a form by its id or the end of its action; without a name the only one. Raises LookupError."""
        named = [one for one in self.forms if name is None or one.id == name]
        named = named or [one for one in self.forms if name and one.action.endswith(name)]
        if len(named) == 1:
            return named[0]
        listed = ", ".join(one.id or one.action for one in self.forms) or "none"
        asked = "one form" if name is None else f"one form {name!r}"
        raise LookupError(
            f"The page does not have exactly {asked} (status {self.status}). Its forms: {listed}. "
            "Forms of one kind need ids of their own: form(..., id=...)"
        )

    async def submit(self, fields: Mapping[str, Given] | None = None, *, form: str | None = None) -> httpx.Response:
        """Fill in a form, send it as the page's script does, and return the add-on's answer.

        Fields that are not given keep the values of the page. Raises LookupError for a form or a field that the page
        does not have, and httpx.RequestError when the add-on does not answer.
        """
        chosen = self.form(form)
        body = urlencode(chosen.filled(fields or {}))
        url = urljoin(self.url, chosen.action)
        if urlsplit(url)[:2] != urlsplit(self.url)[:2]:
            raise LookupError(f"The form leads to {url}; a page sends its token to its own add-on only")
        parts = urlsplit(self.url)
        headers = {"content-type": FORM, "origin": f"{parts.scheme}://{parts.netloc}"}
        if chosen.scripted:
            headers["authorization"] = f"JWT {self.page_token}"
        answer = await self._outbound.send(
            Ask(
                method="POST",
                url=url,
                purpose=f"form of {self._module}".strip(),
                body=body.encode("ascii"),
                headers=headers,
                client_id=self._client_id,
            )
        )
        return answer.response()
