"""How models read, show and write: names, absent and unknown things, exact numbers, times, secrets."""

from __future__ import annotations

import copy
import datetime as dt
import json
import pickle
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ticksupply_api.models import (
    AccessStatus,
    Artifact,
    AvailabilityRange,
    BillingSummary,
    Column,
    CreateExportRequest,
    DataColumn,
    Datastream,
    Derive,
    Download,
    ErrorDetail,
    ExportFormat,
    ExportJob,
    ExportPage,
    ExportStatus,
    FormatOptions,
    Instrument,
    InstrumentPage,
    JsonExtraction,
    MetaColumn,
    Schema,
    SchemaContent,
    Span,
    StreamCategory,
    Subscription,
    SubscriptionStatus,
    Unfold,
    UnfoldRule,
)
from ticksupply_api.types import as_integer, as_moment, moment_at, show_free

from tests.generated.classes import ENUMS, EXAMPLES, MODELS, SCHEMAS, without_nulls
from tests.spec.contract import validator_of

JOB: dict[str, Any] = SCHEMAS["ExportJob"]["examples"][0]
RANGE: dict[str, Any] = SCHEMAS["AvailabilityRange"]["examples"][0]
SPAN = {"id": "spn_" + "0" * 32, "started_at": "2024-01-15T10:00:00Z"}
SIGNED = "https://files.example/part.csv.gz?X-Amz-Signature=s3cr3t&X-Amz-Expires=300#s3cr3t"
ARTIFACT = {"id": "art_" + "0" * 32, "url": SIGNED, "bytes": 12, "filename": "part.csv.gz"}

each_example = pytest.mark.parametrize(("name", "example"), EXAMPLES, ids=lambda v: v if isinstance(v, str) else "")


# Round trips.


@each_example
def test_what_is_read_is_what_is_written(name: str, example: Any) -> None:
    model = MODELS[name].from_dict(example)
    assert model.to_dict() == without_nulls(example)
    assert json.loads(json.dumps(model.to_dict())) == without_nulls(example)
    assert MODELS[name].from_dict(model.to_dict()) == model
    validator_of(name).validate(model.to_dict())


@each_example
def test_a_model_survives_pickle_and_copy(name: str, example: Any) -> None:
    model = MODELS[name].from_dict(example)
    assert pickle.loads(pickle.dumps(model)) == model
    assert copy.deepcopy(model) == model
    assert copy.deepcopy(model) is not model
    assert copy.deepcopy(model).to_dict() == model.to_dict()


@each_example
def test_reading_leaves_the_source_alone(name: str, example: Any) -> None:
    source = {**copy.deepcopy(example), "x": [1]}
    before = copy.deepcopy(source)
    if name not in ("DataColumn", "Derive", "Unfold"):
        MODELS[name].from_dict(source)
        assert source == before


@pytest.mark.parametrize("name", sorted(MODELS))
def test_a_model_is_a_slotted_mutable_attrs_class(name: str) -> None:
    assert attrs.has(MODELS[name])
    model = MODELS[name].from_dict(SCHEMAS[name]["examples"][0])
    assert not hasattr(model, "__dict__")
    model.additional_properties = {}


def test_equality_is_by_value() -> None:
    assert Instrument("A") == Instrument("A")
    assert Instrument("A") != Instrument("B")
    assert Instrument.from_dict({"symbol": "A", "new": 1}) != Instrument("A")


# Names.


def test_names_are_those_of_the_api_unless_python_forbids_it() -> None:
    names = {name: {field.name for field in attrs.fields(model)} for name, model in MODELS.items()}
    assert {"id", "format", "start_time", "end_time"} <= names["ExportJob"]
    assert {"bytes", "url", "filename"} <= names["Artifact"]
    assert {"from_", "to"} <= names["AvailabilityRange"]
    assert {"path", "type"} <= names["JsonExtraction"]
    underscored = {field for fields in names.values() for field in fields if field.endswith("_")}
    assert underscored == {"from_"}


def test_the_keys_of_json_stay() -> None:
    assert AvailabilityRange(from_=1, to=2, rows_estimate=3).to_dict() == {"from": 1, "to": 2, "rows_estimate": 3}
    assert JsonExtraction("data.p", type="f64").to_dict() == {"path": "data.p", "type": "f64"}


# Absent, null, unknown.


@pytest.mark.parametrize("source", [SPAN, {**SPAN, "ended_at": None}])
def test_absent_and_null_are_none_and_are_not_written(source: dict[str, Any]) -> None:
    span = Span.from_dict(source)
    assert span.ended_at is None
    assert span.to_dict() == SPAN


