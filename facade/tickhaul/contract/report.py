"""What a check found, operation by operation."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

#: The parts of a message that tell one value from another.
VALUES = re.compile(r"\".*\"|[0-9]+")

CLEAN = 0
DRIFT = 1
TIMED_OUT = 4


class Kind(StrEnum):
    """What is different."""

    UNDOCUMENTED_STATUS = "undocumented-status"
    """A status that the contract does not list for the operation."""
    UNEXPECTED_STATUS = "unexpected-status"
    """A status that is listed, and does not fit what was asked."""
    CONTENT_TYPE = "content-type"
    """A body of another media type."""
    BODY = "body"
    """No body where there should be one, or one where there should be none, or one that is no JSON."""
    MISSING_FIELD = "missing-field"
    UNEXPECTED_FIELD = "unexpected-field"
    TYPE = "type"
    FORMAT = "format"
    """Text that is no moment in UTC, no address; a number past 64 bits."""
    VALUE = "value"
    """A value against a pattern, a bound, or a closed list."""
    UNKNOWN_VALUE = "unknown-value"
    """A value that an open list does not name yet."""
    MISSING_HEADER = "missing-header"
    HEADER = "header"
    """A header that is malformed, or there when it should not be."""
    UNEXPECTED_HEADER = "unexpected-header"
    """A header of the service's own that the contract does not name."""
    BEHAVIOUR = "behaviour"
    """Answers that fit one by one, and contradict each other or what was asked."""
    UNANSWERED = "unanswered"
    """No answer, or only that the service is out."""
    TIMEOUT = "timeout"

    @property
    def is_addition(self) -> bool:
        """Whether it is what a service may add within a major version, and clients tolerate."""
        return self in (Kind.UNEXPECTED_FIELD, Kind.UNEXPECTED_HEADER, Kind.UNKNOWN_VALUE)


@dataclass(frozen=True, slots=True)
class Finding:
    """One difference between the service and the contract.

    Attributes:
        operation: the operation's id in the contract.
        kind: what is different.
        where: the place: ``status``, ``header X-Request-Id``, ``body``, ``body.items[*].symbol``.
        message: the difference in words; no key and no presigned query is in it.
        request: the request that first showed it, such as ``GET /v1/exchanges``.
        status: the status of that answer; ``None`` when there was none.
        request_id: its ``X-Request-Id``, for questions to the vendor.
        unsure: whether the contract itself says that no source states what was expected.
        times: how many values or answers showed it.
    """

    operation: str
    kind: Kind
    where: str
    message: str
    request: str
    status: int | None
    request_id: str | None
    unsure: bool = False
    times: int = 1


@dataclass(frozen=True, slots=True)
class Checked:
    """One operation, and what was found.

    Attributes:
        operation: its id in the contract.
        method: HTTP method.
        path: template of its path.
        statuses: how often it answered with which status.
        findings: the differences.
        open: what could not be looked at, and why; one line each.
    """

    operation: str
    method: str
    path: str
    statuses: Counter[int] = field(default_factory=Counter)
    findings: Sequence[Finding] = ()
    open: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """Everything a check found.

    Attributes:
        base_url: the service.
        contract_version: the version of the contract it was held against.
        wrote: whether resources were made and removed again.
        operations: all operations of the contract, in its order.
        left: resources the check made and could not remove.
        out_of_time: whether the check ended before it was through.
    """

    base_url: str
    contract_version: str
    wrote: bool
    operations: Sequence[Checked]
    left: Sequence[str] = ()
    out_of_time: bool = False

    @property
    def findings(self) -> list[Finding]:
        """All findings, in the order of the operations."""
        return [finding for checked in self.operations for finding in checked.findings]

    @property
    def answers(self) -> int:
        """How many answers were looked at."""
        return sum(checked.statuses.total() for checked in self.operations)

    def drift(self, *, additions: bool = True) -> Iterator[Finding]:
        """The findings that are about the service, timeouts aside.

        Args:
            additions: whether new fields and new values count.
        """
        return (f for f in self.findings if f.kind is not Kind.TIMEOUT and (additions or not f.kind.is_addition))

    def exit_code(self, *, additions: bool = True) -> int:
        """What a command should end with: 0 clean, 1 drift or something left behind, 4 not answered in time.

        Args:
            additions: whether new fields and new values count as drift.
        """
        if any(self.drift(additions=additions)) or self.left:
            return DRIFT
        return TIMED_OUT if self.out_of_time or any(f.kind is Kind.TIMEOUT for f in self.findings) else CLEAN
