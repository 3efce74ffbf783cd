"""``kill -9`` at random moments: every run after it ends with the right bytes, and little is fetched twice.

The default run kills some; ``TICKHAUL_KILLS=200`` kills two hundred.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import threading
from typing import TYPE_CHECKING

import pytest

from tests.transfer.hauls import KIB, assert_arrived, assert_nothing_false, content, haul
from tests.transfer.storage import Storage
from tests.transfer.victim import start

if TYPE_CHECKING:
    from multiprocessing.context import ForkServerProcess
    from pathlib import Path

    from tickhaul.transfer.model import Engine

if "forkserver" not in multiprocessing.get_all_start_methods():
    pytest.skip("needs a fork server", allow_module_level=True)

KILLS = int(os.environ.get("TICKHAUL_KILLS", "20"))
CONNECTIONS = 4
PART = 64 * KIB
FILES = {
    **{f"part_{index:02}.csv.gz": content(20 * KIB + index * 3 * KIB, index) for index in range(16)},
    "large.parquet": content(700 * KIB),
    "larger.parquet": content(1100 * KIB),
}
TOTAL = sum(map(len, FILES.values()))


class Trigger:
    """Kills a process when a host has sent so many bytes."""

    def __init__(self, after: int) -> None:
        self._left = after
        self._lock = threading.Lock()
        self.process: ForkServerProcess | None = None
        self.ready = threading.Event()

    def sent(self, _: str, count: int) -> None:
        with self._lock:
            self._left -= count
            due = self._left <= 0
        if due and self.ready.wait(10) and self.process is not None:
            self.process.kill()


@pytest.mark.parametrize("seed", range(KILLS))
def test_a_killed_download_goes_on_without_a_wrong_byte(tmp_path: Path, engine: Engine, seed: int) -> None:
    roll = random.Random(seed)
    by_time = seed % 4 == 3  # to die while files are confirmed and named, too, when nothing is sent any more
    trigger = Trigger(roll.randrange(1, TOTAL) if not by_time else TOTAL * 2)
    with Storage(FILES, on_sent=trigger.sent) as storage:
        process = trigger.process = start(storage, tmp_path, connections=CONNECTIONS, part_size=PART, engine=engine)
        trigger.ready.set()
        process.join(roll.uniform(0.02, 0.3) if by_time else 30)
        process.kill()
        process.join()
        process.close()
        assert_nothing_false(storage, tmp_path)
        storage.on_sent = None
        haul(storage, tmp_path, connections=CONNECTIONS, part_size=PART)
    assert_arrived(storage, tmp_path)
    assert sum(storage.sent.values()) <= TOTAL + CONNECTIONS * PART
