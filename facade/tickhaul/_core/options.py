"""What may be set for a single call."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

from tickhaul._core.arguments import count, seconds, seconds_or_unlimited
from tickhaul._core.retry import RetryPolicy


class Keep:
    """The type of `KEEP`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "KEEP"


#: "As it was": ``None`` has a meaning of its own for a deadline.
KEEP: Final = Keep()


@dataclass(frozen=True, slots=True)
class CallOptions:
    """How long a call may take and how often it is tried.

    Attributes:
        timeout: seconds of silence on one socket wait before the try is given up.
        deadline: seconds for the whole call, retries and waits included; ``None`` for no limit.
        policy: how often and how patiently a request is sent again.
    """

    timeout: float = 30.0
    deadline: float | None = 120.0
    policy: RetryPolicy = field(default_factory=RetryPolicy)

    def override(
        self,
        *,
        timeout: float | Keep = KEEP,
        deadline: float | Keep | None = KEEP,
        max_retries: int | Keep = KEEP,
        max_retry_after: float | Keep = KEEP,
    ) -> CallOptions:
        """These options with some of them changed.

        Raises:
            ValueError: a duration is not positive, or a count is negative.
            TypeError: one is not a number.
        """
        changed = self
        if not isinstance(timeout, Keep):
            # There is no "no timeout": a silent server would hold the caller for ever.
            changed = replace(changed, timeout=seconds("timeout", timeout))
        if not isinstance(deadline, Keep):
            changed = replace(changed, deadline=seconds_or_unlimited("deadline", deadline))
        if not isinstance(max_retries, Keep):
            tries = count("max_retries", max_retries, 0)
            changed = replace(changed, policy=replace(changed.policy, max_retries=tries))
        if not isinstance(max_retry_after, Keep):
            cap = seconds("max_retry_after", max_retry_after)
            changed = replace(changed, policy=replace(changed.policy, max_retry_after=cap))
        return changed
