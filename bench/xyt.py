"""xyt hub's tables beside protobuf's bare parser and the list way, in one run: ``make bench-xyt``.

An answer of ten million rows, from its bytes to an Arrow table. The *bare parse* is protobuf's ``FromString`` and nothing
more. The *list way* is the vendor's Python sample with pandas over a list of each column. Every figure is a ratio of two
things measured in turn, and the median of the pairs is what counts: the machine's mood changes both alike. Memory is the
peak of a process of its own, above what it had before it read the answer, in multiples of the answer's size.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types
from google.protobuf.internal import decoder
from tickhaul.xythub.tables.decode import read_table
from xythub_proto.v2_0_0.api_data_pb2 import DataResponse
from xythub_proto.v2_0_0.types_pb2 import IntegerList, StringList, TimestampsList

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy.typing as npt

    Measured = tuple[Callable[[bytes], object], bytes]

ROWS = 10_000_000
VENUES = ("XE", "CHIX", "TU", "BTE", "AQX", "L", "OFF-BOOK", "Lit/Auction Closing")
NUMERIC = ("price", "size", "time")
ALL = (*NUMERIC, "venue")
_INTEGER_NULL = -(2**63)
_CHUNK = 250_000
#: The numbers of the lists in ``ValueList``.
_INTEGERS, _DOUBLES, _STRINGS, _TIMESTAMPS = 2, 3, 1, 11


@dataclass(frozen=True)
class Row:
    """One figure.

    Attributes:
        what: what was measured.
        ratio: the figure.
        bar: what it must not exceed, or must reach.
        at_least: whether the bar is a least and not a most.
        size: the times or sizes behind it, for people.
    """

    what: str
    ratio: float
    bar: float
    at_least: bool
    size: str

    @property
    def holds(self) -> bool:
        """Whether the figure is on the right side of its bar."""
        return self.ratio >= self.bar if self.at_least else self.ratio <= self.bar


def ours(data: bytes) -> object:
    return read_table(data).to_arrow()


def bare_parse(data: bytes) -> object:
    # The frame's head is cut off beforehand: only the parser is measured.
    return DataResponse.FromString(data)


def list_way(data: bytes) -> object:
    """The vendor's sample, as it stands, and what people do next."""
    if not data[0] == 0xFA:
        raise ValueError("Malformed message header")
    size, position = decoder._DecodeVarint32(data, 1)  # type: ignore[attr-defined]  # private, in the vendor's sample
    if len(data) - position < size:
        raise ValueError("Unexpected end of message")
    message = DataResponse()
    message.ParseFromString(data[position:])
    columns = {}
    for name, column in message.data.columns.items():
        member = column.WhichOneof("list_type")
        columns[name] = list(getattr(column, member or "").values)
    return pd.DataFrame(columns)


def write_answer(path: Path, rows: int, wanted: tuple[str, ...]) -> None:
    """An answer on disk, put together from chunks, so that it takes no more memory than it has bytes."""
    entries = []
    for name, member, chunks in _columns(rows):
        if name in wanted:
            packed = b"".join(chunks)
            content = packed if member == _STRINGS else _field(1, packed)
            entries.append(_field(1, _field(1, name.encode()) + _field(2, _field(member, content))))
    body = _field(2, b"".join(entries))
    path.write_bytes(b"\xfa" + _varint(len(body)) + body)


def _columns(rows: int) -> Iterator[tuple[str, int, Iterator[bytes]]]:
    rng = np.random.default_rng(20_191_010)

    def chunks(make: Callable[[int], bytes]) -> Iterator[bytes]:
        for start in range(0, rows, _CHUNK):
            yield make(min(_CHUNK, rows - start))

    def prices(count: int) -> bytes:
        return (rng.integers(1, 100_000, count) / 100).astype("<f8").tobytes()

    def sizes(count: int) -> bytes:
        values = rng.integers(1, 20_000, count)
        values[rng.random(count) < 0.05] = _INTEGER_NULL
        return _packed(IntegerList(values=values.tolist()).SerializeToString())

    clock = 1_570_701_600_000_000_000

    def times(count: int) -> bytes:
        nonlocal clock
        values: npt.NDArray[np.int64] = clock + np.cumsum(rng.integers(0, 5_000_000, count))
        clock = int(values[-1])
        return _packed(TimestampsList(values=values.tolist()).SerializeToString())

    def venues(count: int) -> bytes:
        return StringList(values=[VENUES[index] for index in rng.integers(0, len(VENUES), count)]).SerializeToString()

    yield "price", _DOUBLES, chunks(prices)
    yield "size", _INTEGERS, chunks(sizes)
    yield "time", _TIMESTAMPS, chunks(times)
    yield "venue", _STRINGS, chunks(venues)


def _packed(message: bytes) -> bytes:
    """What the one packed field of a message holds."""
    start = 1
    while message[start] >= 0x80:
        start += 1
    return message[start + 1 :]


