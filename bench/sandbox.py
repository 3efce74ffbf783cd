"""Fifty clients for a minute against a sandbox in a process of its own: ``make bench-sandbox``.

Asked of it: no error that nobody asked for (answers are lost on purpose), no lost update, and memory that stays flat.
An hour of simulated time goes by each second, so that the day for which idempotency keys are kept passes as well.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import httpx

from bench.sandbox_clients import drive

FAULTS = ("lost-answer:subscriptions.*:p=0.01", "lost-answer:exports.*:p=0.01", "html-503:exports.get:p=0.005")
FLAGS = (
    *("--minute-limit", "100000000", "--hour-limit", "100000000", "--messages-per-minute", "6", "--seed", "1"),
    # Hours go by while a file is fetched.
    *("--url-lifetime", "86400"),
    # The memory of requests is to be full before half-time.
    *("--set", "recorded_requests=1000"),
)
# What the second half may add to what the first has left, beyond which memory is not called flat.
GROWTH_BYTES = 16 << 20


def resident(pid: int) -> int:
    """The resident memory of a process in bytes."""
    status = Path(f"/proc/{pid}/status")
    if status.exists():
        line = next(line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmRSS"))
        return int(line.split()[1]) << 10
    shown = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=True)
    return int(shown.stdout) << 10


def watch(pid: int, url: str, key: str, over: threading.Event, sizes: list[int]) -> None:
    """Look at the memory of the sandbox once a second, and let an hour of its time pass."""
    with httpx.Client(base_url=url, headers={"X-Api-Key": key}, timeout=30) as control:
        while not over.wait(1):
            sizes.append(resident(pid))
            control.post("/_sandbox/clock/advance", json={"seconds": 3600}).raise_for_status()


def flatness(sizes: list[int]) -> tuple[int, int]:
    """The memory in bytes half-way through and at the end, each the median of a tenth of the samples."""
    width = max(1, len(sizes) // 10)
    middle = len(sizes) // 2
    return round(statistics.median(sizes[middle : middle + width])), round(statistics.median(sizes[-width:]))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--accounts", type=int, default=30, help="clients share accounts if there are fewer")
    parser.add_argument("--state", type=Path, help="let the sandbox have a state file")
    arguments = parser.parse_args()
    keys = [f"key_bench.{number}" for number in range(arguments.accounts)]
    flags = [*FLAGS, *(f"--fault={spec}" for spec in FAULTS)]
    flags += [f"--api-key=account{number}:{key}" for number, key in enumerate(keys)]
    flags += ["--state", str(arguments.state)] if arguments.state else []
    command = [sys.executable, "-m", "tickhaul_sandbox", "--port", "0", *flags]
    with (
        tempfile.TemporaryFile("w+") as told,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=told, text=True) as process,
    ):
        assert process.stdout is not None
        url = process.stdout.readline().removeprefix("ready ").strip()
        over, sizes = threading.Event(), list[int]()
        watcher = threading.Thread(target=watch, args=(process.pid, url, keys[0], over, sizes))
        watcher.start()
        try:
            report = drive(url, keys, arguments.clients, seconds=arguments.seconds)
        finally:
            over.set()
            watcher.join()
            process.terminate()
        code = process.wait()
        told.seek(0)
        lines = told.read().splitlines()
    strikes = [line for line in lines if line.startswith("sandbox: fault ")]
    middle, end = flatness(sizes)
    print(
        f"{arguments.clients} clients on {arguments.accounts} accounts, {os.cpu_count()} cores, {report.seconds:.0f} s"
    )
    for name, count in report.operations.most_common():
        print(f"  {count:7,} {name}")
    print(f"{report.operations.total():,} operations, {report.operations.total() / report.seconds:,.0f} a second")
    print(
        "memory of the sandbox, MiB each tenth: "
        + " ".join(f"{size >> 20}" for size in sizes[:: max(1, len(sizes) // 10)])
    )
    print(
        f"second half: {(end - middle) / (1 << 20):+.1f} MiB on {middle / (1 << 20):.0f} (bound: {GROWTH_BYTES >> 20})"
    )
    print(f"answers lost or spoiled on purpose: {len(strikes)}")
    # Whatever else it says is about something that went wrong in it.
    problems = [*report.problems, *(line for line in lines if line not in strikes)]
    if end - middle > GROWTH_BYTES:
        problems.append(f"memory grew by {end - middle:,} bytes in the second half")
    if code != 0:
        problems.append(f"the sandbox ended with {code}")
    for problem in problems:
        print(problem)
    print(f"{len(problems)} problems" if problems else "no error that nobody asked for, no lost update, memory flat")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
