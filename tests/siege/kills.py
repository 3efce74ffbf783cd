"""``kill -9`` at any moment of a download, several times in a row: the next run goes on, and fetches little twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.siege import yard
from tests.transfer.storage import Storage
from tests.transfer.test_kill import Trigger
from tests.transfer.victim import start

if TYPE_CHECKING:
    import random

    from tests.siege.tally import Tally

_KILLS = 6
_FAULTS = (*yard.FAULTS, "parts lost")


def attack(tally: Tally) -> None:
    """Kill downloads a few times, then let them come to their end."""
    tally.expect((*yard.ROUNDS, "kills", "runs that ended before", "completed downloads"), _FAULTS)
    for roll in tally.rounds():
        _besiege(tally, roll)


def _besiege(tally: Tally, roll: random.Random) -> None:
    engine, files = yard.some_engine(tally, roll), yard.some_files(roll)
    total = sum(map(len, files.values()))
    kills = roll.randrange(1, _KILLS)
    with yard.directory() as folder, Storage(files) as storage:
        for number in range(kills):
            # Some by the clock: to die while files are confirmed and named, when nothing is sent any more.
            by_time = roll.random() < 0.4
            trigger = Trigger(total * 100 + 1 if by_time else roll.randrange(1, total + 2))
            storage.on_sent = trigger.sent
            process = trigger.process = start(
                storage, folder, connections=yard.CONNECTIONS, part_size=yard.PART, engine=engine
            )
            trigger.ready.set()
            text = f"run {number} over {engine}"
            process.join(roll.uniform(0.0, 0.1) if by_time else yard.PATIENCE)
            if process.exitcode is None and not by_time:
                tally.fault("hung", f"{text}: no end within {yard.PATIENCE:.0f} s")
            process.kill()
            process.join()
            if process.exitcode == 0:
                tally.count("runs that ended before")
            elif process.exitcode == -9:
                tally.count("kills")
            else:
                tally.fault("not completed", f"{text} ended with {process.exitcode}")
            process.close()
            yard.look_at_names(tally, storage, folder, text)
        storage.on_sent = None
        yard.complete(tally, storage, folder, f"over {engine} after {kills} kills", engine=engine)
        most = total + kills * yard.CONNECTIONS * yard.PART
        if (sent := sum(storage.sent.values())) > most:
            tally.fault("parts lost", f"over {engine}: {sent:,} bytes were sent, {most:,} are the most to be expected")
