"""Walks through the pages of a collection without leaving the host."""

from collections.abc import AsyncIterator, Awaitable, Callable
from urllib.parse import urljoin

from app.connect.hosts.hipchat.client.errors import AddressRefused, LimitExceeded, ResponseInvalid
from app.connect.hosts.hipchat.client.models import Page
from app.connect.network.addresses import origin_of

LARGEST_PAGE = 1000


def page_size_of(size: int) -> int:
    """Return a page size the host takes; `LimitExceeded` for others than 1 to 1000."""
    if not 1 <= size <= LARGEST_PAGE:
        raise LimitExceeded("page_size", f"1 to {LARGEST_PAGE}")
    return size


async def follow(url: str, fetch: Callable[[str], Awaitable[Page]]) -> AsyncIterator[object]:
    """Yield the items of the page at `url` and of every page after it, one request a page.

    `ResponseInvalid` when a next link goes in circles or to another origin.
    """
    seen = {url}
    while True:
        page = await fetch(url)
        for item in page.items:
            yield item
        if not page.links.next:
            return
        following = next_url(url, page.links.next)
        if following in seen:
            raise ResponseInvalid("The host's pages go in circles.")
        seen.add(following)
        url = following


def next_url(url: str, link: str) -> str:
    """Return the address a next link on the page at `url` stands for, on the same origin."""
    try:
        following = urljoin(url, link)
        same = origin_of(following) == origin_of(url)
    except (AddressRefused, ValueError):
        same = False
    if not same:
        raise ResponseInvalid("The host's next page is on another origin. Check the host's own base URL.")
    return following
