"""The host's installations and consents as this dialect holds them: with a HipChat descriptor."""

from typing import TypeAlias

from devhost.dialects.hipchat.descriptor import Descriptor
from devhost.world.consents import Asked
from devhost.world.installations import Installed

HipChatInstallation: TypeAlias = Installed[Descriptor]
HipChatConsent: TypeAlias = Asked[Descriptor]
