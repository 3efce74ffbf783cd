"""A forked child starts over with what it cannot share."""

from __future__ import annotations

import gc
import os
import runpy
import warnings
import weakref

import pytest
from tickhaul._core import forks
from tickhaul._core.forks import renew_after_fork

forking = pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform does not fork")


class Counter:
    """Counts how often it was renewed."""

    def __init__(self) -> None:
        self.renewed = 0
        renew_after_fork(self)

    def renew(self) -> None:
        self.renewed += 1


def exit_code_of_child(code: int) -> int:
    """End a child with a code and read it in the parent."""
    with warnings.catch_warnings():
        # Newer Pythons warn of forks beside threads, which is what all this is for.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@forking
def test_the_child_renews_and_the_parent_does_not() -> None:
    counter = Counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        os._exit(40 + counter.renewed)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 41
    assert counter.renewed == 0


def test_all_that_is_alive_is_renewed(monkeypatch: pytest.MonkeyPatch) -> None:
    # What a child does, done here to things of this test alone.
    monkeypatch.setattr(forks, "_renewables", weakref.WeakSet())
    counters = [Counter(), Counter(), Counter()]
    del counters[1]
    gc.collect()
    forks._renew_all()
    assert [counter.renewed for counter in counters] == [1, 1]


def test_a_platform_that_does_not_fork_needs_none_of_this(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "register_at_fork", raising=False)
    names = runpy.run_path(forks.__file__)
    counter = Counter()
    names["renew_after_fork"](counter)
    assert counter.renewed == 0


@forking
def test_what_is_gone_is_not_kept_alive() -> None:
    counters = [Counter(), Counter()]
    keep = counters.pop()
    counters.clear()
    gc.collect()
    assert exit_code_of_child(7) == 7
    assert keep.renewed == 0
