"""An answer of any size is judged in bounded time, with a bounded number of differences."""

from __future__ import annotations

import json

import pytest
from tickhaul._core import bodies
from tickhaul._core.deadline import Deadline, DeadlinePassed
from tickhaul.contract import Kind
from tickhaul.contract import judge as module
from tickhaul.contract.document import installed
from tickhaul.contract.judge import Judgement, judge
from tickhaul.contract.wire import Answer

CONTRACT = installed()
EXCHANGE = {"code": "binance", "display_name": "Binance"}


def judged(value: object) -> Judgement:
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    answer = Answer(200, {"content-type": "application/json"}, body)
    return judge(CONTRACT, CONTRACT.operations["list_exchanges"], answer, (200,))


def of_body(judgement: Judgement) -> list[tuple[Kind, str, str]]:
    return [(one.kind, one.where, one.message) for one in judgement.differences if one.where.startswith("body")]


def test_the_exchange_fits() -> None:
    assert (of_body(judged([EXCHANGE])), judged([EXCHANGE]).good) == ([], True)


def test_differences_of_many_kinds_are_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_DIFFERENCES", 2)
    fields = [{**EXCHANGE, "a": 1, "b": 1}] * 3
    assert [where for _, where, _ in of_body(judged(fields))] == ["body[*].a", "body[*].b"] * 3
    more = judged([*fields, {**EXCHANGE, "c": 1}])
    assert of_body(more)[-1] == (Kind.UNEXPECTED_FIELD, "body", "there are more differences than the first 2")
    assert len(of_body(more)) == 7
    assert more.good


def test_a_difference_among_many_additions_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_DIFFERENCES", 1)
    found = judged([{**EXCHANGE, "a": 1, "b": 1}, {**EXCHANGE, "code": 1}])
    assert of_body(found)[0][:2] == (Kind.TYPE, "body[*].code")
    assert not found.good


def test_a_body_of_arrays_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "_MOST_CONTAINERS", 4)
    assert len(of_body(judged([[], [], []]))) == 3
    assert of_body(judged([[], [], [], []])) == [
        (Kind.BODY, "body", "is no JSON: it holds more than 4 arrays and objects")
    ]


@pytest.mark.parametrize("value", [[EXCHANGE], [[]], []], ids=["fits", "differs", "empty"])
def test_an_answer_is_judged_with_an_eye_on_the_clock(value: object) -> None:
    with pytest.raises(DeadlinePassed):
        Deadline(0, lambda: 0).run(lambda: judged(value))


def test_a_field_that_is_there_twice_is_named() -> None:
    assert of_body(judged(b'[{"a":1,"code":1,"b":1,"code":1}]')) == [
        (Kind.BODY, "body", 'is no JSON: the field "code" is there twice')
    ]
