"""Besiege the clients and the transfers: ``python -m tests.siege --minutes 10``.

Every attack runs in a process of its own, which is watched from outside: how long it takes and how much memory. It ends
with a line of counts. The exit code is 1 when anything was lost, wrong or hung.
"""

from __future__ import annotations

import argparse
import contextlib
import faulthandler
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from importlib import import_module
from pathlib import Path
from typing import NoReturn

from tests.siege.tally import Tally

ROOT = Path(__file__).resolve().parents[2]
#: Attacks that must be reported as failed, to see that failures are told.
CANARIES = ("canary-fault", "canary-crash", "canary-hang", "canary-memory")
ATTACKS = ("interrupts", "interrupts_hub", "cancels", "stops", "surplus", "bombs", "hosts", "planted", "kills", "full")
#: Seconds an attack may take beyond its share: the round that is under way, and its own looking for hangs.
GRACE = 90.0
#: MiB of memory that an attack may take, one of its processes at a time. What a bomb may take is bounded by the attack.
MEMORY = 512
_MEMORIES = {"bombs": 2048}


#: The exit code of an attack that did not come to its end.
_BROKEN = 2


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def besiege(name: str, options: argparse.Namespace, seconds: float) -> bool:
    """Run one attack; whether nothing was lost, wrong or hung."""
    command = [sys.executable, "-m", "tests.siege", "--attack", name, "--seed", str(options.seed)]
    command += ["--seconds", str(seconds), "--first", str(options.first)]
    for limit in ("rounds", "steps"):
        given = getattr(options, limit)
        command += [] if given is None else [f"--{limit}", str(given)]
    with tempfile.TemporaryFile("w+") as out:
        process = subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=out, start_new_session=True)
        try:
            state, memory = _wait(process, seconds + options.grace)
        finally:
            # Whatever it has started is in its session, and does not outlive it.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        out.seek(0)
        told = out.read().strip()
    troubles = [] if state == "ended" and process.returncode in (0, 1) else [f"the process {state}"]
    most = _MEMORIES.get(name, MEMORY)
    troubles += [f"more than {most:,} MiB of memory"] if memory > most else []
    good = process.returncode == 0 and not troubles
    say(f"{told}; {memory:,} MiB at most" if told else f"{name}: no summary; {memory:,} MiB at most")
    if not good:
        say(f"{name}: FAILED{''.join(f', {trouble}' for trouble in troubles)} (--seed {options.seed})")
    return good


def _wait(process: subprocess.Popen[bytes], seconds: float) -> tuple[str, int]:
    """Wait for the end of a process, or end it; how it ended, and the most memory it had, in MiB."""
    state, end = "ended", time.monotonic() + seconds
    while True:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            break
        if time.monotonic() > end:
            if state == "ended":
                state, end = f"hung: it was ended after {seconds:.0f} s", time.monotonic() + 5
                # Has it tell where each of its threads is.
                process.send_signal(signal.SIGABRT)
            else:
                process.kill()
        time.sleep(0.02)
    process.returncode = os.waitstatus_to_exitcode(status)
    if state == "ended" and process.returncode not in (0, 1):
        state = f"ended with {process.returncode}"
    return state, usage.ru_maxrss // 1024


def attack_here(options: argparse.Namespace) -> NoReturn:
    """Carry out an attack in this process."""
    faulthandler.enable()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        del os.environ[name]
    tally = Tally(
        options.attack,
        seed=options.seed,
        seconds=options.seconds,
        rounds=options.rounds,
        first=options.first,
        steps=options.steps,
    )

    def dropped(error: sys.UnraisableHookArgs) -> None:
        # An interrupt within a finalizer is dropped by Python, and nobody can do anything about it.
        if issubclass(error.exc_type, KeyboardInterrupt):
            tally.count("interrupts dropped by Python")
        else:
            sys.__unraisablehook__(error)

    sys.unraisablehook = dropped
    name = "canaries" if options.attack in CANARIES else options.attack
    code = _BROKEN
    try:
        import_module(f"tests.siege.{name}").attack(tally)
        say(tally.summary())
        code = 1 if tally.faults else 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        # Threads that hang, which have been counted, must not keep the process.
        os._exit(code)


def main() -> int:
    """Run the command line and return its exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10, help="for all attacks together (default 10)")
    parser.add_argument("--only", action="append", choices=(*ATTACKS, *CANARIES), help="this attack; may be repeated")
    parser.add_argument("--seed", type=int, help="makes the same rounds again; without it others each time")
    parser.add_argument("--rounds", type=int, help="so many rounds of each attack at most")
    parser.add_argument("--steps", type=int, help="so many steps of each round at most")
    parser.add_argument("--first", type=int, default=0, help="begin with this round (default 0)")
    parser.add_argument("--grace", type=float, default=GRACE, help=argparse.SUPPRESS)
    parser.add_argument("--attack", help=argparse.SUPPRESS)
    parser.add_argument("--seconds", type=float, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.attack:
        attack_here(options)
    if options.seed is None:
        options.seed = random.SystemRandom().randrange(10**6)
    say(f"seed {options.seed}")
    attacks = options.only or ATTACKS
    held = [besiege(name, options, options.minutes * 60 / len(attacks)) for name in attacks]
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
