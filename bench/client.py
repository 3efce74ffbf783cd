"""tickhaul beside the vendor's client and bare httpx, in one run: ``make bench``.

Every figure is a ratio of two things measured in turn, A B A B …, and the median of the pairs is what counts: the
machine's mood changes both alike. Times are shown only to give the ratio a size.
"""

from __future__ import annotations

import argparse
import json
import os
import socketserver
import statistics
import subprocess
import sys
import threading
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING

import httpx
from tickhaul import Client
from tickhaul._core import operations
from tickhaul._core.answers import Answer, read_success
from tickhaul.net.secrets import Secret
from ticksupply import Client as VendorClient
from ticksupply.models.catalog import PaginatedInstruments
from ticksupply.models.export import PaginatedExportJobs

if TYPE_CHECKING:
    from collections.abc import Callable

KEY = "key_bench.secret"
START = 1705312800000000000
JOB: dict[str, object] = {
    "id": "exp_0194a1b2c3d4e5f6a7b8c9d0e1f2a3b4",
    "datastream_id": 123,
    "start_time": START,
    "end_time": 1705316400123456789,
    "format": "csv",
    "format_options": {},
    "status": "succeeded",
    "created_at": "2024-01-15T11:00:00Z",
    "started_at": "2024-01-15T11:00:01Z",
    "finished_at": "2024-01-15T11:00:09Z",
}
HEADERS = (
    "Content-Type: application/json\r\nX-Request-Id: req_7f8e9d0c1b2a3456\r\n"
    "X-RateLimit-Limit-Minute: 1000000\r\nX-RateLimit-Remaining-Minute: 999999\r\n"
    "X-RateLimit-Limit-Hour: 1000000\r\nX-RateLimit-Remaining-Hour: 999999\r\n"
)


@dataclass(frozen=True)
class Row:
    """One comparison.

    Attributes:
        what: what is measured.
        ours: median seconds of tickhaul.
        theirs: median seconds of the other.
        other: what the other is.
        ratio: median of the pairwise ratios, ours by theirs.
        bar: what the ratio must not exceed.
    """

    what: str
    ours: float
    theirs: float
    other: str
    ratio: float
    bar: float


def measure(
    what: str, other: str, bar: float, rounds: int, ours: Callable[[], float], theirs: Callable[[], float]
) -> Row:
    """Measure two things in turn; each function returns the seconds it took."""
    ours()
    theirs()
    pairs = []
    for turn in range(rounds):
        # The order alternates too: whoever comes second finds warmer caches.
        if turn % 2:
            second = theirs()
            first = ours()
        else:
            first = ours()
            second = theirs()
        pairs.append((first, second))
    return Row(
        what,
        statistics.median(first for first, _ in pairs),
        statistics.median(second for _, second in pairs),
        other,
        statistics.median(first / second for first, second in pairs),
        bar,
    )


def in_new_process(code: str) -> Callable[[], float]:
    """Time code in a fresh interpreter, which prints the seconds; the interpreter's own start is not in them."""
    program = f"from time import perf_counter\nbegan = perf_counter()\n{code}\nprint(perf_counter() - began)"
    clean = {
        name: value for name, value in os.environ.items() if not name.startswith(("TICKSUPPLY", "PYTHON", "COVERAGE"))
    }

    def run() -> float:
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=clean)
        return float(done.stdout)

    return run


def repeated(times: int, work: Callable[[], object]) -> Callable[[], float]:
    """Seconds for one of so many repetitions."""

    def run() -> float:
        began = perf_counter()
        for _ in range(times):
            work()
        return (perf_counter() - began) / times

    return run


class FixedAnswer(socketserver.StreamRequestHandler):
    """Answers every request of a connection with the same bytes, without looking at more than where it ends."""

    disable_nagle_algorithm = True

    def handle(self) -> None:
        """Serve one connection to its end."""
        body = json.dumps(JOB).encode()
        answer = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n{HEADERS}\r\n".encode() + body
        pending = b""
        while received := self.request.recv(65536):
            pending += received
            while (end := pending.find(b"\r\n\r\n")) >= 0:
                pending = pending[end + 4 :]
                self.request.sendall(answer)


