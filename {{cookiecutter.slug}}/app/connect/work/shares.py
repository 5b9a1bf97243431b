"""Shares: how many of a worker's places one origin, one tenant or one lane may hold.

Whoever holds places may take another only while enough are free besides: one alone gets a good part, the next a part of
what is left, and a newcomer always finds a place until very many hold theirs for long. A fixed cap would be either too
low for a lone tenant or no help against several hosts that hang at once.
"""

from collections import Counter

from app.connect.work.claims import Claim
from app.connect.work.pauses import Pauses
from app.connect.work.rows import PATIENT, PROMPT, lane_of

PLACES = 32
"""Entries that one worker runs at once."""
ORIGIN = 3
"""An origin takes a place while it holds less than the free ones by this; 8 of 32 where it is alone."""
TENANT = 4
"""The same of a tenant; 7 of 32 where it is alone."""
EVERYWHERE = 16
"""Entries of one tenant that run at once, in however many processes; counted where there can be several."""
AT_MOST = {PROMPT: PLACES - 4, PATIENT: PLACES // 2}
"""Neither lane can keep the other from running at all."""


class Shares:
    """Counts what runs in this process."""

    def __init__(self, pauses: Pauses, *, everywhere: int = EVERYWHERE) -> None:
        self.pauses = pauses
        self.everywhere = everywhere
        self._origins: Counter[str] = Counter()
        self._tenants: Counter[str] = Counter()
        self._lanes: Counter[int] = Counter()

    @property
    def free(self) -> int:
        """Return how many places nobody holds."""
        return PLACES - self._lanes.total()

    def begin(self, claim: Claim) -> None:
        """Count an entry that was taken."""
        self._count(claim, 1)

    def end(self, claim: Claim) -> None:
        """Count it no longer."""
        self._count(claim, -1)

    def of_lane(self, lane: int) -> int:
        """Return how many more entries of a lane may run."""
        return min(self.free, AT_MOST[lane] - self._lanes[lane])

    def of_origin(self, origin: str) -> int:
        """Return how many more entries of an origin may run; one at a time where it has been failing."""
        if self.pauses.is_shaky(origin):
            return max(0, 1 - self._origins[origin])
        return _more(self._origins[origin], self.free, ORIGIN)

    def of_tenant(self, origin: str, tenant_id: str) -> int:
        """Return how many more entries of a tenant may run."""
        return min(self.of_origin(origin), _more(self._tenants[tenant_id], self.free, TENANT))

    def _count(self, claim: Claim, step: int) -> None:
        self._lanes[lane_of(claim.kind)] += step
        for counter, name in ((self._origins, claim.owner.origin), (self._tenants, claim.owner.tenant_id)):
            counter[name] += step
            if not counter[name]:
                del counter[name]


def _more(holds: int, free: int, part: int) -> int:
    count = 0
    while (holds + count) * part < free - count:
        count += 1
    return count
