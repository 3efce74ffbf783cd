"""Misbehaviour on request.

A fault is written `KIND[:TARGET][:OPTION=VALUE]...`, for example

    lost-answer:exports.create:times=1
    latency:seconds=0.3:p=0.1
    html-503:/v1/exports/*:after=2:times=3

TARGET is a pattern (`*` and `?`) for the name of an operation (`exports.create`, `subscriptions.*`), or for a path if
it starts with a slash; left out, it means every operation of the API. Downloads are only hit when named: `storage.get`.
Every fault takes `times` (how often at most), `after` (how many requests to spare first) and `p` (with what
probability). Which requests are hit depends only on the seed and the requests, so a failure can be replayed.
"""

from __future__ import annotations

import logging
import random
import threading
from collections import deque
from dataclasses import dataclass, field
from difflib import get_close_matches
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import TYPE_CHECKING

from tickhaul_sandbox.xythub.framing import SPOILED

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

OptionValue = str | int | float
_log = logging.getLogger("tickhaul_sandbox.faults")


@dataclass(frozen=True)
class Kind:
    """A way to misbehave.

    Attributes:
        summary: What happens.
        target: What it hits unless told otherwise.
        options: Its options with their defaults; the type of a default is the type of the option.
        storage: Whether downloads can be hit too.
    """

    summary: str
    target: str = "*"
    options: Mapping[str, OptionValue] = field(default_factory=lambda: MappingProxyType({}))
    storage: bool = True


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "latency": Kind("the request takes longer", options={"seconds": 1.0}),
        "reset": Kind("the connection is reset before the request has any effect"),
        "lost-answer": Kind("the request takes effect, then the connection is reset instead of an answer"),
        "truncated-body": Kind("the connection ends in the middle of the body", options={"bytes": -1}),
        "html-503": Kind("a proxy answers 503 with a page of HTML", options={"retry-after": ""}),
        "html-520": Kind("a proxy answers 520 with a page of HTML"),
        "rate-limit": Kind("the answer is 429", options={"retry-after": 1, "form": "seconds"}),
        "error": Kind("the answer is an error", options={"status": 500, "code": "internal", "message": "Injected"}),
        "malformed-json": Kind("the body is no JSON although its length is right", storage=False),
        "missing-field": Kind("a field is missing from the answer", options={"field": ""}, storage=False),
        "unknown-enum": Kind(
            "a field has a value nobody knows", options={"field": "status", "value": "hibernating"}, storage=False
        ),
        "repeated-page": Kind("a page points to itself as the next one", storage=False),
        "expired-url": Kind("the URLs of a download have expired", target="exports.get_download"),
        "failed-export": Kind(
            "the job fails",
            target="exports.create",
            options={"reason": "Injected failure while exporting"},
            storage=False,
        ),
        "malformed-frame": Kind(
            f"the frame of an answer of xyt hub is malformed; how: {', '.join(SPOILED)}",
            target="xyt.*",
            options={"how": "marker"},
            storage=False,
        ),
        "stale-token": Kind("no token of xyt hub is good any longer", target="xyt.*", storage=False),
    }
)
_COMMON: Mapping[str, OptionValue] = MappingProxyType({"times": 0, "after": 0, "p": 1.0})
_REMEMBERED = 10_000
_MOST = 1000
_LONGEST = 1000
# A thousand million, which in seconds are thirty years; what is far beyond it breaks dates and arithmetic.
_GREATEST = 1_000_000_000
_FORMS = ("seconds", "date", "none")
# Faults whose moment is deep inside an operation rather than at the edge of the request.
_DEEP = frozenset({"expired-url", "failed-export"})


class FaultError(ValueError):
    """A fault that cannot be understood."""


