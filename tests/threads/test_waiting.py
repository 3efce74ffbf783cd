"""The caller's side of a transfer: whatever happens to it, the work ends first."""

from __future__ import annotations

import threading
from queue import SimpleQueue
from typing import Any

import pytest
from tickhaul import _threads
from tickhaul._threads import NoThreadError, wait_for


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

    def ended(done: list[bool], queue: SimpleQueue[None], seconds: float) -> bool:
        if stopped.is_set() and not steps.count("interrupted again"):
            steps.append("interrupted again")
            raise KeyboardInterrupt
        return real(done, queue, seconds)

    monkeypatch.setattr(_threads, "_has_ended", ended)
    with pytest.raises(KeyboardInterrupt):
        wait_for(work, name="worker", stop=stopped.set, look=interrupt)
    assert "cleaned up" in steps
    assert "interrupted again" in steps


def test_an_interrupt_that_takes_the_word_of_the_end_with_it_does_not_hang(monkeypatch: pytest.MonkeyPatch) -> None:
    class Interrupted:
        def __init__(self) -> None:
            self._queue: SimpleQueue[None] = SimpleQueue()
            self._first = True

        def put(self, item: None) -> None:
            self._queue.put(item)

        def get(self, timeout: float) -> None:
            self._queue.get(timeout=timeout)
            if self._first:
                self._first = False
                raise KeyboardInterrupt

    monkeypatch.setattr(_threads, "SimpleQueue", Interrupted)
    with pytest.raises(KeyboardInterrupt):
        wait_for(lambda: None, name="worker", stop=lambda: None, look=nothing)


@pytest.mark.parametrize("moment", ["before", "behind"])
def test_an_interrupt_of_the_stopping_does_not_leave_the_work_behind(moment: str) -> None:
    stopped = threading.Event()
    steps: list[str] = []

    def work() -> None:
        assert stopped.wait(30)
        steps.append("cleaned up")

    def interrupt(over: bool) -> None:
        raise KeyboardInterrupt

    def stop() -> None:
        first = "interrupted" not in steps
        if first and moment == "before":
            steps.append("interrupted")
            raise KeyboardInterrupt
        stopped.set()
        if first:
            steps.append("interrupted")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        wait_for(work, name="worker", stop=stop, look=interrupt)
    assert "cleaned up" in steps


def test_an_interrupt_before_the_stopping_does_not_leave_the_work_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    stopped = threading.Event()
    steps: list[str] = []
    let_end = _threads._let_end

    def work() -> None:
        assert stopped.wait(30)
        steps.append("cleaned up")

    def interrupt(over: bool) -> None:
        raise KeyboardInterrupt

    def interrupted(*arguments: Any) -> None:
        if "interrupted" not in steps:
            steps.append("interrupted")
            raise KeyboardInterrupt
        let_end(*arguments)

    monkeypatch.setattr(_threads, "_let_end", interrupted)
    with pytest.raises(KeyboardInterrupt):
        wait_for(work, name="worker", stop=stopped.set, look=interrupt)
    assert "cleaned up" in steps


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
    with pytest.raises(NoThreadError, match="can't start new thread"):
        wait_for(lambda: None, name="worker", stop=lambda: None, look=nothing)


def test_a_thread_that_the_system_refuses_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(_threads, "start_new_thread", refuse)
    monkeypatch.setattr(_threads, "_START", 1000.0)  # it would be waited for in vain
    with pytest.raises(NoThreadError, match="can't start new thread"):
        wait_for(lambda: None, name="worker", stop=lambda: None, look=nothing)
