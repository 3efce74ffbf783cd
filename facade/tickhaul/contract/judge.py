"""Whether one answer is what the contract says: decided from status, headers and body alone."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from tickhaul._core.bodies import check_density
from tickhaul._core.deadline import look
from tickhaul.contract.report import Kind
from tickhaul.contract.values import Difference, show

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from tickhaul.contract.document import Contract, Header, Operation, Response
    from tickhaul.contract.wire import Answer

_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
_WINDOWS = ("Minute", "Hour")
#: Below this a Reset is a number of seconds to wait, as an old version of the service sent it; above, a date.
_ABSOLUTE_FROM = 100_000_000
_LIMITS = "x-ratelimit-"
#: How the headers begin that a service has of its own, the proposed standard for rate limits among them.
_OWN = ("x-", "ratelimit")
#: Differences of one answer that are told apart.
_MOST_DIFFERENCES = 100
#: What browsers are told and what the servers in between add: it comes and goes, and says nothing about the service.
_PASSERS_BY = re.compile(
    r"x-(content-type-options|frame-options|xss-protection|dns-prefetch-control|download-options|robots-tag|powered-by"
    r"|permitted-cross-domain-policies|ua-compatible|runtime|served-by|timer|response-time|azure-ref|nf-request-id"
    r"|(amz|amzn|amz-cf|b3|cache|cdn|cloud|envoy|fastly|forwarded|kong|varnish|vercel)(-.+)?)"
)
#: Standing announcements that an operation is to change or go (RFC 9745, RFC 8594).
_ANNOUNCEMENTS = ("deprecation", "sunset")


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is to be said of an answer.

    Attributes:
        differences: all of them.
        value: the JSON of its body; ``None`` when it has none.
        good: whether its status is among the expected ones and its body fits, additions aside, so that more can be
            asked with what is in it.
    """

    differences: tuple[Difference, ...]
    value: Any  # as the JSON reader has it
    good: bool


def judge(contract: Contract, operation: Operation, answer: Answer, expected: Collection[int]) -> Judgement:
    """Hold an answer against the contract.

    Args:
        contract: the contract.
        operation: what was asked for.
        answer: what came.
        expected: the statuses that fit what was asked.
    """
    response = operation.response(answer.status)
    if response is None:
        known = ", ".join(sorted(operation.responses))
        message = f"{answer.status} is not in the contract, which has {known}"
        # Whatever the status, the headers are those of every answer.
        every = operation.response(operation.success)
        headers = _headers(contract, every, answer) if every is not None else ()
        # What was made must be known in order to be removed, whatever its status.
        value, _ = _read(every, answer) if every is not None else (None, None)
        return Judgement((Difference(Kind.UNDOCUMENTED_STATUS, "status", message), *headers), value, good=False)
    differences = list(_headers(contract, response, answer))
    if answer.status not in expected:
        wanted = " or ".join(str(status) for status in sorted(expected))
        differences.append(Difference(Kind.UNEXPECTED_STATUS, "status", f"is {answer.status}, not {wanted}"))
    value, problem = _read(response, answer)
    if problem is not None:
        differences.append(problem)
    if response.schema is None or problem is not None:
        return Judgement(tuple(differences), value, good=problem is None and answer.status in expected)
    found = _first(contract.values.compare(response.schema, value))
    fits = all(difference.kind.is_addition for difference in found)
    differences += [Difference(difference.kind, f"body{difference.where}", difference.message) for difference in found]
    if fits and response.codes and value["error"]["code"] not in response.codes:
        wanted = " or ".join(sorted(response.codes))
        message = f"is {show(value['error']['code'])}, and a {answer.status} has {wanted}"
        differences.append(Difference(Kind.VALUE, "body.error.code", message))
    return Judgement(tuple(differences), value, good=fits and answer.status in expected)


