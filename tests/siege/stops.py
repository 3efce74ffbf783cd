"""Ctrl-C at any moment of a download: the same call goes on from there, and fetches little twice."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tickhaul import Client

from tests.siege import yard
from tests.siege.alarm import Alarm, HungError
from tests.siege.handles import opened
from tests.support.behaviours import answer
from tests.support.faces import KEY
from tests.support.server import ScriptedServer
from tests.transfer.hauls import ENGINES
from tests.transfer.storage import Storage

if TYPE_CHECKING:
    import random
    from pathlib import Path

    from tickhaul.transfer.model import Engine

    from tests.siege.tally import Tally

_RUNS = 8
_FAULTS = (*yard.FAULTS, "parts lost", "files left open")


def attack(tally: Tally) -> None:
    """Interrupt downloads a few times, then let them come to their end."""
    wanted = ("interrupts", "completed runs", "interrupted runs", "completed downloads")
    tally.expect((*yard.ROUNDS, *wanted), _FAULTS)
    with Alarm() as alarm:
        for roll in tally.rounds():
            _besiege(tally, alarm, roll)


def _besiege(tally: Tally, alarm: Alarm, roll: random.Random) -> None:
    engine, files = yard.some_engine(tally, roll), yard.some_files(roll)
    # A client cannot be told, and takes the first there is.
    by_client = engine == ENGINES[0] and roll.random() < 0.5
    runs = 0
    with yard.directory() as folder, Storage(files) as storage:
        for number in range(roll.randrange(1, _RUNS)):
            text, sent = f"run {number} over {engine}{' by a client' if by_client else ''}", alarm.sent
            after = [roll.uniform(0, 0.04 if by_client else 0.02)]
            if roll.random() < 0.3:
                after.append(roll.uniform(0, 0.001))
            began = time.monotonic()
            if by_client:
                error = _by_client(storage, folder, alarm, after)
            else:
                error = _by_transfer(storage, folder, alarm, after, engine)
            runs += 1
            tally.count("interrupts", alarm.sent - sent)
            # What ends a hang may be swallowed on its way, for an interrupt is on its way already.
            if isinstance(error, HungError) or time.monotonic() - began > yard.PATIENCE:
                tally.fault("hung", text, error)
                return
            if isinstance(error, KeyboardInterrupt):
                tally.count("interrupted runs")
            else:
                yard.judge(tally, error, text)
            yard.look_at_names(tally, storage, folder, text)
            if left := _open_in(folder):
                tally.fault("files left open", f"{text}: {', '.join(left)}", times=len(left))
            if error is None or tally.out_of_time:
                break
        yard.complete(tally, storage, folder, f"over {engine} after {runs} runs", engine=engine)
        most = sum(map(len, files.values())) + runs * yard.CONNECTIONS * yard.PART
        if not by_client and (sent := sum(storage.sent.values())) > most:
            tally.fault("parts lost", f"over {engine}: {sent:,} bytes were sent, {most:,} are the most to be expected")


def _by_transfer(
    storage: Storage, folder: Path, alarm: Alarm, after: list[float], engine: Engine
) -> BaseException | None:
    try:
        try:
            alarm.interrupt(*after, bound=yard.PATIENCE)
            return yard.run(storage, folder, engine=engine)
        finally:
            alarm.disarm()
    except KeyboardInterrupt as error:
        return error


def _by_client(storage: Storage, folder: Path, alarm: Alarm, after: list[float]) -> BaseException | None:
    """The same through the client, which asks the service for the files first."""
    listing = [
        {"id": file.id, "url": file.url, "bytes": file.size, "filename": file.filename} for file in storage.refresh()
    ]
    total = sum(map(len, storage.files.values()))
    document = {"artifacts": listing, "count": len(listing), "total_bytes": total}
    with (
        ScriptedServer(otherwise=answer(document)) as server,
        Client(KEY, base_url=server.url, proxy="", quota=None, deadline=20) as client,
    ):
        try:
            try:
                alarm.interrupt(*after, bound=yard.PATIENCE)
                client.exports.download("exp_1", folder, connections=yard.CONNECTIONS)
            finally:
                alarm.disarm()
        except BaseException as error:
            return error
    return None


def _open_in(folder: Path) -> list[str]:
    """Which files of a directory this process has open."""
    return sorted(goal.removeprefix(f"{folder}/") for goal in opened() if goal.startswith(f"{folder}/"))