def _field(number: int, content: bytes) -> bytes:
    return bytes([number << 3 | 2]) + _varint(len(content)) + content


def _varint(number: int) -> bytes:
    groups = bytearray()
    while number > 0x7F:
        groups.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*groups, number])


def seconds(work: Callable[[bytes], object], data: bytes) -> float:
    began = perf_counter()
    kept = work(data)
    took = perf_counter() - began
    del kept
    return took


def measure_times(path: Path, what: str, rounds: int, parse_bar: float | None) -> list[Row]:
    data = path.read_bytes()
    body = data[decoder._DecodeVarint32(data, 1)[1] :]  # type: ignore[attr-defined]  # private, in the vendor's sample
    for work, given in ((ours, data), (bare_parse, body)):
        work(given)
    by_parse = measure_pairs(rounds, (ours, data), (bare_parse, body))
    # The list way takes so long that a third of the rounds says enough.
    by_lists = measure_pairs(max(rounds // 3, 1), (list_way, data), (ours, data))
    times = f"{by_lists.first:.2f} s / {by_lists.second:.2f} s"
    rows = [Row(f"{what}: list way / ours", by_lists.ratio, 4.0, True, times)]
    times = f"{by_parse.first:.2f} s / {by_parse.second:.2f} s"
    if parse_bar is None:
        print(f"{what}: ours / bare parse {by_parse.ratio:.2f}  ({times}; no bar)")
    else:
        rows.insert(0, Row(f"{what}: ours / bare parse", by_parse.ratio, parse_bar, False, times))
    return rows


@dataclass(frozen=True)
class Pairs:
    """Two things measured in turn: the median seconds of each, and the median of the ratios."""

    first: float
    second: float
    ratio: float


def measure_pairs(rounds: int, first: Measured, second: Measured) -> Pairs:
    pairs = []
    for turn in range(rounds):
        # The order alternates: whoever comes second finds warmer caches.
        if turn % 2:
            later = seconds(*second)
            pairs.append((seconds(*first), later))
        else:
            pairs.append((seconds(*first), seconds(*second)))
    return Pairs(
        statistics.median(one for one, _ in pairs),
        statistics.median(other for _, other in pairs),
        statistics.median(one / other for one, other in pairs),
    )


def measure_memory(path: Path, what: str, bar: float) -> Row:
    message = path.stat().st_size
    peaks = {
        name: int(
            subprocess.run(
                [sys.executable, __file__, "--peak", name, str(path)], capture_output=True, text=True, check=True
            ).stdout
        )
        for name in ("ours", "bare", "list")
    }
    size = ", ".join(f"{name} {peak / message:.1f}x" for name, peak in peaks.items())
    return Row(f"{what}: peak memory / answer", peaks["ours"] / message, bar, False, f"{message / 1e6:.0f} MB; {size}")


def print_peak(name: str, path: Path) -> None:
    """In a process of its own: bytes that reading an answer takes at most, the answer itself included."""
    work = {"ours": ours, "bare": _bare_from_frame, "list": list_way}[name]
    before = _resident("VmRSS")
    kept = work(path.read_bytes())
    print(_resident("VmHWM") - before)
    del kept


def _resident(line: str) -> int:
    # Not getrusage: its peak begins with that of the process that started this one.
    status = Path("/proc/self/status").read_text("ascii")
    return int(status.partition(f"{line}:")[2].split()[0]) * 1024


def _bare_from_frame(data: bytes) -> object:
    return bare_parse(data[decoder._DecodeVarint32(data, 1)[1] :])  # type: ignore[attr-defined]  # as above


def main() -> int:
    """Measure all, print all, and say whether every bar holds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS, help="rows of the answer")
    parser.add_argument("--rounds", type=int, default=9, help="how often each pair is measured")
    parser.add_argument("--peak", nargs=2, metavar=("WAY", "FILE"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    # No measurement is to load it.
    assert pa.__version__
    if options.peak:
        print_peak(options.peak[0], Path(options.peak[1]))
        return 0
    rows = []
    with tempfile.TemporaryDirectory(prefix="tickhaul-bench-") as folder:
        for what, wanted, parse_bar, memory_bar in (
            ("numeric columns", NUMERIC, 1.3, 6.0),
            ("with strings", ALL, None, 10.0),
        ):
            path = Path(folder) / "answer"
            write_answer(path, options.rows, wanted)
            rows.append(measure_memory(path, what, memory_bar))
            rows += measure_times(path, what, options.rounds, parse_bar)
    for row in rows:
        bar = f"{'at least' if row.at_least else 'at most'} {row.bar:g}"
        print(f"{'ok  ' if row.holds else 'MISS'} {row.what:40} {row.ratio:6.2f}  ({bar}; {row.size})")
    return 0 if all(row.holds for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