def _first(differences: Iterator[Difference]) -> list[Difference]:
    """The differences until they are of too many kinds. Additions come last, so those cannot hide anything else."""
    found: list[Difference] = []
    names = set()
    for difference in differences:
        look()
        names.add(difference.name)
        if len(names) > _MOST_DIFFERENCES:
            message = f"there are more differences than the first {_MOST_DIFFERENCES}"
            return [*found, Difference(difference.kind, "", message)]
        found.append(difference)
    return found


def _read(response: Response, answer: Answer) -> tuple[Any, Difference | None]:
    """The JSON in a body, and what is wrong with it."""
    media = answer.headers.get("content-type", "").split(";")[0].strip().lower()
    if response.schema is None:
        if answer.body:
            return None, Difference(Kind.BODY, "body", f"there should be none, and it has {len(answer.body)} bytes")
        return None, None
    if not answer.body:
        return None, Difference(Kind.BODY, "body", "is empty")
    if media != "application/json":
        shown = show(answer.headers.get("content-type"))
        return None, Difference(Kind.CONTENT_TYPE, "header Content-Type", f"is {shown}, not application/json")
    try:
        check_density(answer.body)
        value = json.loads(answer.body.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        return None, Difference(Kind.BODY, "body", f"is no JSON: {error}")
    return value, None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        twice, _ = Counter(name for name, _ in pairs).most_common(1)[0]
        raise ValueError(f"the field {show(twice)} is there twice")
    return fields


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")


def _headers(contract: Contract, response: Response, answer: Answer) -> Iterator[Difference]:
    for header in response.headers:
        yield from _header(contract, header, answer.headers)
    named = {header.name.lower() for header in response.headers}
    for name in answer.headers:
        if name.startswith(_OWN) and name not in named and not _PASSERS_BY.fullmatch(name):
            # A limit that nobody keeps is more than an addition.
            kind = Kind.HEADER if name.startswith(_LIMITS) else Kind.UNEXPECTED_HEADER
            yield Difference(kind, f"header {name}", "is not in the contract")
    for name in _ANNOUNCEMENTS:
        if name in answer.headers:
            message = f"announces that the operation is to go: {show(answer.headers[name])}"
            yield Difference(Kind.HEADER, f"header {name.title()}", message)
    for window in _WINDOWS:
        if f"{_LIMITS}remaining-{window.lower()}" in named:
            yield from _window(window, answer.headers)


def _header(contract: Contract, header: Header, headers: Mapping[str, str]) -> Iterator[Difference]:
    text = headers.get(header.name.lower())
    where = f"header {header.name}"
    if text is None:
        if header.required:
            yield Difference(Kind.MISSING_HEADER, where, "is missing")
        return
    schema = contract.values.follow(header.schema)
    number = schema.get("type") == "integer"
    if number and not _NUMBER.fullmatch(text):
        yield Difference(Kind.HEADER, where, f"is {show(text)}, not a whole number")
        return
    for found in contract.values.compare(schema, int(text) if number else text):
        yield Difference(Kind.HEADER, where, found.message)


def _window(window: str, headers: Mapping[str, str]) -> Iterator[Difference]:
    """What the three headers of a rate limit say together (docs: guides/rate-limiting)."""
    limit, remaining, reset = (_count(headers, f"{part}-{window}") for part in ("limit", "remaining", "reset"))
    where = f"header X-RateLimit-Reset-{window}"
    if reset is not None and reset < _ABSOLUTE_FROM:
        yield Difference(Kind.HEADER, where, f"is {reset}: seconds to wait, not a Unix time")
    if reset is not None and remaining:
        yield Difference(Kind.HEADER, where, f"is there while {remaining} requests remain")
    if reset is None and remaining == 0:
        yield Difference(Kind.MISSING_HEADER, where, "is missing while no request remains")
    if limit is not None and remaining is not None and remaining > limit:
        message = f"is {remaining}, more than the limit of {limit}"
        yield Difference(Kind.HEADER, f"header X-RateLimit-Remaining-{window}", message)


def _count(headers: Mapping[str, str], name: str) -> int | None:
    text = headers.get(f"{_LIMITS}{name.lower()}", "")
    return int(text) if _NUMBER.fullmatch(text) else None
