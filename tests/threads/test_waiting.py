"""The caller's side of a transfer: whatever happens to it, the work ends first."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from tickhaul import _threads
from tickhaul._threads import wait_for

if TYPE_CHECKING:
    from queue import SimpleQueue


def nothing(over: bool) -> None:
    """Look at nothing."""


def test_the_work_is_done_in_another_thread_and_looked_at_to_its_end() -> None:
    threads: list[threading.Thread] = []
    looks: list[bool] = []
    wait_for(lambda: threads.append(threading.current_thread()), name="worker", stop=threads.clear, look=looks.append)
    assert threads
    assert threads[0] is not threading.current_thread()
    assert looks[-1] is True
    assert not any(looks[:-1])


def test_what_the_work_raises_is_raised() -> None:
    def work() -> None:
        raise KeyError("lost")

    with pytest.raises(KeyError, match="lost"):
        wait_for(work, name="worker", stop=lambda: None, look=nothing)


def test_an_interrupt_stops_the_work_and_waits_for_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    stopped = threading.Event()
    steps: list[str] = []

    def work() -> None:
        assert stopped.wait(30)
        steps.append("cleaned up")

    def interrupt(over: bool) -> None:
        raise KeyboardInterrupt

    # And once more while it ends.
    real = _threads._has_ended

    def ended(queue: SimpleQueue[None], seconds: float) -> bool:
        if stopped.is_set() and not steps.count("interrupted again"):
            steps.append("interrupted again")
            raise KeyboardInterrupt
        return real(queue, seconds)

    monkeypatch.setattr(_threads, "_has_ended", ended)
    with pytest.raises(KeyboardInterrupt):
        wait_for(work, name="worker", stop=stopped.set, look=interrupt)
    assert "cleaned up" in steps
    assert "interrupted again" in steps


def test_a_start_that_was_interrupted_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(_threads, "start_new_thread", interrupt)
    monkeypatch.setattr(_threads, "_START", 0.001)
    with pytest.raises(KeyboardInterrupt):
        wait_for(lambda: None, name="worker", stop=lambda: None, look=nothing)


def test_a_thread_that_cannot_be_started_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    class Refused(threading.Thread):
        def start(self) -> None:
            raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading, "Thread", Refused)
    with pytest.raises(RuntimeError, match="can't start new thread"):
        wait_for(lambda: None, name="worker", stop=lambda: None, look=nothing)
