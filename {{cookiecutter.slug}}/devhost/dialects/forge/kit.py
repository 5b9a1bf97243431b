"""The test kit's part for Forge on the sites."""

from devhost.acts.kit import Kit
from devhost.dialects.forge.host import ForgeHost


class ForgeKit(Kit):
    """Forge as tests hold it."""

    @property
    def forge(self) -> ForgeHost:
        """The acts of Forge on the same sites.

        installed = await devhost.forge.install(manifest, site="jira")
        answer = await devhost.forge.invoke(installed, "panel", "/forge/call/builds", issue="TP-1")
        await devhost.sites.update_issue("TP-1", status="Done")
        await devhost.forge.advance(60)  # retries, schedules
        """
        forge: ForgeHost = self.app.state.forge
        return forge
