"""The process in which transforms run that clients wrote, the far end of `cage`.

It reads requests from its standard input and writes responses to its standard output, each a length and so much JSON. It
ends as soon as its input does, so it does not outlive the sandbox, however that dies.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from decimal import Decimal
from pathlib import Path
from queue import SimpleQueue
from typing import IO, TYPE_CHECKING, Any

from tickhaul_sandbox.schemas.transforms import Evaluator, TransformError

if TYPE_CHECKING:
    from tickhaul_sandbox.artifacts.tables import Value
    from tickhaul_sandbox.jsontypes import Json

_LENGTH = 4
_WATCH_SECONDS = 0.02
#: The exit code of a process that took more memory than it may.
OUT_OF_MEMORY = 3


def write_frame(file: IO[bytes], value: Json) -> None:
    """Write a value with its length in front."""
    body = json.dumps(value, separators=(",", ":")).encode()
    file.write(len(body).to_bytes(_LENGTH, "big") + body)
    file.flush()


def read_length(file: IO[bytes]) -> int:
    """Return how many bytes the next value has.

    Raises:
        EOFError: If there is none.
    """
    return int.from_bytes(_exactly(file, _LENGTH), "big")


def read_value(file: IO[bytes], length: int) -> Any:  # any JSON
    """Return the value whose length has been read.

    Raises:
        EOFError: If it is cut short.
    """
    return json.loads(_exactly(file, length))


def main(memory: int) -> None:
    """Serve requests until there are no more.

    Args:
        memory: How many bytes of memory transforms may take, beyond what the process has before the first.
    """
    requests, responses = sys.stdin.buffer, sys.stdout.buffer
    try:
        evaluator = Evaluator()
        # What DuckDB reserves with its first query does not count against the limit of the next.
        evaluator.run("{v} || ''", "VARCHAR", [""])
        _limit_memory(memory)
    except Exception as error:  # noqa: BLE001 - the sandbox reports whatever it is
        write_frame(responses, ["failed", f"{type(error).__name__}: {error}"])
        return
    waiting: SimpleQueue[list[Any]] = SimpleQueue()
    threading.Thread(target=_receive, args=(requests, waiting), daemon=True).start()
    write_frame(responses, ["ready"])
    while True:
        write_frame(responses, _respond(evaluator, waiting.get()))


def _receive(requests: IO[bytes], waiting: SimpleQueue[list[Any]]) -> None:
    # In a thread of its own, so that the end of the input is noticed also while a transform is computed.
    try:
        while True:
            waiting.put(read_value(requests, read_length(requests)))
    except EOFError:
        os._exit(0)


def _respond(evaluator: Evaluator, request: list[Any]) -> Json:
    """Return the response to a request: its result, or why there is none and whether memory ran out."""
    action, transform, kind, *texts = request
    try:
        if action == "check":
            return ["done", evaluator.check(transform, kind)]
        return ["done", [_plain(value) for value in evaluator.run(transform, kind, texts[0])]]
    except TransformError as error:
        text = str(error)
        return ["out of memory" if text.startswith("Out of Memory") else "refused", text]
    except MemoryError:
        return ["out of memory", ""]
    except Exception as error:  # noqa: BLE001 - a failure may hold bytes that are no text, which DuckDB then trips over
        return ["refused", f"{type(error).__name__}: {error}"]


def _plain(value: Value) -> Json:
    """Return a result as JSON; a decimal as text."""
    return str(value) if isinstance(value, Decimal) else value  # type: ignore[return-value]  # no instants among results


def _exactly(file: IO[bytes], count: int) -> bytes:
    content = file.read(count)
    if len(content) < count:
        raise EOFError
    return content


if sys.platform == "linux":
    import resource

    def _limit_memory(memory: int) -> None:
        # DuckDB reserves much more than it uses: what counts is what is added.
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        limit = pages * resource.getpagesize() + memory
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))

elif sys.platform != "win32":
    import resource
    import time

    def _limit_memory(memory: int) -> None:
        # Not every system enforces a limit of address space, macOS does not: the peak is looked at instead.
        unit = 1 if sys.platform == "darwin" else 1024
        limit = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit + memory

        def watch() -> None:
            while resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit <= limit:
                time.sleep(_WATCH_SECONDS)
            os._exit(OUT_OF_MEMORY)

        threading.Thread(target=watch, daemon=True).start()

else:

    def _limit_memory(memory: int) -> None:
        # The time limit alone holds there.
        del memory
