"""Every error says all it knows, crosses processes, and stands where the drawing has it."""

from __future__ import annotations

import copy
import multiprocessing
import pickle
import re
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import pytest
import tickhaul
from tickhaul import errors

from tests.core.samples import STREAM, every_error, fail_with, job

EVERY = every_error()


def named(error: Exception) -> str:
    return type(error).__name__


def assert_same(error: errors.TickhaulError, other: Any) -> None:
    assert type(other) is type(error)
    assert other is not error
    assert other.args == error.args
    assert vars(other) == vars(error)
    assert str(other) == str(error)
    assert repr(other) == repr(error)


def test_there_is_a_sample_of_every_class() -> None:
    assert {named(error) for error in EVERY} == set(errors.__all__)


@pytest.mark.parametrize("error", EVERY, ids=named)
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_an_error_survives_pickle_with_all_it_knows(error: errors.TickhaulError, protocol: int) -> None:
    assert_same(error, pickle.loads(pickle.dumps(error, protocol)))


@pytest.mark.parametrize("error", EVERY, ids=named)
def test_an_error_survives_copying_with_all_it_knows(error: errors.TickhaulError) -> None:
    assert_same(error, copy.copy(error))
    assert_same(error, copy.deepcopy(error))


def test_a_deep_copy_shares_nothing_that_can_change() -> None:
    error = errors.ApiError("words", code="c", status=400, details={"list": [1]})
    other = copy.deepcopy(error)
    other.details["list"].append(2)  # type: ignore[attr-defined]  # free-form
    assert error.details == {"list": [1]}


def test_notes_and_attributes_of_others_survive_as_well() -> None:
    error = errors.NetworkError("words")
    error.add_note("while hauling")
    error.extra = 5  # type: ignore[attr-defined]  # as a framework might
    other = pickle.loads(pickle.dumps(error))
    assert other.__notes__ == ["while hauling"]
    assert other.extra == 5


def test_a_class_of_somebody_else_survives_too() -> None:
    other = pickle.loads(pickle.dumps(_Custom("words", filename="f", more=1)))
    assert (str(other), other.filename, other.more) == ("words", "f", 1)


class _Custom(errors.TransferError):
    def __init__(self, message: str, *, filename: str, more: int) -> None:
        super().__init__(message, filename=filename)
        self.more = more


def test_errors_cross_a_process_pool() -> None:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        futures = [pool.submit(fail_with, place) for place in range(len(EVERY))]
        for error, future in zip(EVERY, futures, strict=True):
            assert_same(error, _without_notes(future.exception()))


def _without_notes(error: Any) -> Any:
    """The pool adds the traceback of the other process, as a cause and in some versions as a note."""
    vars(error).pop("__notes__", None)
    return error


def test_the_tree_is_the_one_drawn_in_the_docstring() -> None:
    drawn: dict[str, str] = {}
    above: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        if found := re.match(r"^ {4}(?P<branch>(?:│   |    |├── |└── )*)(?P<name>[A-Z]\w+)(?: {2,}|$)", line):
            depth = len(found["branch"]) // 4
            del above[depth:]
            drawn[found["name"]] = above[-1] if above else ""
            above.append(found["name"])
    actual = {}
    for name in errors.__all__:
        parents = [base.__name__ for base in getattr(errors, name).__mro__[1:] if base.__name__ in errors.__all__]
        actual[name] = parents[0] if parents else ""
    assert drawn == actual


@pytest.mark.parametrize(
    ("kind", "builtin"),
    [
        (errors.DeadlineExceeded, TimeoutError),
        (errors.WaitTimeout, TimeoutError),
        (errors.DatastreamLookupError, LookupError),
    ],
)
def test_what_the_drawing_calls_also_a_builtin_is_one(kind: type[Exception], builtin: type[Exception]) -> None:
    assert issubclass(kind, builtin)
    assert f"also a {builtin.__name__}" in (errors.__doc__ or "")
    for other in errors.__all__:
        if issubclass(getattr(errors, other), builtin):
            assert re.search(rf"{other} .*also a {builtin.__name__}", errors.__doc__ or "")


@pytest.mark.parametrize("name", errors.__all__)
def test_every_class_is_importable_from_the_package_and_documented(name: str) -> None:
    kind = getattr(errors, name)
    assert getattr(tickhaul, name) is kind
    assert kind.__doc__
    assert kind.__module__ == "tickhaul.errors"
    for attribute in vars(next(error for error in EVERY if type(error) is kind)):
        documented = "".join(base.__doc__ or "" for base in kind.__mro__ if issubclass(base, errors.TickhaulError))
        assert re.search(rf"\b{attribute}\b", documented), attribute


@pytest.mark.parametrize("error", [error for error in EVERY if vars(error)], ids=named)
def test_the_message_is_an_attribute_and_the_first_argument(error: Any) -> None:
    assert error.message == "words"
    assert error.args == ("words",)
    assert str(error).startswith("words")
    assert repr(error) == f"{named(error)}('words')"


@pytest.mark.parametrize(
    ("attributes", "shown"),
    [
        ({}, "words (404 not_found)"),
        ({"request_id": "req_1"}, "words (404 not_found, request req_1)"),
        ({"attempts": 2}, "words (404 not_found, 2 attempts)"),
        ({"retry_after": 0.0}, "words (404 not_found, retry after 0 s)"),
        ({"retry_after": 30.0, "attempts": 5}, "words (404 not_found, 5 attempts, retry after 30 s)"),
    ],
)
def test_an_api_error_shows_what_support_asks_for(attributes: dict[str, Any], shown: str) -> None:
    assert str(errors.NotFoundError("words", code="not_found", status=404, **attributes)) == shown


def test_what_was_not_said_has_a_plain_default() -> None:
    error = errors.ApiError("words", code="c", status=418)
    assert (error.details, error.request_id, error.retry_after, error.attempts) == ({}, None, None, 1)
    assert errors.NetworkError("words").attempts == ()
    assert errors.DeadlineExceeded("words", deadline=1).attempts == ()
    assert errors.ResponseDecodeError("words", status=200, body_excerpt="").attempts == 1
    assert errors.TransferError("words").filename is None


def test_what_is_given_is_copied() -> None:
    history, details, streams = ["first"], {"a": 1}, [STREAM]
    network = errors.NetworkError("words", attempts=history)
    api = errors.ApiError("words", code="c", status=400, details=details)
    lookup = errors.DatastreamLookupError("words", candidates=streams)
    history.append("second")
    details["b"] = 2
    streams.clear()
    assert network.attempts == ("first",)
    assert api.details == {"a": 1}
    assert lookup.candidates == (STREAM,)


def test_a_job_is_the_one_that_was_seen() -> None:
    seen = job("running")
    assert errors.WaitTimeout("words", job=seen).job is seen


def test_a_timeout_of_ours_has_no_number_of_the_system() -> None:
    error = errors.DeadlineExceeded("words", deadline=1.0)
    assert error.errno is None
    assert str(error) == "words"
