"""Where transforms run: those of the built-in schemas here, those that clients wrote in a process that can be killed.

DuckDB can be held to its limits of memory and time only from outside: what a function makes of one value counts against
no limit of its own and cannot be interrupted. So what a client wrote runs in a process (`worker`) whose memory the
operating system limits, and which is killed when its time is over. That process is started when the first such
transform comes, kept for the next ones, and ends with the sandbox. How much a transform makes is measured as it arrives.
"""

from __future__ import annotations

import json
import math
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tickhaul_sandbox
from tickhaul_sandbox import duck
from tickhaul_sandbox.artifacts.store import GivenUpError
from tickhaul_sandbox.schemas import builtin
from tickhaul_sandbox.schemas.transforms import Evaluator, TransformError
from tickhaul_sandbox.schemas.worker import OUT_OF_MEMORY, read_length, read_value, write_frame

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tickhaul_sandbox.artifacts.tables import Value
    from tickhaul_sandbox.jsontypes import Json
    from tickhaul_sandbox.schemas.types import DataType

_MIB = 1 << 20
_MEMORY = 512 * _MIB
_START_SECONDS = 60.0
# A request holds so many rows, or rows of so much text.
_CHUNK_ROWS = 2048
_CHUNK_TEXT = 4 * _MIB
# What the transforms of a batch of rows may make: a few times what they are given, and some more.
_GROWTH = 4
_FREE = 64 * _MIB
# The package itself is not run in the process: it would load the whole sandbox, which takes longer than all the rest.
_START = """
import json, sys, types
sys.path[:] = json.loads(sys.argv[1])
package = types.ModuleType("tickhaul_sandbox")
package.__path__ = [sys.argv[2]]
sys.modules["tickhaul_sandbox"] = package
from tickhaul_sandbox.schemas.worker import main
main(int(sys.argv[3]))
"""


