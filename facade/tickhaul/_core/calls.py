"""One call on its way: what it sends, what it may cost, what happened so far."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, NoReturn, TypeVar

from tickhaul import errors
from tickhaul._core import answers
from tickhaul._core.deadline import Deadline, DeadlinePassed
from tickhaul._core.headers import read_retry_after
from tickhaul._core.retry import Judge, Loss, Lost

if TYPE_CHECKING:
    from collections.abc import Callable

    from tickhaul._core.answers import Answer
    from tickhaul._core.options import CallOptions
    from tickhaul._core.service import Action, Reader
    from tickhaul._core.wire import WireRequest
    from tickhaul.net.secrets import Secret

T = TypeVar("T")


class Progress(Generic[T]):
    """The course of one call, from its first try to its one result or its one exception.

    It decides; the executor does.

    Args:
        operation: what is called.
        request: what is sent, the same on every try.
        options: what the call may cost.
        repeatable: whether it may be sent again after it may have been carried out.
        secret: the API key, kept out of every message.
        monotonic: the clock, seconds.
        uniform: draws from a range of seconds.
        reader: knows what the service's answers mean.
        deadline: when it must be over, if it is part of something longer; ``None`` for what the options say.
    """

    def __init__(
        self,
        operation: Action[T],
        request: WireRequest,
        options: CallOptions,
        *,
        repeatable: bool,
        secret: Secret,
        monotonic: Callable[[], float],
        uniform: Callable[[float, float], float],
        reader: Reader = answers,
        deadline: Deadline | None = None,
    ) -> None:
        self.operation = operation
        self.request = request
        self.options = options
        self.deadline = deadline or Deadline(options.deadline, monotonic)
        self.history: list[str] = []
        self._secret = secret
        self._reader = reader
        self._judge = Judge(options.policy, repeatable=repeatable, uniform=uniform)

    @property
    def attempt(self) -> int:
        """The number of the try that is under way or comes next, from 1."""
        return self._judge.attempts + 1

    def before_wait(self, wait: float, reason: str) -> None:
        """Refuse a wait that would outlast the deadline.

        Raises:
            DeadlineExceeded: it would.
        """
        if wait >= self.deadline.remaining():
            self._out_of_time(reason)

    def after(self, outcome: Answer | Lost, now: float) -> float:
        """Seconds to wait before the next try.

        Args:
            outcome: how the try ended, other than in a success.
            now: the wall clock, Unix seconds.

        Raises:
            ApiError: an answer is the last word, because of its kind, the number of tries or the time left.
            DeadlineExceeded: the time is up, or would be before the next try.
            NetworkError: another try after a loss is not allowed or not worthwhile.
        """
        return self._after_loss(outcome) if isinstance(outcome, Lost) else self._after_error(outcome, now)

    def result(self, answer: Answer) -> T:
        """The model in a success.

        Raises:
            ResponseDecodeError: the body does not fit the contract.
            DeadlineExceeded: the time was up before it was read.
        """
        read, attempt = self._reader.read_success, self.attempt
        try:
            return self.deadline.run(lambda: read(self.operation, answer, self._secret, attempts=attempt))
        except DeadlinePassed:
            problem = "the response was not read before the deadline"
        # Outside the handler, whose exception holds the body in its frames.
        self.history.append(problem)
        return self._out_of_time(problem)

    def _after_loss(self, lost: Lost) -> float:
        # Bounded, for the engine quotes what it could not read, which may be all of a head.
        text = self._secret.excerpt(lost.text.encode("utf-8", "replace"))
        self.history.append(text)
        wait = self._judge.after_loss(lost.loss)
        if lost.loss is Loss.MAYBE_DONE and not self._judge.repeatable:
            text += "; it may have been carried out, so it was not sent again: look before you repeat it"
        if self.deadline.remaining() <= 0:
            self._out_of_time(text)
        if wait is None:
            raise errors.NetworkError(self._lost(text), attempts=self.history)
        self.before_wait(wait, text)
        return wait

    def _after_error(self, answer: Answer, now: float) -> float:
        self.history.append(self._secret.scrub(self._reader.describe(answer)))
        retry_after = read_retry_after(answer.headers, now)
        wait = self._judge.after_answer(answer.status, retry_after)
        if wait is None or wait >= self.deadline.remaining():
            # With too little time left for another try, the service's own words say more than "out of time" would.
            raise self._reader.read_error(answer, self._secret, attempts=self._judge.attempts, retry_after=retry_after)
        return wait

    def _lost(self, text: str) -> str:
        tries = self._judge.attempts
        times = "once" if tries == 1 else f"{tries} times"
        return f"{self.operation.name}: no answer after trying {times}: {text}"

    def _out_of_time(self, reason: str) -> NoReturn:
        seconds = self.deadline.seconds
        raise errors.DeadlineExceeded(
            f"{self.operation.name}: the deadline of {seconds:g} s does not allow going on: {reason}",
            deadline=seconds,
            attempts=self.history,
        )
