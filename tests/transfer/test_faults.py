"""Every fault, crossed with one part, many parts and many files, over real sockets.

A fault decides from a seed and from what is asked for, never from the order in which threads happen to ask, so a failing
case replays: ``pytest "tests/transfer/test_faults.py::test_…[reset-many_parts-1]"``.

Every run ends with files equal to the source, or with a documented error; either way the next run, against a host that
behaves, finishes.
"""

from __future__ import annotations

import hashlib
import random
from typing import TYPE_CHECKING

import pytest
from tickhaul.errors import IntegrityError, StorageError

from tests.transfer.hauls import KIB, assert_arrived, assert_nothing_false, content, haul
from tests.transfer.storage import SECRET, Answer, Request, Storage, refusal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import TypeAlias

    FaultMaker: TypeAlias = Callable[[Storage, int], Callable[[Request, Answer], Answer | None]]

SHAPES: dict[str, dict[str, int]] = {
    "one_part": {"a.csv.gz": 100_000},
    "many_parts": {"a.csv.gz": 1_500_000},
    "many_files": {**{f"part_{index:02}.csv.gz": 40_000 + index * 1000 for index in range(10)}, "big.parquet": 700_000},
}
SEEDS = (1, 2)


def chance(seed: int, request: Request) -> random.Random:
    """A source of randomness that depends on nothing but the seed and what is asked for, and how often it was."""
    return random.Random(f"{seed}/{request.name}/{request.span}/{request.times}")


def _broken_off(then: str) -> FaultMaker:
    def make(_: Storage, seed: int) -> Callable[[Request, Answer], Answer]:
        def fault(request: Request, answer: Answer) -> Answer:
            roll = chance(seed, request)
            if roll.random() < (0.2 if then == "stall" else 0.35):
                answer.cut, answer.then = roll.randrange(len(answer.body) + 1), then
            return answer

        return fault

    return make


def wrong_206(_: Storage, seed: int) -> Callable[[Request, Answer], Answer]:
    def fault(request: Request, answer: Answer) -> Answer:
        roll = chance(seed, request)
        if answer.status == 206 and request.span is not None and roll.random() < 0.3:
            start, end = request.span
            total = int(answer.headers["Content-Range"].rpartition("/")[2])
            shift = roll.choice([1, -1, 4096])
            wrong = roll.choice(
                [
                    f"bytes {start + shift}-{end - 1 + shift}/{total}",  # other bytes, honestly labelled
                    f"bytes {start}-{end - 2}/{total}",  # fewer
                    f"bytes {start}-{end - 1}/{total + 1}",  # of another file
                    "",
                    "garbage",
                ]
            )
            answer.headers["Content-Range"] = wrong
        return answer

    return fault


def whole_file_to_a_range(storage: Storage, _: int) -> Callable[[Request, Answer], Answer]:
    def fault(request: Request, answer: Answer) -> Answer:
        if answer.status != 206:
            return answer
        body = storage.files[request.name]
        headers = {"ETag": storage.etag(request.name), "Content-Length": str(len(body))}
        return Answer(200, headers, memoryview(body))

    return fault


def whole_file_to_some_ranges(storage: Storage, seed: int) -> Callable[[Request, Answer], Answer]:
    always = whole_file_to_a_range(storage, seed)

    def fault(request: Request, answer: Answer) -> Answer:
        return always(request, answer) if chance(seed, request).random() < 0.3 else answer

    return fault


def not_satisfiable(_: Storage, seed: int) -> Callable[[Request, Answer], Answer]:
    def fault(request: Request, answer: Answer) -> Answer:
        return refusal(416) if answer.status == 206 and chance(seed, request).random() < 0.3 else answer

    return fault


def _expiry(status: int) -> FaultMaker:
    def make(storage: Storage, seed: int) -> Callable[[Request, Answer], Answer]:
        expiries: list[int] = []

        def fault(request: Request, answer: Answer) -> Answer:
            if answer.status == 403:
                return refusal(status)
            # Breaks off in the middle of a part, and from then on every URL signed so far is dead.
            if len(expiries) < 3 and chance(seed, request).random() < 0.4:
                expiries.append(request.nth)
                answer.cut, answer.after = len(answer.body) // 2, storage.expire
            return answer

        return fault

    return make


def storm_of_503(_: Storage, seed: int) -> Callable[[Request, Answer], Answer]:
    def fault(request: Request, answer: Answer) -> Answer:
        roll = chance(seed, request)
        if request.nth < 6 or roll.random() < 0.3:
            return refusal(roll.choice([500, 502, 503, 504, 429, 408]), Retry_After=roll.choice(["0", "x", "-1"]))
        return answer

    return fault


def changes_underneath(storage: Storage, seed: int) -> Callable[[Request, Answer], Answer]:
    changed: set[str] = set()

    def fault(request: Request, answer: Answer) -> Answer:
        if request.name not in changed and answer.status in {200, 206}:
            changed.add(request.name)
            old = storage.files[request.name]
            answer.cut = chance(seed, request).randrange(len(answer.body))
            storage.files[request.name] = content(len(old), seed)
        return answer

    return fault