@dataclass
class Fault:
    """One fault, counting how often it has been considered and has struck.

    Attributes:
        spec: The text it was read from.
        kind: The name of its kind.
        target: What it hits.
        options: Its options, complete.
        dice: Its own random numbers.
        considered: How many requests it matched.
        struck: How many of them it hit.
    """

    spec: str
    kind: str
    target: str
    options: Mapping[str, OptionValue]
    dice: random.Random = field(repr=False)
    considered: int = 0
    struck: int = 0

    def text(self, option: str) -> str:
        """Return an option as text."""
        return str(self.options[option])

    def number(self, option: str) -> float:
        """Return an option as a number."""
        return float(self.options[option])

    def matches(self, operation: str, path: str) -> bool:
        """Return whether a request is of the kind it hits."""
        if self.target.startswith("/"):
            return fnmatchcase(path, self.target)
        if operation.startswith("storage.") and not self.target.startswith("storage"):
            return False
        return fnmatchcase(operation, self.target)

    def strikes(self) -> bool:
        """Decide about one matching request."""
        self.considered += 1
        times = self.number("times")
        if self.considered <= self.number("after") or (times and self.struck >= times):
            return False
        if self.dice.random() >= self.number("p"):
            return False
        self.struck += 1
        return True


@dataclass(frozen=True)
class Strike:
    """One request that was hit.

    Attributes:
        spec: The text of the fault.
        operation: The operation the request was for.
        path: Its path; of a very long one the beginning.
    """

    spec: str
    operation: str
    path: str


class Faults:
    """The faults in force; may be changed from another thread at any time.

    Args:
        specs: The faults wanted from the start.
        seed: Where their random numbers start.

    Raises:
        FaultError: If one cannot be understood.
    """

    def __init__(self, specs: tuple[str, ...] = (), seed: int = 0) -> None:
        self._seed = seed
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self._operations: Collection[str] = ()
        self._strikes: deque[Strike] = deque(maxlen=_REMEMBERED)
        self._added = 0
        for spec in specs:
            self.add(spec)

    @property
    def strikes(self) -> list[Strike]:
        """What has struck last, oldest first; a sandbox may run for days, so there is a bound."""
        with self._lock:
            return list(self._strikes)

    @property
    def specs(self) -> list[str]:
        """The texts of the faults in force, oldest first."""
        with self._lock:
            return [fault.spec for fault in self._faults]

    def add(self, spec: str) -> Fault:
        """Put a fault in force.

        Args:
            spec: `KIND[:TARGET][:OPTION=VALUE]...`.

        Raises:
            FaultError: If it cannot be understood.
        """
        with self._lock:
            if len(self._faults) >= _MOST:
                raise FaultError(f"{_MOST} faults are in force, and no more can be; clear them first")
            fault = parse(spec, random.Random(f"fault:{self._seed}:{self._added}"))
            self._check_target(fault)
            self._faults.append(fault)
            self._added += 1
            return fault

    def know(self, operations: Collection[str]) -> None:
        """Learn what operations there are, so that a fault that could never strike is refused.

        Args:
            operations: Their names; those of xyt hub, which has no end of them, are all let through.

        Raises:
            FaultError: If one in force names none of them.
        """
        with self._lock:
            self._operations = operations
            for fault in self._faults:
                self._check_target(fault)

    def _check_target(self, fault: Fault) -> None:
        if not self._operations or fault.target.startswith(("/", "xyt")):
            return
        if any(fnmatchcase(name, fault.target) for name in self._operations):
            return
        near = get_close_matches(fault.target, self._operations, n=3)
        hint = f"did you mean {' or '.join(near)}?" if near else "such as exports.get, exports.*, storage.get or /v1/*"
        raise FaultError(f"no operation is called {fault.target!r}, as {fault.spec!r} asks; {hint}")

    def remove(self, fault: Fault) -> None:
        """Take a fault out of force; nothing happens if it is not in force."""
        with self._lock:
            self._faults = [known for known in self._faults if known is not fault]

    def clear(self) -> None:
        """Take all faults out of force."""
        with self._lock:
            self._faults.clear()

    def draw(self, operation: str, path: str) -> dict[str, Fault]:
        """Return the faults that hit a request by kind; of one kind the first added.

        Args:
            operation: The operation the request is for.
            path: Its path.
        """
        edge = operation.startswith("storage.")
        return self._draw(operation, path, lambda fault: edge or fault.kind not in _DEEP)

    def reason_to_fail(self, operation: str) -> str | None:
        """Return why the export being created is to fail, `None` if it is not."""
        fault = self._draw(operation, "", lambda fault: fault.kind == "failed-export").get("failed-export")
        return None if fault is None else fault.text("reason")

    def urls_expired(self, operation: str) -> bool:
        """Return whether the URLs being signed are to be expired ones."""
        return bool(self._draw(operation, "", lambda fault: fault.kind == "expired-url"))

    def _draw(self, operation: str, path: str, among: Callable[[Fault], bool]) -> dict[str, Fault]:
        drawn: dict[str, Fault] = {}
        with self._lock:
            for fault in self._faults:
                if among(fault) and fault.kind not in drawn and fault.matches(operation, path) and fault.strikes():
                    drawn[fault.kind] = fault
                    self._strikes.append(Strike(fault.spec, operation[:_LONGEST], path[:_LONGEST]))
                    _log.info("fault %s struck %s %s", fault.spec, operation, path)
        return drawn


