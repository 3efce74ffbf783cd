"""A file that cannot be had does not keep the others, and what was fetched of it is kept; unless nothing works any more."""

from __future__ import annotations

import ssl
import threading
from typing import TYPE_CHECKING

import pytest
import trustme
from tickhaul.errors import StorageError
from tickhaul.transfer.engine import Transfer

from tests.transfer.hauls import KIB, assert_arrived, content, haul, names_in
from tests.transfer.storage import Answer, Request, Storage, refusal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tickhaul.errors import TransferError
    from tickhaul.transfer import Progress
    from tickhaul.transfer.agenda import Part
    from tickhaul.transfer.build import Build

pytestmark = pytest.mark.usefixtures("engine")

FILES = {f"file_{index}": content(20 * KIB, index) for index in range(9)}


def _reset(_: Request, answer: Answer) -> Answer:
    answer.cut, answer.then = 0, "reset"
    return answer


FAULTS: dict[str, tuple[Callable[[Request, Answer], Answer], str]] = {
    "a redirect to plain http": (lambda *_: refusal(302, Location="http://127.0.0.1:9/x"), "only https is followed"),
    "a redirect to nonsense": (lambda *_: refusal(302, Location="https://a..b/x"), "an empty label"),
    "503 without end": (lambda *_: refusal(503), "failed 8 times in a row, the last time with .*: 503"),
    "an hour to wait": (lambda *_: refusal(503, Retry_After="3600"), "asks to wait 3600 seconds"),
    "refused with every URL": (lambda *_: refusal(403), "403, with fresh URLs too"),
    "reset without end": (_reset, "failed 8 times in a row"),
}


@pytest.mark.parametrize("kind", FAULTS)
def test_the_others_arrive(tmp_path: Path, kind: str) -> None:
    fault, words = FAULTS[kind]

    def only_one(request: Request, answer: Answer) -> Answer:
        return fault(request, answer) if request.name == "file_3" else answer

    with Storage(FILES, only_one) as storage:
        with pytest.raises(StorageError, match=rf"(?s){words}.*\(1 of 9 files failed, 8 are there\)$") as caught:
            haul(storage, tmp_path)
        assert caught.value.filename == "file_3"
        assert names_in(tmp_path) == sorted([*set(FILES) - {"file_3"}, "tickhaul.json"])
        storage.fault = None
        haul(storage, tmp_path)
    assert_arrived(storage, tmp_path)


def test_a_certificate_that_only_one_file_leads_to_does_not_keep_the_others(tmp_path: Path) -> None:
    strange = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    strange.issue_cert("localhost").configure_cert(context)
    with Storage(FILES, context=context) as elsewhere, Storage(FILES) as storage:

        def lead_away(request: Request, answer: Answer) -> Answer:
            return refusal(302, Location=elsewhere.url("file_3")) if request.name == "file_3" else answer

        storage.fault = lead_away
        with pytest.raises(
            StorageError, match=r"certificate of localhost is not trusted.*\(1 of 9 files failed, 8 are"
        ):
            haul(storage, tmp_path)
    assert len(names_in(tmp_path)) == 9


@pytest.mark.parametrize("kind", FAULTS)
def test_a_host_where_nothing_works_is_left_alone_after_three_files(tmp_path: Path, kind: str) -> None:
    fault, words = FAULTS[kind]
    with Storage({f"file_{index}": content(KIB, index) for index in range(40)}, fault) as storage:
        with pytest.raises(StorageError, match=words) as caught:
            haul(storage, tmp_path, connections=1, part_size=KIB)
        # The rest of the files was not tried to the end, and so is not counted.
        assert "files failed" not in str(caught.value)


@pytest.mark.parametrize(
    "kind", [kind for kind in FAULTS if "refused" not in kind]
)  # so many listings are not asked for
def test_what_is_being_fetched_all_the_while_arrives(tmp_path: Path, kind: str) -> None:
    lost, enough, lose = [], threading.Event(), Transfer.lose

    def tell(self: Transfer, build: Build, part: Part, error: TransferError) -> None:
        lose(self, build, part, error)
        lost.append(build.name)
        if len(lost) == 4:
            enough.set()

    def only_one_works(request: Request, answer: Answer) -> Answer:
        if request.name == "slow":
            assert enough.wait(20)
            return answer
        return FAULTS[kind][0](request, answer)

    files = {"slow": content(KIB)} | {f"file_{index}": content(KIB, index) for index in range(4)}
    with Storage(files, only_one_works) as storage, pytest.MonkeyPatch.context() as patch:
        patch.setattr(Transfer, "lose", tell)
        with pytest.raises(StorageError, match=r"\(4 of 5 files failed, 1 are there\)$"):
            haul(storage, tmp_path, connections=2, silence=20)
    assert names_in(tmp_path) == ["slow", "tickhaul.json"]


def test_what_was_fetched_of_it_is_kept(tmp_path: Path) -> None:
    seen: list[Progress] = []

    def breaks(request: Request, answer: Answer) -> Answer:
        return refusal(503) if request.name == "large" and request.span == (384 * KIB, 512 * KIB) else answer

    with Storage({"large": content(512 * KIB), "small": content(KIB)}, breaks) as storage:
        with pytest.raises(StorageError, match=r"large failed 8 times .*\(1 of 2 files failed, 1 are there\)"):
            haul(storage, tmp_path, connections=1, on_progress=seen.append)
        last = seen[-1]
        assert (last.bytes_done, last.bytes_total, last.files_done) == (385 * KIB, 513 * KIB, 1)
        assert last.remaining == 0
        storage.fault = None
        storage.sent.clear()
        results = haul(storage, tmp_path)
        assert [result.resumed for result in results] == [True, False]
        assert storage.sent["large"] == 128 * KIB
    assert_arrived(storage, tmp_path)
