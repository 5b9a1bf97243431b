"""The knobs of Forge: how long its tokens live, how long a remote may take, and what the protocol leaves open."""

from dataclasses import dataclass


@dataclass(slots=True, kw_only=True)
class ForgeKnobs:
    """Hold the knobs; all times are seconds and may be changed while the devhost runs."""

    token_seconds: float = 25
    frontend_timeout: float = 25
    event_timeout: float = 5
    retries: int = 4
    retry_seconds: float = 60
    # Documentation nests an event under `payload`; remotes read it at the top.
    nested_events: bool = False
    # The largest answer that a frontend gets, in bytes.
    answer_limit: int = 5 * 1024 * 1024
