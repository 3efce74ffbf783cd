"""A sandbox killed in the middle of its work has everything it ever acknowledged."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import httpx
import pytest

from tests.sandbox.api import BTCUSDT, HOUR, START, TLS

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a kill of this kind is POSIX's")

COLUMNS = [{"output_column": "at", "meta": {"value": "collection_timestamp_ns"}}]
STREAMS = range(BTCUSDT, BTCUSDT + 8)


class Process:
    """A sandbox in a process of its own."""

    def __init__(self, state: Path) -> None:
        limits = ["--minute-limit", "1000000", "--hour-limit", "10000000", "--messages-per-minute", "1"]
        flags = [*limits, "--export-seconds", "0", "--backdate", str(10 * 365 * 86_400), "--state", str(state)]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tickhaul_sandbox", "--port", "0", *flags], stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().removeprefix("ready ").strip()
        assert self.url

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.communicate()


@dataclass
class Asked:
    """One request, and what it was answered."""

    method: str
    path: str
    body: dict[str, Any] | None
    key: str
    status: int = 0
    content: bytes = b""


@dataclass
class Model:
    """What a client has been told so far."""

    subscriptions: dict[str, str] = field(default_factory=dict)
    streams: dict[int, str] = field(default_factory=dict)
    exports: set[str] = field(default_factory=set)
    schemas: dict[str, int] = field(default_factory=dict)
    answered: list[Asked] = field(default_factory=list)
    uncertain: Asked | None = None

    def choose(self, dice: random.Random) -> Asked:
        """Return something to ask that is allowed."""
        wishes: list[tuple[str, str, dict[str, Any] | None]] = []
        free = [
            stream for stream in STREAMS if self.subscriptions.get(self.streams.get(stream, "")) in {None, "deleted"}
        ]
        if free:
            wishes.append(("POST", "/v1/subscriptions", {"datastream_id": dice.choice(free)}))
        living = [name for name, status in self.subscriptions.items() if status != "deleted"]
        if living:
            chosen = f"/v1/subscriptions/{dice.choice(living)}"
            wishes += [("POST", f"{chosen}/pause", None), ("POST", f"{chosen}/resume", None), ("DELETE", chosen, None)]
            stream = next(stream for stream, name in self.streams.items() if name in living)
            order = {"datastream_id": stream, "start_time": START, "end_time": START + HOUR // 4}
            wishes.append(("POST", "/v1/exports", order))
        named = {"name": uuid.uuid4().hex, "stream_category": "trade", "columns": COLUMNS}
        wishes.append(("POST", "/v1/export-schemas", named))
        if self.schemas:
            chosen = f"/v1/export-schemas/{dice.choice(list(self.schemas))}"
            wishes += [("POST", f"{chosen}/draft", None), ("DELETE", chosen, None)]
        return Asked(*dice.choice(wishes), key=str(uuid.UUID(int=dice.getrandbits(128), version=4)))

    def learn(self, asked: Asked, response: httpx.Response) -> None:
        """Take note of an answer."""
        assert response.is_success, (asked, response.text)
        asked.status, asked.content = response.status_code, response.content
        self.answered.append(asked)
        told = response.json() if response.content else {}
        _, kind, *rest = asked.path.split("/")[1:]
        if kind == "exports":
            self.exports.add(told["id"])
        elif kind == "subscriptions" and not rest:
            self.subscriptions[told["id"]] = "active"
            self.streams[told["datastream"]["datastream_id"]] = told["id"]
        elif kind == "subscriptions":
            self.subscriptions[rest[0]] = {"pause": "paused", "resume": "active"}.get(rest[-1], "deleted")
        elif asked.method == "DELETE":
            del self.schemas[rest[0]]
        else:
            self.schemas[told["id"]] = told["has_draft"]


def ask(client: httpx.Client, asked: Asked) -> httpx.Response:
    return client.request(asked.method, asked.path, json=asked.body, headers={"Idempotency-Key": asked.key})


def work(url: str, model: Model, dice: random.Random, enough: threading.Event, kill_after: int) -> None:
    """Ask until nobody answers any more."""
    with httpx.Client(base_url=url, headers={"X-Api-Key": "key_sandbox.local"}, timeout=30, verify=TLS) as client:
        for number in range(100_000):
            asked = model.choose(dice)
            try:
                response = ask(client, asked)
            except httpx.TransportError:
                model.uncertain = asked
                return
            model.learn(asked, response)
            if number == kill_after:
                enough.set()
    raise AssertionError("the sandbox was never killed")


def check(url: str, model: Model, dice: random.Random) -> None:
    """Hold a sandbox against what the client was told."""
    with httpx.Client(base_url=url, headers={"X-Api-Key": "key_sandbox.local"}, timeout=30, verify=TLS) as client:

        def get(path: str, **parameters: Any) -> Any:
            response = client.get(path, params=parameters)
            assert response.status_code == 200, response.text
            return response.json()

        if model.uncertain is not None:
            # Whether it had come about or not: asked again, it has, and once.
            model.learn(model.uncertain, ask(client, model.uncertain))
            model.uncertain = None
        living = {name: status for name, status in model.subscriptions.items() if status != "deleted"}
        items = get("/v1/subscriptions", limit=100)["items"]
        assert {item["id"]: item["status"] for item in items} == living
        for name, status in living.items():
            spans = get(f"/v1/subscriptions/{name}/spans")
            assert [span["ended_at"] is None for span in spans[-1:]] == [status == "active"]
        exports: set[str] = set()
        token: dict[str, str] = {}
        while True:
            page = get("/v1/exports", limit=100, **token)
            exports |= {item["id"] for item in page["items"]}
            if page["next_page_token"] is None:
                break
            token = {"page_token": page["next_page_token"]}
        assert exports == model.exports
        schemas = {item["id"]: item["has_draft"] for item in get("/v1/export-schemas") if not item["is_built_in"]}
        assert schemas == model.schemas
        for asked in dice.sample(model.answered, min(40, len(model.answered))):
            again = ask(client, asked)
            assert (again.status_code, again.content) == (asked.status, asked.content)
        if exports:
            job = get(f"/v1/exports/{max(exports)}")
            assert job["status"] == "succeeded"
            [item] = get(f"/v1/exports/{job['id']}/download")["artifacts"]
            assert len(httpx.get(item["url"], verify=TLS).content) == item["bytes"]


@pytest.mark.parametrize("seed", range(2))
def test_what_was_acknowledged_before_a_kill_is_there_after_it(tmp_path: Path, seed: int) -> None:
    dice, model = random.Random(seed), Model()
    for _ in range(4):
        with Process(tmp_path / "state") as sandbox:
            if model.answered:
                check(sandbox.url, model, dice)
            enough = threading.Event()
            arguments = (sandbox.url, model, dice, enough, dice.randrange(5, 120))
            client = threading.Thread(target=work, args=arguments)
            client.start()
            assert enough.wait(100)
            sandbox.process.kill()
            client.join(60)
            assert not client.is_alive()
    with Process(tmp_path / "state") as sandbox:
        check(sandbox.url, model, dice)
    assert model.exports
    assert len(model.answered) > 20
