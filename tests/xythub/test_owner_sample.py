"""The owner's two code blocks, as they stand, against the sandbox: they return what tickhaul returns.

They are read from the owner's document beside this checkout. What they leave out is put beside them: their imports, and
the module ``utils`` that the first block calls, which is the second block.
"""

from __future__ import annotations

import re
import struct
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import requests
from tickhaul.xythub.framing import read_delimited_from, write_delimited_to
from tickhaul.xythub.tables.decode import read_table
from xythub_proto.v1_1_2 import api_data_pb2 as old
from xythub_proto.v2_0_0.api_data_pb2 import DataRequest, DataResponse

from tests.xythub.answers import by_numpy, by_protobuf
from tests.xythub.faces import CLIENT_SECRET, PASSWORD, USER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tickhaul import xythub
    from tickhaul_sandbox import Sandbox

SAMPLES = sorted((Path(__file__).resolve().parents[3] / "shared" / "seeds").glob("003_*.txt"))
_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)

pytestmark = pytest.mark.skipif(not SAMPLES, reason="the owner's document is not beside this checkout")


@pytest.fixture
def sample() -> Iterator[SimpleNamespace]:
    """What the two blocks define, one connection for all their requests, closed at the end."""
    first, second = _BLOCK.findall(SAMPLES[0].read_text(encoding="utf-8"))
    utils: dict[str, Any] = {"struct": struct}
    exec(second, utils)
    with requests.Session() as session:
        names: dict[str, Any] = {"BytesIO": BytesIO, "requests": session, "utils": SimpleNamespace(**utils)}
        exec(first, names)
        yield SimpleNamespace(send_request=names["send_request"], **utils)


@pytest.fixture
def token(sandbox: Sandbox) -> str:
    """A token, got the way the vendor documents it."""
    form = {"grant_type": "password", "username": USER, "password": PASSWORD}
    answer = requests.post(f"{sandbox.base_url}/auth/oauth/token", data=form, auth=("xyt", CLIENT_SECRET), timeout=30)
    found: str = answer.json()["access_token"]
    return found


def share_request() -> DataRequest:
    request = DataRequest()
    request.header.reference_id.value = "11111111-2222-3333-4444-555555555555"
    request.parameters["source"].string_value = "LC"
    request.parameters["isins"].list.string_list.values.append("DE000A1EWWW0")
    request.parameters["dateFrom"].days_value = 18171
    request.parameters["dateTo"].days_value = 18174
    return request


def test_a_generic_request_returns_what_tickhaul_returns(
    sample: SimpleNamespace, token: str, hub: xythub.Client, sandbox: Sandbox
) -> None:
    url = f"{sandbox.base_url}/get/lcGetMarketShare"
    content = sample.send_request(url, share_request(), token)
    theirs = sample.read_delimited_from(DataResponse, content)
    ours = hub.send(url, share_request(), DataResponse)
    assert ours.data == theirs.data
    assert ours.header.reference_id == theirs.header.reference_id
    table = hub.get("lcGetMarketShare", source="LC", isins=["DE000A1EWWW0"], dateFrom="2019-10-02", dateTo="2019-10-05")
    assert by_numpy(table) == by_numpy(read_table(content)) == by_protobuf(theirs)


def test_a_typed_request_returns_what_tickhaul_returns(
    sample: SimpleNamespace, token: str, hub: xythub.Client, sandbox: Sandbox
) -> None:
    request = old.TickDataRequest(type=old.TickDataRequest.TRADES_AND_QUOTES, symbols=["ZAL.XE"], limit=1000)
    request.day.year, request.day.month, request.day.day = 2016, 5, 5
    request.from_time.milliseconds, request.to_time.milliseconds = 32_400_000, 32_520_000
    url = f"{sandbox.base_url}/tickData"
    theirs = sample.read_delimited_from(old.TickDataResponse, sample.send_request(url, request, token))
    ours = hub.send("/tickData", request, old.TickDataResponse)
    assert ours.chunks == theirs.chunks
    table = hub.market.tick_data(
        "ZAL.XE", "2016-05-05", data_type="TRADES_AND_QUOTES", from_time="09:00", to_time="09:02", limit=1000
    )
    assert table.to_numpy()["trade"].tolist() == [row.trade for row in theirs.chunks[0].series]


def test_both_frame_a_request_alike_and_read_each_others_frames(sample: SimpleNamespace) -> None:
    theirs, ours = BytesIO(), BytesIO()
    request = DataRequest()
    request.parameters["a"].integer_value = 7
    sample.write_delimited_to(request, theirs)
    write_delimited_to(request, ours)
    assert ours.getvalue() == theirs.getvalue()
    assert sample.read_delimited_from(DataRequest, ours.getvalue()) == request
    assert read_delimited_from(DataRequest, theirs.getvalue()) == request


def test_both_tell_the_services_words_of_an_error(
    sample: SimpleNamespace, token: str, hub: xythub.Client, sandbox: Sandbox
) -> None:
    words = "Unknown endpoint: nothing"
    request = DataRequest()
    request.parameters["source"].string_value = "LC"
    with pytest.raises(Exception, match=words):
        sample.send_request(f"{sandbox.base_url}/get/nothing", request, token)
    with pytest.raises(Exception, match=words):
        hub.send("/get/nothing", request, DataResponse)