def serve() -> None:
    """Run the fixed server in this process and print its port; it ends with the pipe to its parent."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), FixedAnswer) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(server.server_address[1], flush=True)
        sys.stdin.read()
        server.shutdown()


def page(items: list[dict[str, object]]) -> bytes:
    """The body of a page of these items."""
    return json.dumps({"items": items, "total": len(items), "limit": len(items), "next_page_token": None}).encode()


def decoding(rounds: int) -> list[Row]:
    """From the bytes of a body to models."""
    instruments = page(
        [
            {"symbol": f"A{number}USDT", "base": f"A{number}", "quote": "USDT", "instrument_type": "spot"}
            for number in range(1000)
        ]
    )
    jobs = page([JOB | {"start_time": START + number} for number in range(100)])
    secret = Secret(KEY)

    def ours(operation: operations.Operation[object], body: bytes) -> Callable[[], object]:
        answer = Answer(200, {"content-type": "application/json"}, body, 0.0)
        return lambda: read_success(operation, answer, secret, attempts=1)

    def theirs(model: type[PaginatedInstruments | PaginatedExportJobs], body: bytes) -> Callable[[], object]:
        return lambda: model.model_validate(json.loads(body))

    return [
        measure(
            "1,000 instruments, bytes to models",
            "ticksupply",
            1.1,
            rounds,
            repeated(20, ours(operations.LIST_INSTRUMENTS, instruments)),
            repeated(20, theirs(PaginatedInstruments, instruments)),
        ),
        measure(
            "100 export jobs, bytes to models",
            "ticksupply",
            1.7,
            rounds,
            repeated(100, ours(operations.LIST_EXPORTS, jobs)),
            repeated(100, theirs(PaginatedExportJobs, jobs)),
        ),
    ]


def calling(url: str, rounds: int) -> list[Row]:
    """A call on a client that has already made some, over a real socket."""
    path = f"/v1/exports/{JOB['id']}"
    with (
        Client(KEY, base_url=url) as client,
        httpx.Client(headers={"X-Api-Key": KEY}, timeout=30) as bare,
        VendorClient(KEY, base_url=f"{url}/v1") as vendor,
    ):
        ours = repeated(200, lambda: client.exports.get(str(JOB["id"])))
        return [
            measure(
                "a call on a warm client",
                "bare httpx with json()",
                1.25,
                rounds,
                ours,
                repeated(200, lambda: bare.get(url + path).json()),
            ),
            measure(
                "a call on a warm client",
                "ticksupply",
                1.0,
                rounds,
                ours,
                repeated(200, lambda: vendor.exports.get(str(JOB["id"]))),
            ),
        ]


def starting(url: str, rounds: int) -> list[Row]:
    """What a short script pays before it has its first answer."""
    first_call = "from {0} import Client\nwith Client({1!r}, base_url={2!r}) as client:\n    client.exports.get({3!r})"
    job = JOB["id"]
    return [
        measure(
            "import", "ticksupply", 0.5, rounds, in_new_process("import tickhaul"), in_new_process("import ticksupply")
        ),
        measure(
            "import, client, first call",
            "ticksupply",
            0.8,
            rounds,
            in_new_process(first_call.format("tickhaul", KEY, url, job)),
            in_new_process(first_call.format("ticksupply", KEY, f"{url}/v1", job)),
        ),
    ]


def main() -> int:
    """Measure everything and print it; exit 1 when a ratio is above its bar."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15, help="pairs per row (default 15)")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve()
        return 0
    server = subprocess.Popen(
        [sys.executable, __file__, "--serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with server:
        assert server.stdin is not None
        assert server.stdout is not None
        url = f"http://127.0.0.1:{int(server.stdout.readline())}"
        rows = [*starting(url, options.rounds), *calling(url, options.rounds), *decoding(options.rounds)]
        server.stdin.close()
    print(f"{'what':38} {'against':24} {'tickhaul':>10} {'other':>10} {'ratio':>6} {'bar':>5}")
    for row in rows:
        verdict = "" if row.ratio <= row.bar else "  above the bar"
        print(
            f"{row.what:38} {row.other:24} {row.ours * 1000:7.3f} ms {row.theirs * 1000:7.3f} ms "
            f"{row.ratio:6.2f} {row.bar:5.2f}{verdict}"
        )
    return 1 if any(row.ratio > row.bar for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