def parse(spec: str, dice: random.Random) -> Fault:
    """Return the fault a text describes.

    Args:
        spec: `KIND[:TARGET][:OPTION=VALUE]...`.
        dice: Its random numbers.

    Raises:
        FaultError: If it cannot be understood; the text says why.
    """
    if len(spec) > _LONGEST:
        raise FaultError(f"a fault has at most {_LONGEST} characters, not {len(spec)}")
    if not spec.isprintable():
        # Some of it becomes headers.
        raise FaultError(f"a fault must be printable, unlike {spec!r}")
    name, *rest = spec.split(":")
    kind = KINDS.get(name)
    if kind is None:
        raise FaultError(f"unknown fault {name!r} in {spec!r}; there are {', '.join(KINDS)}")
    target = kind.target
    if rest and "=" not in rest[0]:
        target, *rest = rest
        if not target:
            raise FaultError(f"empty target in {spec!r}")
    if target.startswith("storage") and not kind.storage:
        raise FaultError(f"{name} does not happen to downloads, as {spec!r} asks")
    options: dict[str, OptionValue] = {**_COMMON, **kind.options}
    for item in rest:
        option, separator, text = item.partition("=")
        if not separator or option not in options:
            raise FaultError(f"unknown option {option!r} in {spec!r}; {name} takes {', '.join(options)}")
        options[option] = _value(spec, option, text, options[option])
    _check(spec, options)
    return Fault(spec, name, target, options, dice)


def _check(spec: str, options: Mapping[str, OptionValue]) -> None:
    if not 0 <= float(options["p"]) <= 1:
        raise FaultError(f"p must be between 0 and 1 in {spec!r}")
    if not 400 <= float(options.get("status", 400)) <= 599:
        raise FaultError(f"status must be between 400 and 599 in {spec!r}")
    retry_after = str(options.get("retry-after", ""))
    if not retry_after.isascii() or retry_after != retry_after.strip():
        raise FaultError(f"retry-after must be plain ASCII without spaces around it in {spec!r}")
    for option, choices in (("form", _FORMS), ("how", SPOILED)):
        if options.get(option, choices[0]) not in choices:
            raise FaultError(f"{option} must be one of {', '.join(choices)} in {spec!r}")


def _value(spec: str, option: str, text: str, default: OptionValue) -> OptionValue:
    if isinstance(default, str):
        return text
    try:
        value = type(default)(text)
    except ValueError:
        raise FaultError(f"{option} must be a number in {spec!r}, not {text!r}") from None
    if not 0 <= value <= _GREATEST:
        raise FaultError(f"{option} must be between 0 and {_GREATEST} in {spec!r}")
    return value