def changes_and_ignores_conditions(storage: Storage, seed: int) -> Callable[[Request, Answer], Answer]:
    change = changes_underneath(storage, seed)

    def fault(request: Request, answer: Answer) -> Answer:
        body = storage.files[request.name]
        if answer.status in {412, 200} and request.span is not None:
            start, end = request.span
            headers = {
                "ETag": storage.etag(request.name),
                "Content-Range": f"bytes {start}-{end - 1}/{len(body)}",
                "Content-Length": str(end - start),
            }
            answer = Answer(206, headers, memoryview(body)[start:end])
        return change(request, answer)

    return fault


def garbage_appended(_: Storage, seed: int) -> Callable[[Request, Answer], Answer]:
    def fault(request: Request, answer: Answer) -> Answer:
        roll = chance(seed, request)
        if answer.status in {200, 206} and roll.random() < 0.4:
            answer.body = memoryview(bytes(answer.body) + roll.randbytes(300))
            way = roll.choice(["behind", "announced", "chunked", "until_close"])
            if way == "announced":
                answer.headers["Content-Length"] = str(len(answer.body))
            elif way == "chunked":
                answer.chunked = True
            elif way == "until_close":
                del answer.headers["Content-Length"]
                answer.close = True
        return answer

    return fault


def slow_loris(_: Storage, seed: int) -> Callable[[Request, Answer], Answer]:
    def fault(request: Request, answer: Answer) -> Answer:
        answer.drip = chance(seed, request).random() < 0.15
        return answer

    return fault


def no_answer_at_all(_: Storage, seed: int) -> Callable[[Request, Answer], Answer | None]:
    def fault(request: Request, answer: Answer) -> Answer | None:
        return None if chance(seed, request).random() < 0.3 else answer

    return fault


def nonsense(_: Storage, seed: int) -> Callable[[Request, Answer], Answer]:
    def fault(request: Request, answer: Answer) -> Answer:
        roll = chance(seed, request)
        if roll.random() < 0.3:
            name = roll.choice(["Content-Length", "Transfer-Encoding", "X" * 70_000, "ETag"])
            answer.headers[name] = roll.choice(["", "nonsense", "-1", "9" * 30])
            answer.close = True
        return answer

    return fault


FAULTS: dict[str, FaultMaker] = {
    "reset": _broken_off("reset"),
    "stall": _broken_off("stall"),
    "truncation": _broken_off("close"),
    "wrong_206": wrong_206,
    "200_to_every_range": whole_file_to_a_range,
    "200_to_some_ranges": whole_file_to_some_ranges,
    "416": not_satisfiable,
    "403_expiry": _expiry(403),
    "400_expiry": _expiry(400),
    "503_storm": storm_of_503,
    "etag_change": changes_underneath,
    "etag_change_unconditioned": changes_and_ignores_conditions,
    "garbage_appended": garbage_appended,
    "slow_loris": slow_loris,
    "no_answer": no_answer_at_all,
    "nonsense": nonsense,
}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("fault", FAULTS)
def test_every_run_ends_right_or_resumable(tmp_path: Path, fault: str, shape: str, seed: int) -> None:
    files = {name: content(size, name) for name, size in SHAPES[shape].items()}
    with Storage(files) as storage:
        storage.fault = FAULTS[fault](storage, seed)
        trouble: StorageError | IntegrityError | None = None
        try:
            haul(storage, tmp_path, rng=random.Random(seed))
        except (StorageError, IntegrityError) as error:
            trouble = error
        assert_nothing_false(storage, tmp_path)
        if trouble is None:
            assert_arrived(storage, tmp_path)
        else:
            assert SECRET not in f"{trouble} {trouble!r}"
            assert trouble.__cause__ is None
            assert trouble.__context__ is None
        storage.fault = None
        haul(storage, tmp_path)
    assert_arrived(storage, tmp_path)


#: Faults that good manners overcome: no run may give up because of them.
SURMOUNTABLE = sorted(set(FAULTS) - {"nonsense", "garbage_appended", "wrong_206", "no_answer"})


@pytest.mark.parametrize("fault", SURMOUNTABLE)
def test_passing_faults_end_no_transfer(tmp_path: Path, fault: str) -> None:
    files = {name: content(size, name) for name, size in SHAPES["many_files"].items()}
    with Storage(files) as storage:
        storage.fault = FAULTS[fault](storage, 3)
        haul(storage, tmp_path)
    assert_arrived(storage, tmp_path)


def test_the_faults_replay() -> None:
    request = Request("a", "GET", "/a", {}, (0, 10), 5, 2)
    again = Request("a", "GET", "/a", {}, (0, 10), 900, 2)
    assert chance(1, request).random() == chance(1, again).random()
    assert chance(1, request).random() != chance(2, request).random()
    assert hashlib.sha256(content(1000, 1)).digest() == hashlib.sha256(content(1000, 1)).digest()
    assert KIB == 1024