def test_null_is_read_as_none_wherever_a_field_is_optional() -> None:
    job = ExportJob.from_dict({**JOB, "reason": None, "format_options": None, "started_at": None})
    assert (job.reason, job.format_options, job.started_at) == (None, None, None)


def test_content_left_out_of_an_update_is_not_sent() -> None:
    column = Column("t", meta=MetaColumn("collection_timestamp_ns"))
    assert set(SchemaContent(columns=[column]).to_dict()) == {"columns"}


@pytest.mark.parametrize(
    ("model", "source"),
    [
        (Instrument, {"symbol": "A"}),
        (Instrument, {"symbol": "A", "base": None}),
        (Instrument, {"symbol": "A", "base": "B", "quote": "C"}),
        (Instrument, {"symbol": "A", "base": "B", "quote": "C", "instrument_type": "spot"}),
        (Datastream, SCHEMAS["Datastream"]["examples"][0]),
        (ExportJob, JOB),
        (ExportJob, {**JOB, "reason": "r", "started_at": "2024-01-16T08:00:00Z", "finished_at": None}),
    ],
)
@pytest.mark.parametrize("unknown", [{}, {"new": None}, {"new": {"deep": [1]}}, {"new": 1, "newer": 2}])
def test_unknown_fields_are_kept_and_written(model: Any, source: dict[str, Any], unknown: dict[str, Any]) -> None:
    made = model.from_dict({**source, **unknown})
    assert made.additional_properties == unknown
    assert made.to_dict() == {**without_nulls(source), **unknown}


def test_models_do_not_share_what_they_keep() -> None:
    one, other = Instrument("A"), Instrument("A")
    one.additional_properties["x"] = 1
    assert other.additional_properties == {}


# Enumerations.


@pytest.mark.parametrize("name", sorted(ENUMS))
def test_an_enumeration_has_the_documented_values(name: str) -> None:
    assert sorted(ENUMS[name]) == sorted(SCHEMAS[name]["enum"])


def test_a_known_value_is_a_member_and_compares_with_text() -> None:
    job = ExportJob.from_dict({**JOB, "status": "succeeded"})
    assert job.status == "succeeded"
    assert job.status is ExportStatus.SUCCEEDED
    assert f"{job.status}" == "succeeded"
    assert job.format is ExportFormat.CSV


def test_an_unknown_value_stays_text() -> None:
    job = ExportJob.from_dict({**JOB, "status": "archived", "format": "orc"})
    assert (job.status, job.format) == ("archived", "orc")
    assert type(job.status) is str
    assert job.to_dict()["status"] == "archived"
    assert BillingSummary.from_dict(
        {**SCHEMAS["BillingSummary"]["examples"][0], "access_status": "FROZEN"}
    ).access_status not in list(AccessStatus)


def test_one_unknown_value_does_not_lose_the_page() -> None:
    page = ExportPage.from_dict({"items": [JOB, {**JOB, "status": "archived"}], "total": 2, "limit": 50})
    assert [job.status for job in page.items] == [ExportStatus.QUEUED, "archived"]


def test_members_and_text_are_written_alike() -> None:
    for status in (SubscriptionStatus.PAUSED, "paused"):
        made = Subscription("sub_1", 1, status, dt.datetime(2024, 1, 1, tzinfo=dt.UTC)).to_dict()
        assert type(made["status"]) is str
        assert made["status"] == "paused"


# Integers.

INTEGER_FIELDS = [
    (ExportJob, JOB, "datastream_id", "datastream_id"),
    (ExportJob, JOB, "start_time", "start_time"),
    (ExportJob, JOB, "end_time", "end_time"),
    (AvailabilityRange, RANGE, "from", "from_"),
    (AvailabilityRange, RANGE, "to", "to"),
    (AvailabilityRange, RANGE, "rows_estimate", "rows_estimate"),
    (Artifact, ARTIFACT, "bytes", "bytes"),
    (Download, {"artifacts": [], "count": 0, "total_bytes": 0}, "total_bytes", "total_bytes"),
    (InstrumentPage, {"items": [], "total": 0, "limit": 1}, "total", "total"),
    (Datastream, SCHEMAS["Datastream"]["examples"][0], "datastream_id", "datastream_id"),
]
each_integer = pytest.mark.parametrize(("model", "source", "key", "name"), INTEGER_FIELDS)


@each_integer
@pytest.mark.parametrize("number", [0, 1705312800123456789, 2**53 + 1, 2**63 - 1, 2**64 - 1, -1])
@pytest.mark.parametrize("written", [int, str])
def test_an_integer_is_exact_as_a_number_and_as_text(
    model: Any, source: dict[str, Any], key: str, name: str, number: int, *, written: Any
) -> None:
    text = json.dumps({**source, key: written(number)})
    made = getattr(model.from_dict(json.loads(text)), name)
    assert made == number
    assert type(made) is int


