"""One check under way: it asks, has the answers judged, and keeps what is found."""

from __future__ import annotations

import json
import time
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from tickhaul._core.deadline import Deadline, DeadlinePassed
from tickhaul._core.headers import read_retry_after
from tickhaul.contract.judge import judge
from tickhaul.contract.report import Checked, Finding, Kind, Report
from tickhaul.contract.values import Difference, show
from tickhaul.contract.wire import Answer, Lost
from tickhaul.net.redaction import MASK
from tickhaul.net.secrets import Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from tickhaul.contract.document import Contract, Operation
    from tickhaul.contract.judge import Judgement
    from tickhaul.contract.wire import Wire

#: Answers about the moment and not about the request: it is asked again.
PASSING = (429, 503)
_TRIES = 4
#: Seconds that judging an answer may take in any case.
_JUDGING = 2.0
_USUAL_WAIT = 1.0
_STATUSES = (Kind.UNDOCUMENTED_STATUS, Kind.UNEXPECTED_STATUS)
#: No key of the service looks like this.
BAD_KEY = "key_tickhaul_contract_check.wrong"


_NOBODY = (("subscription", "sub"), ("export_schema", "sch"), ("export", "exp"))


class OutOfTimeError(Exception):
    """The time of the whole check is over."""


class RefusedError(Exception):
    """The service does not accept the API key.

    Args:
        request_id: how the service names its answer.
    """

    def __init__(self, request_id: str | None) -> None:
        super().__init__("the service does not accept the API key")
        self.request_id = request_id


class NobodyThereError(Exception):
    """The very first request had no answer, or only that the service is out.

    Args:
        lost: what became of it.
    """

    def __init__(self, lost: Lost) -> None:
        super().__init__(lost.reason)
        self.lost = lost