class _Process:
    """One process that runs transforms.

    Args:
        memory: How many bytes of memory transforms may take in it.

    Raises:
        RuntimeError: If it cannot be started.
    """

    def __init__(self, memory: int) -> None:
        [package] = tickhaul_sandbox.__path__
        path = json.dumps([str(Path(entry).absolute()) for entry in sys.path])
        # In a session of its own: Ctrl-C is for the sandbox, which then ends this one.
        self._process = subprocess.Popen(  # noqa: S603 - this interpreter, and a program of ours
            [sys.executable, "-I", "-c", _START, path, package, str(memory)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        said, *why = self._exchange(None, _START_SECONDS, _MIB)
        if said != "ready":
            self.end()
            raise RuntimeError(f"the process for transforms cannot be started: {said} {''.join(why)}")

    def ask(self, request: Json, seconds: float, most: int) -> tuple[str, Any, int]:
        """Return the response to a request, with the size it had in bytes.

        Args:
            request: The request.
            seconds: How long it may take; the process is killed then.
            most: How many bytes the response may have; the process is killed for more.

        Returns:
            `done` and the result, `refused` and the reason, or `late`, `large`, `out of memory` or `dead`: then it is
            of no more use.
        """
        said, *rest = self._exchange(request, seconds, most)
        return said, rest[0] if rest else None, self._size

    def alive(self) -> bool:
        """Return whether it runs; an operator, or a system without memory, may have killed it."""
        return self._process.poll() is None

    def end(self) -> None:
        """Kill it, and wait until it is gone."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            # What a killed process has not read cannot be written.
            with suppress(OSError):
                if pipe is not None:
                    pipe.close()

    def kill(self) -> None:
        """Kill it, for another thread that waits for its response."""
        self._process.kill()

    def _exchange(self, request: Json, seconds: float, most: int) -> list[Any]:
        late = threading.Event()

        def expire() -> None:
            late.set()
            self._process.kill()

        alarm = threading.Timer(seconds, expire)
        alarm.start()
        try:
            response = self._talk(request, most)
        except (EOFError, OSError):
            code = self._process.wait()
            why = signal.strsignal(-code) if code < 0 else f"exit code {code}"
            response = ["out of memory" if code == OUT_OF_MEMORY else "dead", str(why)]
        finally:
            alarm.cancel()
            alarm.join()
        # Also if a response came at the same moment: the process is killed all the same.
        return ["late"] if late.is_set() else response

    def _talk(self, request: Json, most: int) -> list[Any]:
        requests, responses = self._process.stdin, self._process.stdout
        if requests is None or responses is None:
            raise OSError("no pipes")
        if request is not None:
            write_frame(requests, request)
        self._size = read_length(responses)
        if self._size > most:
            return ["large"]
        response: list[Any] = read_value(responses, self._size)
        return response


class Cage:
    """What runs transforms in one sandbox; to be used from any thread.

    Args:
        seconds: How long the transforms of a batch of rows may take.
        memory: How many bytes of memory the process may take for them.
    """

    def __init__(self, seconds: float, memory: int = _MEMORY) -> None:
        self._seconds = seconds
        self.memory = memory
        self._lock = threading.Lock()
        self._idle: _Process | None = None
        self._busy: set[_Process] = set()
        self.closed = False

    @contextmanager
    def session(self, most: float = math.inf) -> Iterator[Session]:
        """Lend what runs transforms to one thread.

        Args:
            most: How many seconds its transforms may take, where that is less than elsewhere.
        """
        session = Session(self, min(self._seconds, most))
        try:
            yield session
        finally:
            session.end()

    def close(self) -> None:
        """End the processes; a caller that waits for one is told that it was closed."""
        with self._lock:
            self.closed = True
            idle, self._idle = self._idle, None
            for process in self._busy:
                process.kill()
        if idle is not None:
            idle.end()

    def borrow(self) -> _Process:
        """Return a process, a new one if none is idle.

        Raises:
            GivenUpError: If the cage was closed.
            RuntimeError: If none can be started.
        """
        with self._lock:
            process, self._idle = self._idle, None
        if process is None:
            process = _Process(self.memory)
        with self._lock:
            self._busy.add(process)
            if not self.closed:
                return process
        self.give_back(process, usable=False)
        raise GivenUpError

    def give_back(self, process: _Process, *, usable: bool) -> None:
        """Take a process back. One is kept for the next; others, and one that is of no use, are ended."""
        with self._lock:
            self._busy.discard(process)
            if usable and self._idle is None and not self.closed:
                self._idle = process
                return
        process.end()


class Session:
    """Runs transforms for one thread; made by `Cage.session`.

    Args:
        cage: Where processes are.
        seconds: How long the transforms of a batch of rows may take.
    """

    def __init__(self, cage: Cage, seconds: float) -> None:
        self._cage = cage
        self._seconds = seconds
        self._own: Evaluator | None = None
        self._process: _Process | None = None
        self.begin()

    def begin(self) -> None:
        """Begin a batch of rows: what came before counts no more against its limits."""
        self._left = self._seconds
        self._room = _FREE

    def check(self, transform: str, data_type: DataType) -> str:
        """Return the DuckDB type of a transform's result.

        Args:
            transform: The expression.
            data_type: The type of `{v}`.

        Raises:
            TransformError: If it is no expression that may be run.
            GivenUpError: If the cage was closed.
        """
        if (transform, data_type) in builtin.transforms():
            return self._evaluator().check(transform, data_type.sql)
        return str(self._ask("check", transform, data_type.sql))

    def run(self, transform: str, data_type: DataType, values: Sequence[Value]) -> list[Value]:
        """Return the result for each value.

        Args:
            transform: The expression.
            data_type: The type of the values.
            values: What `{v}` stands for.

        Raises:
            TransformError: If it may not be run, fails, or exceeds a limit.
            GivenUpError: If the cage was closed.
        """
        if (transform, data_type) in builtin.transforms():
            return self._evaluator().run(transform, data_type.sql, values)
        read = Decimal if self.check(transform, data_type).startswith("DECIMAL") else None
        results: list[Value] = []
        for texts in _chunks(map(duck.text, values)):
            made = self._ask("run", transform, data_type.sql, texts)
            results += made if read is None else [None if value is None else read(value) for value in made]
        return results

    def end(self) -> None:
        """Give everything back."""
        if self._own is not None:
            self._own.close()
        self._release(usable=True)

    def _evaluator(self) -> Evaluator:
        if self._own is None:
            self._own = Evaluator()
        return self._own

    def _ask(self, action: str, transform: str, kind: str, texts: Sequence[str | None] = ()) -> Any:
        # One that was killed while nothing ran in it, be it idle or between two batches, says nothing of the transform.
        while self._process is None or not self._process.alive():
            self._release(usable=False)
            self._process = self._cage.borrow()
        self._room += _GROWTH * sum(len(text) for text in texts if text)
        began = time.monotonic()
        said, result, size = self._process.ask([action, transform, kind, [*texts]], max(0.0, self._left), self._room)
        self._left -= time.monotonic() - began
        self._room -= size
        if said == "done":
            return result
        self._release(usable=said == "refused")
        if self._cage.closed:
            raise GivenUpError
        raise TransformError(
            {
                "refused": result,
                "late": f"interrupted after {self._seconds:g} s",
                "large": f"makes too much text: more than {_FREE // _MIB} MiB and {_GROWTH} times its input",
                "out of memory": f"needs more than {self._cage.memory // _MIB} MiB of memory",
            }.get(said, f"ended the process that ran it ({result})")
        )

    def _release(self, *, usable: bool) -> None:
        if self._process is not None:
            self._cage.give_back(self._process, usable=usable)
            self._process = None


def _chunks(texts: Iterable[str | None]) -> Iterator[list[str | None]]:
    chunk: list[str | None] = []
    size = 0
    for text in texts:
        chunk.append(text)
        size += len(text or "")
        if len(chunk) >= _CHUNK_ROWS or size >= _CHUNK_TEXT:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk
