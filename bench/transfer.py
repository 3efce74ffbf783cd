"""Transfers side by side: curl, aria2c, plain loops over pycurl, requests, bare httpx and tickhaul over both engines.

``python bench/transfer.py [--rounds N] [--scale F] [--strict] [SCENARIO...]``

Every way brings the same files from the same HTTPS server to the same disk; the rounds alternate between the ways, each way in
a process of its own, the disk is at rest before each, and medians count. tickhaul does everything it does by default,
the others what they do; curl+sync also has the disk confirm the files, as tickhaul does and curl does not. Times of
Python ways are without the interpreter's start and its imports.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import resource
import shlex
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import trustme

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MIB = 1024 * 1024
HERE = Path(__file__).parent
CONNECTIONS = 16


@dataclass(frozen=True)
class Bar:
    """What a way of tickhaul's has to reach: a share of another's throughput, or a multiple of its processor time."""

    against: str
    least: float | None = None
    most_cpu: float | None = None
    way: str = "tickhaul"


@dataclass(frozen=True)
class Scenario:
    """One comparison.

    Attributes:
        title: what it shows.
        count: how many files.
        size: bytes of each.
        connections: the connection budget.
        rate: MiB/s the server gives one connection, 0 for all there is.
        bars: what tickhaul has to reach.
        once: ways too slow to be run in every round.
    """

    title: str
    count: int
    size: int
    connections: int
    rate: int
    bars: tuple[Bar, ...]
    once: tuple[str, ...] = ()


SCENARIOS = {
    "single": Scenario(
        "one file of 1 GiB over one connection", 1, 1024 * MIB, 1, 0, (Bar("pycurl", 0.9), Bar("pycurl", most_cpu=1.1))
    ),
    "small": Scenario(
        "200 files of 1 MiB", 200, MIB, CONNECTIONS, 0, (Bar("pycurl", 0.85, way="no fsync"), Bar("curl+sync", 1.0))
    ),
    "throttled": Scenario(
        "8 files of 256 MiB at 40 MiB/s a connection",
        8,
        256 * MIB,
        CONNECTIONS,
        40,
        (Bar("aria2c", 0.95),),
        ("requests", "httpx", "httpcore", "pycurl"),
    ),
}
MEMORY_BAR = 64  # MiB over the bare interpreter


@dataclass(frozen=True)
class Run:
    """What one way took once."""

    seconds: float
    cpu: float
    kib: int


@dataclass(frozen=True)
class Server:
    """HTTPS servers of the bench: one at full speed, one that throttles each connection."""

    name: str
    port: int
    authority: Path
    root: Path


@contextlib.contextmanager
def serving(folder: Path, rate: int) -> Iterator[Server]:
    """Serve ``folder/www`` over HTTPS, with nginx if it is there."""
    authority = trustme.CA()
    leaf = authority.issue_cert("localhost", "127.0.0.1")
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    leaf.private_key_and_cert_chain_pem.write_to_path(str(folder / "server.pem"))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    if nginx:
        name = (
            "nginx " + subprocess.run([nginx, "-v"], capture_output=True, text=True, check=True).stderr.split("/")[-1]
        )
        config = folder / "nginx.conf"
        config.write_text(_nginx(folder, port, rate))
        command = [nginx, "-p", str(folder), "-c", str(config)]
    else:
        name = "Python's own TLS (no nginx here: absolute numbers are low, ratios are what counts)"
        command = [sys.executable, str(HERE / "transfer_server.py"), str(folder), str(port), str(rate)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        _await(port)
        yield Server(name.strip(), port, folder / "ca.pem", folder / "www")
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def _nginx(folder: Path, port: int, rate: int) -> str:
    temporary = "\n".join(
        f"{kind}_temp_path {folder}/tmp-{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    limit = f"limit_rate {rate}m;" if rate else ""
    # Started by root, nginx would serve as somebody else, who cannot read a temporary folder.
    user = "user root;" if os.geteuid() == 0 else ""
    return f"""
{user} daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 512; }}
http {{
{temporary}
access_log off; sendfile on; {limit}
server {{ listen 127.0.0.1:{port} ssl; root {folder}/www;
ssl_certificate {folder}/server.pem; ssl_certificate_key {folder}/server.pem; }} }}
"""


def _await(port: int) -> None:
    until = time.monotonic() + 10
    while time.monotonic() < until:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise SystemExit("the server did not start")


@dataclass(frozen=True)
class Job:
    """A scenario set up: files on a server, and a folder to bring them to."""

    scenario: Scenario
    server: Server
    names: list[str]
    folder: Path

    @property
    def urls(self) -> list[str]:
        """The URLs."""
        return [f"https://localhost:{self.server.port}/{name}" for name in self.names]


def curl(job: Job) -> list[str]:
    """curl, in parallel where there are several files."""
    config = job.folder.parent / "curl.txt"
    lines = [f'url="{url}"\noutput="{job.folder / name}"\n' for url, name in zip(job.urls, job.names, strict=True)]
    config.write_text("".join(lines))
    parallel = ["--parallel", "--parallel-max", str(job.scenario.connections)] if len(job.names) > 1 else []
    return ["curl", "--silent", "--fail", "--cacert", str(job.server.authority), *parallel, "--config", str(config)]


def aria2c(job: Job) -> list[str]:
    """aria2c -x16, in segments where it may."""
    listing = job.folder.parent / "aria2.txt"
    listing.write_text("".join(url + "\n" for url in job.urls))
    connections = str(job.scenario.connections)
    at_once = str(min(job.scenario.connections, len(job.names)))
    options = ["-q", "-x", connections, "-s", connections, "-j", at_once, "--file-allocation=none"]
    return ["aria2c", *options, f"--ca-certificate={job.server.authority}", "-d", str(job.folder), "-i", str(listing)]


def curl_sync(job: Job) -> list[str]:
    """curl, and then the disk confirms the files, as tickhaul has it do."""
    paths = shlex.join(str(job.folder / name) for name in job.names)
    return ["sh", "-c", f"{shlex.join(curl(job))} && sync --data {paths}"]


COMMANDS: dict[str, Callable[[Job], list[str]]] = {"curl": curl, "curl+sync": curl_sync, "aria2c": aria2c}
WAYS = (
    "curl",
    "curl+sync",
    "aria2c",
    "pycurl",
    "pycurl x16",
    "tickhaul",
    "no fsync",
    "httpcore",
    "requests",
    "httpx",
)


def run_once(way: str, job: Job) -> Run:
    """Bring the files once, to an empty folder on a disk at rest."""
    shutil.rmtree(job.folder, ignore_errors=True)
    job.folder.mkdir()
    os.sync()
    if way in COMMANDS:
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        subprocess.run(COMMANDS[way](job), check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        seconds, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
        run = Run(seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 0)
    else:
        order = {
            "urls": job.urls,
            "sizes": [job.scenario.size] * len(job.names),
            "folder": str(job.folder),
            "authority": str(job.server.authority),
            "connections": job.scenario.connections,
        }
        command = [sys.executable, str(HERE / "transfer_ways.py"), way]
        done = subprocess.run(
            command,
            input=json.dumps(order),
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "SSL_CERT_FILE": str(job.server.authority)},
        )
        if done.returncode:
            raise SystemExit(f"{way} failed:\n{done.stderr}")
        run = Run(**json.loads(done.stdout))
    for name in job.names:
        if (job.folder / name).stat().st_size != job.scenario.size:
            raise SystemExit(f"{way} did not bring {name} whole")
    return run


def compare(scenario: Scenario, rounds: int, folder: Path, scaled: str = "") -> bool:
    """Run a scenario and print its table; whether every bar was reached."""
    (folder / "www").mkdir()
    names = [f"file_{index:03}.bin" for index in range(scenario.count)]
    for name in names:
        with (folder / "www" / name).open("wb") as file:
            for at in range(0, scenario.size, MIB):
                file.write(os.urandom(min(MIB, scenario.size - at)))
    ways = [way for way in WAYS if way not in COMMANDS or all(map(shutil.which, way.split("+")))]
    runs: dict[str, list[Run]] = {way: [] for way in ways}
    with serving(folder, scenario.rate) as server:
        print(f"\n{scenario.title}{scaled}; server: {server.name}; {rounds} rounds")
        job = Job(scenario, server, names, folder / "out")
        for index in range(rounds):
            for way in ways[index % len(ways) :] + ways[: index % len(ways)]:
                if way not in scenario.once or not runs[way]:
                    runs[way].append(run_once(way, job))
    total = scenario.count * scenario.size / MIB
    mine = statistics.median(run.seconds for run in runs["tickhaul"])
    print(f"  {'way':10} {'MiB/s':>8} {'tickhaul is':>12} {'CPU s/GiB':>10} {'peak MiB':>9}")
    cpus: dict[str, float] = {}
    for way in ways:
        seconds = statistics.median(run.seconds for run in runs[way])
        cpus[way] = statistics.median(run.cpu for run in runs[way]) / total * 1024
        peak = max(run.kib for run in runs[way]) / 1024
        shown = f"{peak:9.0f}" if peak else " " * 9
        print(f"  {way:10} {total / seconds:8.0f} {seconds / mine:11.2f}x {cpus[way]:10.2f} {shown}")
    reached = [_bar(bar, runs, cpus) for bar in scenario.bars]
    over = max(run.kib for run in runs["tickhaul"]) / 1024 - _bare_interpreter()
    reached.append(over <= MEMORY_BAR)
    print(f"  {_verdict(reached[-1])} memory: {over:.0f} MiB over the interpreter, at most {MEMORY_BAR}")
    return all(reached)


def _bar(bar: Bar, runs: dict[str, list[Run]], cpus: dict[str, float]) -> bool:
    if bar.against not in runs:
        print(f"  skipped: {bar.against} is not installed")
        return True
    if bar.least is not None:
        theirs = statistics.median(run.seconds for run in runs[bar.against])
        ratio = theirs / statistics.median(run.seconds for run in runs[bar.way])
        reached = ratio >= bar.least
        print(f"  {_verdict(reached)} throughput of {bar.way}: {ratio:.2f} of {bar.against}, at least {bar.least}")
        return reached
    assert bar.most_cpu is not None
    ratio = cpus[bar.way] / cpus[bar.against]
    reached = ratio <= bar.most_cpu
    print(f"  {_verdict(reached)} processor of {bar.way}: {ratio:.2f} of {bar.against}, at most {bar.most_cpu}")
    return reached


def _verdict(reached: bool) -> str:
    return "reached" if reached else "MISSED "


def _bare_interpreter() -> float:
    """MiB of a Python that brings nothing."""
    command = [sys.executable, str(HERE / "transfer_ways.py"), "nothing"]
    done = subprocess.run(command, input="{}", capture_output=True, text=True, check=True)
    return int(json.loads(done.stdout)["kib"]) / 1024


def main() -> int:
    """Run the scenarios asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO", help=f"of {', '.join(SCENARIOS)}; all by default")
    parser.add_argument("--rounds", type=int, default=5, help="how often each way is run (default 5)")
    parser.add_argument("--scale", type=float, default=1.0, help="factor on the sizes of the files (default 1)")
    parser.add_argument("--strict", action="store_true", help="exit 1 when a bar is missed")
    arguments = parser.parse_args()
    names = arguments.scenarios or list(SCENARIOS)
    unknown = set(names) - set(SCENARIOS)
    if unknown:
        parser.error(f"no scenario {', '.join(sorted(unknown))}")
    reached = True
    note = "" if arguments.scale == 1 else f", sizes times {arguments.scale:g}"
    for name in names:
        scenario = SCENARIOS[name]
        scaled = Scenario(**{**vars(scenario), "size": max(1, int(scenario.size * arguments.scale))})
        with tempfile.TemporaryDirectory(prefix="tickhaul-bench-") as folder:
            reached = compare(scaled, arguments.rounds, Path(folder), note) and reached
    return 0 if reached or not arguments.strict else 1


if __name__ == "__main__":
    raise SystemExit(main())
