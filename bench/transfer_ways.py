"""One way to bring files over HTTPS, run in a process of its own so that its time, processor and memory are its own.

``python bench/transfer_ways.py WAY`` reads a JSON job from standard input and prints one line of JSON. Time and processor
are those of the transfer, without the interpreter's start and the imports; memory is the peak of the whole process.
"""

from __future__ import annotations

import contextlib
import json
import resource
import sys
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TypedDict

if TYPE_CHECKING:
    from collections.abc import Callable

    from tickhaul.transfer.model import Engine


class Job(TypedDict):
    """What is to be brought."""

    urls: list[str]
    sizes: list[int]
    folder: str
    authority: str
    connections: int


def with_tickhaul(job: Job, *, engine: Engine = "auto", fsync: bool = True) -> Callable[[], object]:
    """tickhaul, with everything it does by default: resume, fsync, atomic names, manifest."""
    from tickhaul.transfer import RemoteFile, TransferOptions, download
    from tickhaul.transfer.wire import choose

    files = [
        RemoteFile(f"art_{index}", url.rpartition("/")[2], size, url)
        for index, (url, size) in enumerate(zip(job["urls"], job["sizes"], strict=True))
    ]
    options = TransferOptions(connections=job["connections"], engine=engine, fsync=fsync)
    choose(options)  # imports the engine
    return lambda: download(files, job["folder"], refresh=lambda: files, export_id="exp_bench", options=options)


def with_pycurl(job: Job) -> Callable[[], object]:
    """A plain loop over pycurl: one handle, one file after another."""
    import pycurl

    def run() -> None:
        curl = pycurl.Curl()
        curl.setopt(pycurl.BUFFERSIZE, 512 * 1024)
        curl.setopt(pycurl.CAINFO, job["authority"])
        curl.setopt(pycurl.FAILONERROR, 1)
        for url in job["urls"]:
            with (Path(job["folder"]) / url.rpartition("/")[2]).open("wb", buffering=0) as file:
                curl.setopt(pycurl.URL, url)
                curl.setopt(pycurl.WRITEDATA, file)
                curl.perform()

    return run


def with_pycurl_in_parallel(job: Job) -> Callable[[], object]:
    """A plain loop over pycurl: as many handles at once as the others have connections."""
    import pycurl

    def run() -> None:
        multi, waiting = pycurl.CurlMulti(), list(reversed(job["urls"]))
        files: dict[pycurl.Curl, BinaryIO] = {}
        free = [pycurl.Curl() for _ in range(min(job["connections"], len(waiting)))]
        for curl in free:
            curl.setopt(pycurl.BUFFERSIZE, 512 * 1024)
            curl.setopt(pycurl.CAINFO, job["authority"])
            curl.setopt(pycurl.FAILONERROR, 1)
        while waiting or files:
            while waiting and free:
                curl, url = free.pop(), waiting.pop()
                file = files[curl] = (Path(job["folder"]) / url.rpartition("/")[2]).open("wb", buffering=0)
                curl.setopt(pycurl.URL, url)
                curl.setopt(pycurl.WRITEDATA, file)
                multi.add_handle(curl)
            multi.perform()
            left = 1
            while left:
                left, done, failed = multi.info_read()
                assert not failed, failed
                for curl in done:
                    multi.remove_handle(curl)
                    files.pop(curl).close()
                    free.append(curl)
            if files:
                multi.select(1.0)

    return run


def with_requests(job: Job) -> Callable[[], object]:
    """The owner's script's way: requests, one file after another, 8 KiB at a time."""
    import requests

    def one(url: str) -> None:
        response = requests.get(url, stream=True, verify=job["authority"], timeout=60)
        response.raise_for_status()
        with (Path(job["folder"]) / url.rpartition("/")[2]).open("wb") as file:
            for chunk in response.iter_content(chunk_size=8192):
                file.write(chunk)

    def run() -> None:
        for url in job["urls"]:
            one(url)

    return run


def with_httpx(job: Job) -> Callable[[], object]:
    """Bare httpx: one client, `iter_raw`, as many threads as the others have connections."""
    import ssl
    from concurrent.futures import ThreadPoolExecutor

    import httpx

    client = httpx.Client(verify=ssl.create_default_context(cafile=job["authority"]), timeout=60)

    def one(url: str) -> None:
        with client.stream("GET", url) as response:
            response.raise_for_status()
            with (Path(job["folder"]) / url.rpartition("/")[2]).open("wb") as file:
                for chunk in response.iter_raw():
                    file.write(chunk)

    def run() -> None:
        with ThreadPoolExecutor(min(job["connections"], len(job["urls"]))) as pool:
            list(pool.map(one, job["urls"]))
        client.close()

    return run


def with_nothing(_: Job) -> Callable[[], object]:
    """The bare interpreter, to compare memory with."""
    return lambda: None


WAYS: dict[str, Callable[[Job], Callable[[], object]]] = {
    "nothing": with_nothing,
    "tickhaul": partial(with_tickhaul, engine="libcurl"),
    "no fsync": partial(with_tickhaul, engine="libcurl", fsync=False),
    "httpcore": partial(with_tickhaul, engine="httpcore"),
    "pycurl": with_pycurl,
    "pycurl x16": with_pycurl_in_parallel,
    "requests": with_requests,
    "httpx": with_httpx,
}


def main() -> None:
    """Run one job."""
    job: Job = json.load(sys.stdin)
    run = WAYS[sys.argv[1]](job)
    before, began = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    run()
    seconds, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF)
    peak = after.ru_maxrss
    with contextlib.suppress(OSError):
        # Linux hands a parent's ru_maxrss down to its children; this one is the process's own.
        status = Path("/proc/self/status").read_text(encoding="ascii")
        peak = int(status.partition("VmHWM:")[2].split()[0])
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(json.dumps({"seconds": seconds, "cpu": cpu, "kib": peak}))


if __name__ == "__main__":
    main()
