"""What a client tells about its calls, and the names people import."""

from __future__ import annotations

import pickle
from dataclasses import FrozenInstanceError, fields
from typing import Any

import pytest
from tickhaul import RequestInfo, ResponseInfo, RetryInfo, hooks, models

INFOS: list[Any] = [
    RequestInfo("exports.create", "POST", "/v1/exports", 1, "6f1c9a34-3f1e-4f7a-9b65-0c8c9f2f9a11"),
    RetryInfo("exports.create", 1, 0.5, "503 unavailable", 503, "req_1"),
    ResponseInfo("exports.create", 202, "req_1", 199, 9999, 0.1, 1),
]


@pytest.mark.parametrize("info", INFOS, ids=lambda info: type(info).__name__)
def test_a_record_is_a_fact_that_can_be_kept_and_sent_on(info: Any) -> None:
    assert pickle.loads(pickle.dumps(info)) == info
    assert len({info, info}) == 1
    with pytest.raises(FrozenInstanceError):
        info.operation = "other"
    for field in fields(info):
        assert f"{field.name}: " in (type(info).__doc__ or "")
        assert f"{field.name}=" in repr(info)


def test_a_record_has_no_room_for_a_key_a_body_or_a_query() -> None:
    names = {field.name for kind in (RequestInfo, RetryInfo, ResponseInfo) for field in fields(kind)}
    assert not names & {"headers", "body", "url", "query", "api_key"}
    assert hooks.__doc__


def test_every_model_people_see_has_its_name_here() -> None:
    from ticksupply_api import models as generated

    for name in models.__all__:
        assert getattr(models, name) is getattr(generated, name)
    assert models.__all__ == sorted(models.__all__)
    # What stays out: the bodies that only the resources write, the pages they walk, and the error envelope.
    inside = {"CreateExportRequest", "CreateSchemaRequest", "CreateSubscriptionRequest", "SchemaContent"}
    inside |= {"DatastreamPage", "ExportPage", "InstrumentPage", "SubscriptionPage"}
    inside |= {"ErrorCode", "ErrorDetail", "ErrorDetails", "ErrorResponse"}
    assert set(generated.__all__) - set(models.__all__) == inside


def test_another_name_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match=r"module 'tickhaul\.models' has no attribute 'Page'"):
        getattr(models, "Page")  # noqa: B009 (type checkers know better)
    assert set(models.__all__) <= set(dir(models))