@each_integer
@pytest.mark.parametrize("wrong", [1.0, 1e18, True, None, [], {}])
def test_no_other_type_passes_for_an_integer(
    model: Any, source: dict[str, Any], key: str, name: str, wrong: object
) -> None:
    with pytest.raises(TypeError, match=f"{model.__name__}.{key}"):
        model.from_dict({**source, key: wrong})


@pytest.mark.parametrize("wrong", ["", " 1", "1 ", "1.0", "1e3", "0x10", "1_000", "+1", "--1", "\u0661", "NaN", "12a"])
def test_no_other_text_passes_for_an_integer(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"ExportJob\.start_time"):
        ExportJob.from_dict({**JOB, "start_time": wrong})


@given(st.integers(-(2**63), 2**64))
def test_reading_text_undoes_writing_it(number: int) -> None:
    assert as_integer("x", str(number)) == as_integer("x", number) == number


# Times.


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-01-15T10:00:00Z", (2024, 1, 15, 10, 0, 0, 0)),
        ("2024-01-15T10:00:00z", (2024, 1, 15, 10, 0, 0, 0)),
        ("2024-01-15t10:00:00z", (2024, 1, 15, 10, 0, 0, 0)),
        ("2024-01-15T10:00:00.5Z", (2024, 1, 15, 10, 0, 0, 500000)),
        ("2024-01-15T10:00:00.123456789Z", (2024, 1, 15, 10, 0, 0, 123456)),
        ("2024-01-15T10:00:00.999999999Z", (2024, 1, 15, 10, 0, 0, 999999)),
        ("2024-01-15T12:00:00+02:00", (2024, 1, 15, 10, 0, 0, 0)),
        ("2024-01-15T10:00:00", (2024, 1, 15, 10, 0, 0, 0)),
    ],
)
def test_rfc_3339_text_is_an_aware_moment(text: str, moment: tuple[int, ...]) -> None:
    started = Span.from_dict({**SPAN, "started_at": text}).started_at
    assert started.utcoffset() is not None
    assert started == dt.datetime(*moment, tzinfo=dt.UTC)  # type: ignore[misc, arg-type] # seven numbers


@pytest.mark.parametrize("text", ["", "yesterday", "2024-13-01T00:00:00Z", "10:00:00Z"])
def test_other_text_is_no_moment(text: str) -> None:
    with pytest.raises(ValueError, match=r"Span\.started_at"):
        Span.from_dict({**SPAN, "started_at": text})


@pytest.mark.parametrize("wrong", [1705312800, 1.5, True, [], {}])
def test_no_other_type_passes_for_a_moment(wrong: object) -> None:
    with pytest.raises(TypeError, match=r"Span\.started_at"):
        Span.from_dict({**SPAN, "started_at": wrong})


@given(st.datetimes(timezones=st.just(dt.UTC)))
def test_a_moment_is_written_as_it_is_read(moment: dt.datetime) -> None:
    span = Span("spn_1", moment)
    written = span.to_dict()["started_at"]
    assert written.endswith("Z")
    assert Span.from_dict({**SPAN, "started_at": written}).started_at == moment


@given(st.datetimes(timezones=st.just(dt.UTC)), st.from_regex(r"[0-9]{0,3}", fullmatch=True))
def test_digits_past_the_microsecond_are_cut(moment: dt.datetime, digits: str) -> None:
    text = moment.replace(tzinfo=None).isoformat(timespec="microseconds") + digits + "Z"
    assert as_moment("x", text) == moment


def test_nanoseconds_have_a_companion_in_utc() -> None:
    job = ExportJob.from_dict({**JOB, "start_time": 1705312800123456789, "end_time": "1705316400000000999"})
    assert job.start == dt.datetime(2024, 1, 15, 10, 0, 0, 123456, tzinfo=dt.UTC)
    assert job.end == dt.datetime(2024, 1, 15, 11, tzinfo=dt.UTC)
    assert job.start_time == 1705312800123456789
    span = AvailabilityRange.from_dict(RANGE)
    assert span.start == dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
    assert span.end == dt.datetime(2024, 1, 15, 10, tzinfo=dt.UTC)
    assert span.start.tzinfo is dt.UTC


@given(st.integers(-(10**18), 10**19))
def test_the_companion_is_floored_to_the_microsecond_without_a_float(nanoseconds: int) -> None:
    passed = moment_at(nanoseconds) - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    microseconds = passed // dt.timedelta(microseconds=1)
    assert microseconds == nanoseconds // 1000


# What does not fit.


