"""The add-on in the words of Forge: what it allows, its manifest, and where it speaks of installations. Pure.

The manifest is not served: the Forge command line reads it from the project's folder when it deploys.
"""

from collections.abc import Sequence
from typing import Any

from pydantic import TypeAdapter
from pydantic_core import PydanticSerializationError

from app.connect.declare.addon import Addon
from app.connect.hosts.forge.manifest import approval, build, limits
from app.connect.hosts.forge.manifest.yaml_text import write_yaml
from app.connect.hosts.forge.paths import ENDPOINTS
from app.connect.hosts.kept import KeptDocument
from app.connect.hosts.protocol import Answer, Document, Endpoint

FILE = "manifest.yml"
_ANYTHING: TypeAdapter[Any] = TypeAdapter(Any)


class ForgeDialect:
    """The add-on in Forge's words."""

    def problems(self, addon: Addon) -> Sequence[str]:
        """List what Forge would refuse, or deploy and never call."""
        return [f"addon.toml: {line}" for line in limits.problems(addon)]

    def describe(self, addon: Addon) -> Document:
        """Return the manifest."""
        made = build.manifest(addon)
        return KeptDocument(
            path=None,
            media_type="application/yaml",
            body=write_yaml(made),
            file=FILE,
            compare=lambda committed: approval.compare(committed, made),
            notes=limits.notes(addon),
        )

    def endpoints(self, _: Addon) -> Sequence[Endpoint]:
        """List the routes of events, schedules and the app's end."""
        return ENDPOINTS

    def answer(self, kind: str, result: Any) -> Answer:
        """Write what a resolver returned: JSON, as the frontend's bridge reads nothing else."""
        try:
            return Answer(_ANYTHING.dump_json(result, by_alias=True))
        except PydanticSerializationError as error:
            raise TypeError(f"The {kind} returns JSON or a model, not {type(result).__name__}: {error}.") from None
