"""What the sandbox tests talk to the sandbox with: plain HTTP, nothing of tickhaul's own client."""

from __future__ import annotations

import asyncio
import atexit
import csv
import gzip
import io
import ssl
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import httpx
from tickhaul_sandbox.schemas.cage import Cage

if TYPE_CHECKING:
    from types import TracebackType

    from tickhaul_sandbox import Sandbox

# 2024-01-15T10:30:00Z
START = 1_705_314_600_000_000_000
HOUR = 3_600_000_000_000
SECOND = 1_000_000_000
BTCUSDT = 123
# Never used, the sandbox speaks plain HTTP; but a client without one makes its own, and that is slow.
TLS = ssl.create_default_context()
# Sparse streams keep the tests quick.
PER_MINUTE = 6
# Runs the transforms of layouts that are tested without a sandbox; its process is started when one needs it.
CAGE = Cage(30)
atexit.register(CAGE.close)
CAPTURES = Path(__file__).resolve().parents[3] / "shared" / "data" / "captures"


class Api:
    """One caller of the API.

    Args:
        sandbox: Where to.
        key: With what key; the sandbox's first one when left out, none when empty.
    """

    def __init__(self, sandbox: Sandbox, key: str | None = None) -> None:
        self.sandbox = sandbox
        key = sandbox.api_key if key is None else key
        self.http = httpx.Client(
            base_url=sandbox.base_url, headers={"X-Api-Key": key} if key else {}, timeout=30, verify=TLS
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.http.close()

    def get(self, path: str, **parameters: Any) -> httpx.Response:
        return self.http.get(f"/v1{path}", params=parameters)

    def post(self, path: str, body: Any = None, **headers: str) -> httpx.Response:
        return self._send("POST", path, body, headers)

    def put(self, path: str, body: Any = None, **headers: str) -> httpx.Response:
        return self._send("PUT", path, body, headers)

    def delete(self, path: str, **headers: str) -> httpx.Response:
        return self._send("DELETE", path, None, headers)

    def subscribe(self, datastream_id: int = BTCUSDT) -> str:
        """Subscribe and return the subscription's id."""
        return str(ok(self.post("/subscriptions", {"datastream_id": datastream_id}), 201)["id"])

    def export(self, start: int, end: int, datastream_id: int = BTCUSDT, **more: Any) -> str:
        """Ask for an export and return its id."""
        body = {"datastream_id": datastream_id, "start_time": start, "end_time": end, **more}
        return str(ok(self.post("/exports", body), 202)["id"])

    def files(self, export_id: str) -> dict[str, bytes]:
        """Return the files of a finished export by name."""
        download = ok(self.get(f"/exports/{export_id}/download"))
        return {item["filename"]: fetch(item["url"]).content for item in download["artifacts"]}

    def rows(self, export_id: str) -> list[dict[str, str]]:
        """Return the rows of all CSV files of a finished export."""
        return [row for content in self.files(export_id).values() for row in read_csv(content)]

    def stream_id(self, exchange: str, instrument: str, stream_type: str) -> int:
        """Return the id of a datastream."""
        page = ok(self.get("/datastreams", exchange=exchange, instrument=instrument, stream_type=stream_type))
        [item] = page["items"]
        return int(item["datastream_id"])

    def _send(self, method: str, path: str, body: Any, headers: dict[str, str]) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if isinstance(body, bytes):
            return self.http.request(method, f"/v1{path}", content=body, headers=named)
        return self.http.request(method, f"/v1{path}", json=body, headers=named)


class Held:
    """Holds the first request for an operation until it is released.

    Args:
        sandbox: Where the request is to come.
        operation: The operation.
    """

    def __init__(self, sandbox: Sandbox, operation: str) -> None:
        self.seconds: list[float] = []
        self._arrived = threading.Event()
        self._released = threading.Event()
        sandbox.faults.add(f"latency:{operation}:seconds=1000:times=1")
        sandbox.service.pause = self._pause  # type: ignore[method-assign]  # what latency waits in

    def wait(self) -> None:
        """Return when the request has arrived."""
        assert self._arrived.wait(60)

    def release(self) -> None:
        """Let the request go on."""
        self._released.set()

    async def _pause(self, seconds: float) -> None:
        self.seconds.append(seconds)
        self._arrived.set()
        await asyncio.to_thread(self._released.wait, 60)


def ok(response: httpx.Response, status: int = 200) -> Any:
    """Return the body of a response that is to have a status."""
    assert response.status_code == status, response.text
    return response.json() if response.content else None


def code(response: httpx.Response) -> tuple[int, str]:
    """Return status and error code of a response that is to be an error."""
    error = response.json()["error"]
    assert isinstance(error["message"], str)
    assert error["message"]
    return response.status_code, error["code"]


def message(response: httpx.Response) -> str:
    """Return the message of an error."""
    return str(response.json()["error"]["message"])


def fetch(url: str, **headers: str) -> httpx.Response:
    """Fetch a presigned URL as a client without a key would."""
    return httpx.get(
        url, headers={name.replace("_", "-"): value for name, value in headers.items()}, timeout=30, verify=TLS
    )


def read_csv(content: bytes) -> list[dict[str, str]]:
    """Return the rows of a gzipped CSV file."""
    return list(csv.DictReader(io.StringIO(gzip.decompress(content).decode(), newline="")))
