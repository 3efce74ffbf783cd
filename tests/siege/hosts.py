"""Storage hosts that do anything to anybody at any request: a file is right or has no name, and the next run goes on."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING

from tests.siege import yard
from tests.transfer.storage import Answer, Request, Storage, refusal

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from tests.siege.tally import Tally

_RUNS = 5


def attack(tally: Tally) -> None:
    """Download from a hostile host a few times, then from the same one when it has come to reason."""
    wanted = ("runs", "requests", "completed runs", "errors of the tree", "completed downloads")
    tally.expect((*yard.ROUNDS, *wanted), yard.FAULTS)
    for roll in tally.rounds():
        engine, files = yard.some_engine(tally, roll), yard.some_files(roll)
        with yard.directory() as folder, Storage(files) as storage:
            hostile = _Hostile(storage, roll)
            for number in range(roll.randrange(1, _RUNS)):
                storage.fault = hostile
                text = f"run {number} over {engine}, {hostile.done}"
                error = yard.run_guarded(tally, storage, folder, text, engine=engine, hash=hostile.hash)
                tally.count("runs")
                # What the host did so far says more than the number of the run.
                text = f"run {number} over {engine}, {', '.join(hostile.done)}"
                yard.judge(tally, error, text)
                yard.look_at_names(tally, storage, folder, text)
                if isinstance(error, TimeoutError) or tally.out_of_time:
                    break
            else:
                storage.fault = None
                text = f"over {engine} after {', '.join(hostile.done)}"
                yard.complete(tally, storage, folder, text, engine=engine)
            tally.count("requests", len(storage.requests))


class _Hostile:
    """Misbehaves at random, at most requests in some rounds and at few in others."""

    def __init__(self, storage: Storage, roll: random.Random) -> None:
        self.done: set[str] = set()
        self.hash = roll.random() < 0.3
        self._storage = storage
        self._lock = threading.Lock()
        self._often = roll.choice((0.1, 0.4, 0.8))
        self._roll = roll

    def __call__(self, request: Request, answer: Answer) -> Answer | None:
        with self._lock:
            # Requests come in any order, and so no round is the same twice in all; what they meet with is alike.
            if answer.status >= 400 or self._roll.random() > self._often:
                return answer
            name = self._roll.choice(sorted(_DEEDS))
            where = self._roll.random()
            self.done.add(name)
        return _DEEDS[name](self._storage, request, answer, where)


def _cut(storage: Storage, request: Request, answer: Answer, where: float, then: str) -> Answer:
    answer.cut, answer.then = int(where * len(answer.body)), then
    return answer


def _hang_up(storage: Storage, request: Request, answer: Answer, where: float) -> None:
    return None


def _status(storage: Storage, request: Request, answer: Answer, where: float, status: int) -> Answer:
    return refusal(status, **({"Retry-After": "0"} if where < 0.5 else {}))


def _page(storage: Storage, request: Request, answer: Answer, where: float, status: int) -> Answer:
    page = b"<html><h1>gateway</h1></html>" * (1 + int(where * 5000))
    return Answer(status, {"Content-Type": "text/html", "Content-Length": str(len(page))}, memoryview(page))


def _other_range(storage: Storage, request: Request, answer: Answer, where: float) -> Answer:
    """A part that is not the one asked for, and says so."""
    content = storage.files[request.name]
    if not content:
        return answer
    start = int(where * len(content))
    body = memoryview(content)[start : start + max(len(answer.body), 1)]
    span = f"bytes {start}-{start + len(body) - 1}/{len(content)}"
    return Answer(206, {**answer.headers, "Content-Range": span, "Content-Length": str(len(body))}, body)


def _false_total(storage: Storage, request: Request, answer: Answer, where: float) -> Answer:
    answer.headers["Content-Range"] = f"bytes 0-{len(answer.body)}/{int(where * 10**7)}"
    return answer


def _no_range(storage: Storage, request: Request, answer: Answer, where: float) -> Answer:
    answer.headers.pop("Content-Range", None)
    return answer


def _longer(storage: Storage, request: Request, answer: Answer, where: float) -> Answer:
    answer.headers["Content-Length"] = str(len(answer.body) + 1 + int(where * 1000))
    return answer


def _shorter(storage: Storage, request: Request, answer: Answer, where: float) -> Answer:
    answer.headers["Content-Length"] = str(int(where * len(answer.body)))
    return answer


def _senseless_length(storage: Storage, request: Request, answer: Answer, where: float) -> Answer:
    answer.headers["Content-Length"] = ("-5", "1e3", "9" * 40, "x", "5, 6")[int(where * 5)]
    return answer


def _whole(storage: Storage, request: Request, answer: Answer, where: float) -> Answer:
    """The whole file where a part was asked for."""
    content = storage.files[request.name]
    headers = {"ETag": storage.etag(request.name), "Content-Length": str(len(content))}
    return Answer(200, headers, memoryview(content), chunked=where < 0.3)


def _redirect(storage: Storage, request: Request, answer: Answer, where: float) -> Answer:
    goal = storage.url(request.name) if where < 0.5 else "http://127.0.0.1:9/elsewhere"
    return Answer((301, 302, 307, 308)[int(where * 4)], {"Location": goal, "Content-Length": "0"}, memoryview(b""))


def _expire(storage: Storage, request: Request, answer: Answer, where: float) -> Answer:
    storage.expire()
    return refusal(403)


def _other_etag(storage: Storage, request: Request, answer: Answer, where: float) -> Answer:
    answer.headers["ETag"] = f'"{where}"'
    return answer


def _no_etag(storage: Storage, request: Request, answer: Answer, where: float) -> Answer:
    answer.headers.pop("ETag", None)
    return answer


def _packed(storage: Storage, request: Request, answer: Answer, where: float) -> Answer:
    answer.headers["Content-Encoding"] = "gzip"
    return answer


def _chunked(storage: Storage, request: Request, answer: Answer, where: float) -> Answer:
    answer.chunked = True
    return answer


_DEEDS: dict[str, Callable[..., Answer | None]] = {
    "a stall": partial(_cut, then="stall"),
    "a cut": partial(_cut, then="close"),
    "a reset": partial(_cut, then="reset"),
    "no response": _hang_up,
    **{f"status {status}": partial(_status, status=status) for status in (400, 404, 408, 412, 416, 429, 500, 503)},
    **{f"page {status}": partial(_page, status=status) for status in (200, 206, 403, 503, 520)},
    "another range": _other_range,
    "a false total": _false_total,
    "no range": _no_range,
    "a longer length": _longer,
    "a shorter length": _shorter,
    "a senseless length": _senseless_length,
    "the whole file": _whole,
    "a redirect": _redirect,
    "expired URLs": _expire,
    "another ETag": _other_etag,
    "no ETag": _no_etag,
    "an encoding": _packed,
    "chunks": _chunked,
}