@dataclass(frozen=True, slots=True)
class Place:
    """The request that findings are about.

    Attributes:
        operation: the operation's id.
        request: method, path and query.
        status: the status of the answer; ``None`` when there was none.
        request_id: its request id.
        unsure: whether no source states what was expected.
    """

    operation: str
    request: str
    status: int | None
    request_id: str | None
    unsure: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of asking.

    Attributes:
        place: what was asked.
        value: the JSON of the body.
        good: whether the answer can be built upon: expected, and as the contract has it, additions aside.
        headers: by lower-case name.
    """

    place: Place
    value: Any  # as the JSON reader has it
    good: bool
    headers: Mapping[str, str]

    @property
    def status(self) -> int | None:
        """The status; ``None`` when there was no answer."""
        return self.place.status


class Session:
    """One check.

    Args:
        contract: what the service is held against.
        wire: the connection to it.
        key: the API key.
        deadline: seconds for the whole check.
        clock: the time in seconds, from any start.
        sleep: waits for so many seconds.
    """

    def __init__(
        self,
        contract: Contract,
        wire: Wire,
        key: Secret,
        *,
        deadline: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.contract = contract
        self._wire = wire
        self._key = key
        self._clock = clock
        self._sleep = sleep
        self._until = clock() + deadline
        self._found: dict[tuple[str, Kind, str, str], Finding] = {}
        self._open: dict[str, list[str]] = {name: [] for name in contract.operations}
        self._statuses: dict[str, Counter[int]] = {name: Counter() for name in contract.operations}
        self._ids: set[str] = set()
        self._answered = False

    def ask(
        self,
        operation: str,
        *,
        path: Mapping[str, str] | None = None,
        query: Mapping[str, object] | None = None,
        body: object = None,
        expect: Collection[int] = (),
        unsure: bool = False,
        key: str | None = None,
        idempotency_key: str | None = None,
    ) -> Asked:
        """Ask, and judge the answer.

        Args:
            operation: what to ask for, by its id in the contract.
            path: the parameters of its path.
            query: those of its query.
            body: the JSON to send.
            expect: the statuses that fit; its success when left out.
            unsure: whether no source states that these are the ones.
            key: another API key than the account's; empty for none.
            idempotency_key: the key that makes it safe to repeat.

        Raises:
            OutOfTimeError: the time of the check is over.
            NobodyThereError: it is the first request, and there was no answer, or only that the service is out.
        """
        asked = self.contract.operations[operation]
        target = asked.target(**(path or {})) + (f"?{urlencode(query)}" if query else "")
        shown = None if key == "" else self._key if key is None else Secret(key)
        headers = {} if idempotency_key is None else {"Idempotency-Key": idempotency_key}
        content = None if body is None else json.dumps(body).encode()
        expected = expect or (asked.success,)
        place = Place(operation, self._scrub(f"{asked.method} {target}"), None, None, unsure)
        for attempt in range(1, _TRIES + 1):
            answer = self._wire.send(asked.method, target, headers, shown, content, within=self._left())
            if isinstance(answer, Lost):
                answer = replace(answer, reason=self._scrub(answer.reason))
                if not self._answered:
                    raise NobodyThereError(answer)
                self._note(
                    place, Difference(Kind.TIMEOUT if answer.timed_out else Kind.UNANSWERED, "status", answer.reason)
                )
                return Asked(place, None, good=False, headers={})
            answer = self._without_key(answer)
            self._statuses[operation][answer.status] += 1
            place = replace(place, status=answer.status, request_id=self._request_id(answer))
            passing = answer.status in PASSING and answer.status not in expected
            judgement = self._judge(asked, answer, (*expected, *PASSING) if passing else expected)
            for difference in judgement.differences:
                self._note(place, difference)
            self._note_repeated_id(place)
            if judgement.good and answer.status == asked.success:
                self._open[operation].clear()
            if not passing:
                self._answered = True
                return Asked(place, judgement.value, judgement.good, answer.headers)
            if attempt < _TRIES:
                wait = read_retry_after(answer.headers, time.time())
                self.wait(_USUAL_WAIT if wait is None else wait)
        if not self._answered:
            reason = f"the service answered {place.status}, {_TRIES} times in a row"
            raise NobodyThereError(Lost(reason, timed_out=False))
        self._note(place, Difference(Kind.UNANSWERED, "status", f"is {place.status} each of {_TRIES} times"))
        return Asked(place, None, good=False, headers={})

    def ensure(self, asked: Asked, fact: bool, where: str, message: str, *, unsure: bool = False) -> bool:
        """Note it if a fact about an answer does not hold, and return whether it does.

        Args:
            asked: the answer.
            fact: what should be true.
            where: the place in the answer.
            message: what is wrong if it is not.
            unsure: whether no source states it.
        """
        if not fact:
            self._note(replace(asked.place, unsure=unsure), Difference(Kind.BEHAVIOUR, where, message))
        return fact

    def leave_open(self, operation: str, reason: str) -> None:
        """Note that something about an operation could not be looked at."""
        if reason not in self._open[operation]:
            self._open[operation].append(reason)

    def wait(self, seconds: float) -> None:
        """Let time pass.

        Args:
            seconds: how much.

        Raises:
            OutOfTimeError: there is not so much left.
        """
        if seconds >= self._left():
            raise OutOfTimeError
        self._sleep(seconds)

    def allow(self, seconds: float) -> None:
        """Give the check at least so many seconds from now, for what must be done in any case."""
        self._until = max(self._until, self._clock() + seconds)

    def report(self, base_url: str, *, wrote: bool, left: Collection[str], out_of_time: bool) -> Report:
        """Everything that was found.

        Args:
            base_url: the service.
            wrote: whether resources were made.
            left: those that could not be removed.
            out_of_time: whether the check is not through.
        """
        checked = [
            Checked(
                operation=name,
                method=operation.method,
                path=operation.path,
                statuses=self._statuses[name],
                findings=tuple(f for f in self._found.values() if f.operation == name),
                open=tuple(self._open[name]) or self._missing_success(name, out_of_time=out_of_time),
            )
            for name, operation in self.contract.operations.items()
        ]
        return Report(base_url, self.contract.version, wrote, checked, tuple(left), out_of_time)

    def _judge(self, asked: Operation, answer: Answer, expected: Collection[int]) -> Judgement:
        # Also of an answer that comes last: what was made must be known in order to be removed.
        until = Deadline(max(self._until - self._clock(), _JUDGING), self._clock)
        try:
            return until.run(lambda: judge(self.contract, asked, answer, expected))
        except DeadlinePassed:
            raise OutOfTimeError from None

    def _missing_success(self, name: str, *, out_of_time: bool) -> tuple[str, ...]:
        # Refusals alone, of a wrong key or an unknown id, do not make an operation one that was looked at.
        if any(200 <= status < 300 for status in self._statuses[name]):
            return ()
        return ("the time was over" if out_of_time else "no answer was a success",)

    def _without_key(self, answer: Answer) -> Answer:
        # Before it is judged, because a value is cut when it is shown, and the cut could go through the key.
        key = self._key.reveal()
        return Answer(
            answer.status,
            {name: value.replace(key, MASK) for name, value in answer.headers.items()},
            answer.body.replace(key.encode(), MASK.encode()),
        )

    def _note(self, place: Place, difference: Difference) -> None:
        # The names of unknown fields are the service's own words as well.
        where, message = self._scrub(difference.where), self._scrub(difference.message)
        name = (place.operation, *Difference(difference.kind, where, message).name)
        known = self._found.get(name)
        if known is None:
            self._found[name] = Finding(
                operation=place.operation,
                kind=difference.kind,
                where=where,
                message=message,
                request=place.request,
                status=place.status,
                request_id=place.request_id,
                unsure=place.unsure and difference.kind in (*_STATUSES, Kind.BEHAVIOUR),
            )
        else:
            self._found[name] = replace(known, times=known.times + 1)

    def _note_repeated_id(self, place: Place) -> None:
        if place.request_id is None:
            return
        if place.request_id in self._ids:
            self._note(place, Difference(Kind.HEADER, "header X-Request-Id", "is that of an earlier answer"))
        self._ids.add(place.request_id)

    def _request_id(self, answer: Answer) -> str | None:
        text = answer.headers.get("x-request-id")
        if text is None:
            return None
        # It goes to a terminal, where a byte past ASCII may be a command.
        return self._scrub(text if text.isascii() else show(text))

    def _scrub(self, text: str) -> str:
        return self._key.scrub(text)

    def _left(self) -> float:
        left = self._until - self._clock()
        if left <= 0:
            raise OutOfTimeError
        return left


def nobody(operation: str) -> str:
    """A well-formed id of no resource, of the kind an operation is about; empty for an operation without ids."""
    prefix = next((prefix for kind, prefix in _NOBODY if f"_{kind}" in operation), None)
    return f"{prefix}_{'0' * 32}" if prefix else ""
