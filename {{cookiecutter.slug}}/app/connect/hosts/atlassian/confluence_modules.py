"""Models of the modules that Confluence alone has: macros and byline items (reference 3.5)."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import StringConstraints

from app.connect.hosts.atlassian.fields import FurtherPage, Icon, Part, Short, Text
from app.connect.hosts.atlassian.modules import Module, Properties, Target


class BylineItem(Module):
    """An entry below the title of a page."""

    context: Literal["addon", "page", "product"] | None = None
    target: Target | None = None
    content_property_key: Annotated[str, StringConstraints(pattern=r"^[a-zA-Z0-9-]+$", max_length=100)] | None = None


class Parameter(Part):
    """What the author of a page types into a macro."""

    identifier: Annotated[str, StringConstraints(pattern=r"^[-_a-z0-9.]+$")]
    name: Text
    type: Literal[
        "attachment", "boolean", "confluence-content", "enum", "int", "label", "spacekey", "string", "url", "username"
    ]
    required: bool | None = None
    multiple: bool | None = None
    hidden: bool | None = None
    default_value: str | None = None
    values: tuple[str, ...] | None = None
    description: Text | None = None


class Macro(Module):
    """What both kinds of macro say."""

    output_type: Literal["block", "inline"] | None = None
    parameters: tuple[Parameter, ...] | None = None
    categories: tuple[str, ...] | None = None
    aliases: tuple[str, ...] | None = None
    featured: bool | None = None
    hidden: bool | None = None
    editor: FurtherPage | None = None
    property_panel: FurtherPage | None = None
    image_placeholder: Icon | None = None


class StaticMacro(Macro):
    """A macro that answers in the storage format."""

    body_type: Literal["none", "plain-text", "rich-text"] | None = None
    rendering_method: Literal["get"] | None = None
    """The host can post the parameters, too; here they come in the address, like those of every frame."""


class DynamicMacro(Macro):
    """A macro that is a frame; `renderModes = { pdf = true }` has an answer in the storage format beside it."""

    body_type: Literal["none", "plain-text", "rich-text", "multi-body-rich-text"] | None = None
    width: Short | None = None
    height: Short | None = None
    render_modes: Mapping[Literal["default", "pdf", "word", "email"], FurtherPage] | None = None


class PublishCondition(Module):
    """What must hold before a page is published."""

    context: Literal["addon", "page", "product"] | None = None
    error_message: Text | None = None


CONFLUENCE_MODELS: Mapping[str, type[Module]] = {
    "contentBylineItems": BylineItem,
    "staticContentMacros": StaticMacro,
    "dynamicContentMacros": DynamicMacro,
    "confluenceContentProperties": Properties,
    "publishConditions": PublishCondition,
}