@pytest.mark.parametrize("name", sorted(MODELS))
@pytest.mark.parametrize("wrong", [None, 1, 1.5, True, "text", [], [1], [["a", 1]]])
def test_a_model_is_read_from_an_object_only(name: str, wrong: object) -> None:
    with pytest.raises(TypeError, match=f"{name}: expected an object"):
        MODELS[name].from_dict(wrong)


@each_example
def test_a_missing_required_field_is_named(name: str, example: Any) -> None:
    for key in SCHEMAS[name].get("required", []):
        with pytest.raises(KeyError) as caught:
            MODELS[name].from_dict({k: v for k, v in example.items() if k != key})
        assert caught.value.args == (key,)


@each_example
def test_a_required_field_of_the_wrong_type_is_refused(name: str, example: Any) -> None:
    for key in SCHEMAS[name].get("required", []):
        for wrong in (None, 1.5, [1]):
            with pytest.raises(TypeError):
                MODELS[name].from_dict({**example, key: wrong})


@pytest.mark.parametrize(
    ("model", "source"),
    [
        (Instrument, {"symbol": "A", "base": 1}),
        (ExportJob, {**JOB, "reason": {}}),
        (ExportJob, {**JOB, "format_options": []}),
        (ExportJob, {**JOB, "status": 1}),
        (ExportJob, {**JOB, "status": []}),
        (ExportPage, {"items": {}, "total": 0, "limit": 1}),
        (ExportPage, {"items": [1], "total": 0, "limit": 1}),
        (Schema, {**SCHEMAS["Schema"]["examples"][0], "is_built_in": 1}),
        (Schema, {**SCHEMAS["Schema"]["examples"][0], "derive": {"binance": {}}}),
        (CreateExportRequest, {"datastream_id": 1, "start_time": 1.5, "end_time": 2}),
        (CreateExportRequest, {"datastream_id": 1, "start_time": True, "end_time": 2}),
        (CreateExportRequest, {"datastream_id": 1, "start_time": 1, "end_time": 2, "schema": 3}),
    ],
)
def test_a_value_of_the_wrong_type_is_refused(model: Any, source: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        model.from_dict(source)


# Mappings.


def test_free_keys_make_a_mapping() -> None:
    schema = Schema.from_dict(
        {
            **SCHEMAS["Schema"]["examples"][0],
            "columns": [{"output_column": "p", "data": SCHEMAS["DataColumn"]["examples"][0]}],
            "unfold": {"bybit_linear": {"path": "data"}},
            "derive": SCHEMAS["Derive"]["examples"][0],
        }
    )
    assert schema.stream_category is StreamCategory.TRADE
    data = schema.columns[0].data
    assert isinstance(data, DataColumn)
    assert data["binance"].json.type == "decimal(18)"
    assert list(data) == ["binance", "bybit_linear"]
    assert dict(schema.unfold or {}) == {"bybit_linear": UnfoldRule("data")}
    assert isinstance(schema.derive, Derive)
    assert schema.derive["binance"][0].arrays[0].tag == "bid"


def test_a_mapping_can_be_built_and_changed() -> None:
    options = FormatOptions({"level": 3})
    options["codec"] = "zstd"
    del options["level"]
    assert (len(options), dict(options)) == (1, {"codec": "zstd"})
    assert options.to_dict() == {"codec": "zstd"}
    assert Unfold({"a": UnfoldRule("x")}).to_dict() == {"a": {"path": "x"}}
    details: object = ErrorDetail.from_dict({"code": "internal", "message": "m", "details": {"n": 1}}).details
    assert details == {"n": 1}


# Secrets.


def test_no_repr_shows_the_query_of_a_presigned_address() -> None:
    artifact = Artifact.from_dict({**ARTIFACT, "mirrors": [{"url": SIGNED}]})
    options = FormatOptions({"callback": SIGNED})
    download = Download([artifact], 1, 12)
    download.additional_properties["archive_url"] = SIGNED
    assert artifact.url == SIGNED
    assert artifact.to_dict()["url"] == SIGNED
    for shown in (repr(artifact), str(artifact), f"{download}", repr([download]), repr(options)):
        assert "s3cr3t" not in shown
        assert "https://files.example/part.csv.gz?..." in shown


@given(st.text(), st.text(min_size=1))
def test_a_repr_never_shows_a_query(path: str, secret: str) -> None:
    marker = "s3cr3t" + secret
    url = f"https://files.example/{path.replace('s3cr3t', '')}?{marker}"
    assert "s3cr3t" not in repr(Artifact("art_1", url, 1, "f"))


def test_other_values_are_shown_as_they_are() -> None:
    assert show_free({"why": "really?", "n": [1]}) == "{'why': 'really?', 'n': [1]}"
    assert "url='https://files.example/a'" in repr(Artifact("art_1", "https://files.example/a", 1, "f"))
