"""Whether to send a request again, and after how long.

The rules, in one place:

* A request whose repetition is harmless (reads; writes with an idempotency key) is sent again after a lost answer and
  after 408, 425, 429 and any 5xx, whatever the body looks like.
* A ``PUT`` publishes something each time and takes no key, so it is sent again only when it cannot have been carried
  out: the connection was never made, or the answer is 429.
* A 409 on a repetition may mean that the first try is still running (docs: guides/idempotency), so it is worth another.
* A wait the service names is obeyed up to a cap, a longer one ends the call at once with the error that names it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from tickhaul.net.waits import backoff

if TYPE_CHECKING:
    from collections.abc import Callable

_PASSING_4XX = frozenset({408, 425, 429})


class Loss(Enum):
    """How a request failed without an answer."""

    NOT_SENT = "not sent"
    """No connection was made: the service cannot have seen the request."""
    MAYBE_DONE = "maybe done"
    """It was sent, at least in part, and its answer did not arrive: it may have been carried out."""
    HOPELESS = "hopeless"
    """Another try cannot go better, such as a certificate that is not trusted."""


@dataclass(frozen=True, slots=True, repr=False)
class Lost:
    """A try without a complete answer. It has no ``repr`` of its own, because the text may quote what the server sent.

    Attributes:
        loss: what that means for trying again.
        text: what happened, in words.
        timed_out: whether it took too long.
    """

    loss: Loss
    text: str
    timed_out: bool = False


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and how patiently.

    Attributes:
        max_retries: how many times a request may be sent again.
        base: seconds; the upper bound of the first backoff, doubled for each one after it.
        cap: seconds; no backoff is longer.
        max_retry_after: seconds; a longer wait named by the service ends the call instead.
    """

    max_retries: int = 4
    base: float = 0.5
    cap: float = 8.0
    max_retry_after: float = 60.0


class Judge:
    """The course of one call: counts its tries and decides what follows each of them.

    Args:
        policy: the bounds.
        repeatable: whether the request may be sent again after it may have been carried out.
        uniform: draws from a range of seconds, as ``random.uniform``.
    """

    def __init__(self, policy: RetryPolicy, *, repeatable: bool, uniform: Callable[[float, float], float]) -> None:
        self._policy = policy
        self._repeatable = repeatable
        self._uniform = uniform
        self.attempts = 0
        self._may_be_running = False

    @property
    def repeatable(self) -> bool:
        """Whether the request may be sent again after it may have been carried out."""
        return self._repeatable

    def after_loss(self, loss: Loss) -> float | None:
        """Seconds to wait before the next try, or ``None`` to give up."""
        self.attempts += 1
        if loss is Loss.MAYBE_DONE:
            self._may_be_running = True
        worthwhile = loss is Loss.NOT_SENT or (loss is Loss.MAYBE_DONE and self._repeatable)
        return self._backoff() if worthwhile and self._has_tries() else None

    def after_answer(self, status: int, retry_after: float | None) -> float | None:
        """Seconds to wait before the next try, or ``None`` when this answer is the last.

        Args:
            status: the HTTP status; a success is always the last answer.
            retry_after: the seconds the service asks to wait, or ``None``.
        """
        self.attempts += 1
        if not self._worth_another(status) or not self._has_tries():
            return None
        if status >= 500 or status == 408:
            self._may_be_running = True
        if not retry_after:
            # "Come back at once" is no reason to hammer a service that just failed.
            return self._backoff()
        if retry_after > self._policy.max_retry_after:
            return None
        # Never sooner than asked; a little later, so that many waiters do not return at the same moment.
        return retry_after + self._uniform(0.0, min(1.0, 0.1 * retry_after + 0.05))

    def _worth_another(self, status: int) -> bool:
        if status == 429:
            return True
        if not self._repeatable:
            return False
        return status in _PASSING_4XX or status >= 500 or (status == 409 and self._may_be_running)

    def _has_tries(self) -> bool:
        return self.attempts <= self._policy.max_retries

    def _backoff(self) -> float:
        return backoff(self.attempts, base=self._policy.base, cap=self._policy.cap, uniform=self._uniform)
