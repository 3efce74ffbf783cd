"""A forked child starts over with what it cannot share."""

from __future__ import annotations

import gc
import os
import warnings

import pytest
from tickhaul._core.forks import renew_after_fork

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform does not fork")


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


def test_the_child_renews_and_the_parent_does_not() -> None:
    counter = Counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        os._exit(40 + counter.renewed)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 41
    assert counter.renewed == 0


def test_what_is_gone_is_not_kept_alive() -> None:
    counters = [Counter(), Counter()]
    keep = counters.pop()
    counters.clear()
    gc.collect()
    assert exit_code_of_child(7) == 7
    assert keep.renewed == 0
