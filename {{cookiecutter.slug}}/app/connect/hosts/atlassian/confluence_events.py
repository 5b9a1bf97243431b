"""The events of Confluence as models: lenient with what is sent, one shape for handlers (reference 14.3)."""

from typing import Annotated

from pydantic import AliasChoices, BeforeValidator, Field

from app.connect.hosts.atlassian.wire import Account, Id, SiteEvent, Wire


class EventContent(Wire):
    """A page or blog post, as events name it."""

    id: Id = ""
    title: str = ""
    space_key: str = ""
    version: int | None = None


class EventContentComment(Wire):
    """A comment; `parent` is what it is about."""

    id: Id = ""
    parent: EventContent = EventContent()


class EventSpace(Wire):
    """A space, as events name it."""

    id: Id | None = None
    key: str = ""
    name: Annotated[str, Field(validation_alias=AliasChoices("name", "title"))] = ""


class EventFile(Wire):
    """A file of a page; `size` is bytes."""

    id: Id = ""
    file_name: str = ""
    content_type: str | None = None
    size: Annotated[int | None, Field(validation_alias=AliasChoices("fileSize", "size"))] = None


Files = Annotated[
    tuple[EventFile, ...],
    BeforeValidator(lambda given: (given,) if isinstance(given, dict) else given),
    Field(validation_alias=AliasChoices("attachments", "attachment", "attachedFiles")),
]


class ConfluenceEvent(SiteEvent):
    """What every event of Confluence has."""

    user_account_id: str | None = None

    @property
    def actor(self) -> Account | None:
        """Who caused it, where the host says so."""
        return Account(account_id=self.user_account_id) if self.user_account_id else None


class PageEvent(ConfluenceEvent):
    """Something about one page."""

    page: EventContent

    @property
    def place(self) -> str | None:
        """The id of the page."""
        return self.page.id or None


class PageCreated(PageEvent):
    """A page was created (`page_created`)."""


class PageUpdated(PageEvent):
    """A page was changed (`page_updated`)."""


class PageMoved(PageEvent):
    """A page was moved (`page_moved`)."""


class PageTrashed(PageEvent):
    """A page was thrown away (`page_trashed`)."""


class PageRestored(PageEvent):
    """A page was taken back (`page_restored`)."""


class PageRemoved(PageEvent):
    """A page is gone for good (`page_removed`)."""


class BlogPostEvent(ConfluenceEvent):
    """Something about one blog post."""

    blog: Annotated[EventContent, Field(validation_alias=AliasChoices("blog", "blogpost", "page"))]

    @property
    def place(self) -> str | None:
        """The id of the post."""
        return self.blog.id or None


class BlogPostCreated(BlogPostEvent):
    """A blog post was created (`blog_created`)."""


class BlogPostUpdated(BlogPostEvent):
    """A blog post was changed (`blog_updated`)."""


class BlogPostTrashed(BlogPostEvent):
    """A blog post was thrown away (`blog_trashed`)."""


class BlogPostRestored(BlogPostEvent):
    """A blog post was taken back (`blog_restored`)."""


class BlogPostRemoved(BlogPostEvent):
    """A blog post is gone for good (`blog_removed`)."""


class ContentCommentEvent(ConfluenceEvent):
    """Something about one comment of a page or post."""

    comment: EventContentComment

    @property
    def place(self) -> str | None:
        """The id of what the comment is about."""
        return self.comment.parent.id or None


class ContentCommentCreated(ContentCommentEvent):
    """A comment was written (`comment_created`)."""


class ContentCommentUpdated(ContentCommentEvent):
    """A comment was changed (`comment_updated`)."""


class ContentCommentRemoved(ContentCommentEvent):
    """A comment was removed (`comment_removed`)."""


class ContentFileEvent(ConfluenceEvent):
    """Something about files of a page or post."""

    attachments: Files = ()


class ContentFileCreated(ContentFileEvent):
    """Files were attached (`attachment_created`)."""


class ContentFileUpdated(ContentFileEvent):
    """Files were changed (`attachment_updated`)."""


class ContentFileRemoved(ContentFileEvent):
    """Files were removed (`attachment_removed`)."""


class SpaceEvent(ConfluenceEvent):
    """Something about one space."""

    space: EventSpace

    @property
    def place(self) -> str | None:
        """The key of the space."""
        return self.space.key or None


class SpaceCreated(SpaceEvent):
    """A space was created (`space_created`)."""


class SpaceUpdated(SpaceEvent):
    """A space was changed (`space_updated`)."""


class SpaceRemoved(SpaceEvent):
    """A space was removed (`space_removed`)."""
