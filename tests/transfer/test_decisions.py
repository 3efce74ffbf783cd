"""What the transfers decide, as tables and properties: ranges, parts, answers, sidecars, waits."""

from __future__ import annotations

import errno
import os
import random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tickhaul.errors import StorageError
from tickhaul.transfer import TransferOptions, sidecar
from tickhaul.transfer.agenda import Agenda, Part, Phase, Work
from tickhaul.transfer.answers import Meaning, judge
from tickhaul.transfer.checksums import Claim
from tickhaul.transfer.meter import Meter, remaining
from tickhaul.transfer.model import KIB, MIB
from tickhaul.transfer.ranges import Ranges, cut
from tickhaul.transfer.sidecar import Identity, Sidecar, recall

if TYPE_CHECKING:
    from pathlib import Path

spans = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=12)


def bytes_of(ranges: object) -> set[int]:
    return {byte for start, end in ranges for byte in range(start, end)}  # type: ignore[attr-defined]  # any pairs


# -- ranges ---------------------------------------------------------------------------------------------------------


@given(spans)
def test_ranges_are_a_set_of_bytes(added: list[tuple[int, int]]) -> None:
    ranges = Ranges(added)
    assert bytes_of(ranges) == bytes_of(added)
    assert ranges.total == len(bytes_of(added))
    edges = [edge for pair in ranges for edge in pair]
    assert edges == sorted(set(edges))  # sorted, disjoint, and none touching the next
    assert Ranges(ranges) == ranges


@given(spans, st.integers(0, 70))
def test_what_is_missing_is_the_rest(added: list[tuple[int, int]], size: int) -> None:
    ranges = Ranges(added)
    assert bytes_of(ranges.missing(size)) == set(range(size)) - bytes_of(added)


@given(spans, st.integers(1, 20))
def test_cutting_loses_nothing_and_keeps_to_the_size(gaps: list[tuple[int, int]], part_size: int) -> None:
    clean = list(Ranges(gaps))
    parts = cut(clean, part_size)
    assert [byte for start, end in parts for byte in range(start, end)] == sorted(bytes_of(clean))
    assert all(0 < end - start <= part_size for start, end in parts)


# -- the agenda -----------------------------------------------------------------------------------------------------


def agenda_of(*sizes: int | None, part_size: int = 10, smallest_split: int = 3) -> tuple[Agenda, list[Work]]:
    works = [Work(order, f"file_{order}", Identity(f"art_{order}", size)) for order, size in enumerate(sizes)]
    return Agenda(works, part_size=part_size, smallest_split=smallest_split), works


def take(agenda: Agenda, now: float = 0.0) -> Part:
    part = agenda.take(now)
    assert part is not None
    return part


def open_with(agenda: Agenda, part: Part, etag: str = '"1"') -> None:
    agenda.identified(part, Identity(part.work.known.artifact, part.work.size, etag))
    agenda.opened(part)


def test_until_a_file_is_opened_only_its_first_part_is_given_out() -> None:
    agenda, (first, second) = agenda_of(25, 25)
    assert (take(agenda).work, take(agenda).work) == (first, second)
    assert agenda.take(0) is None


def test_parts_of_an_earlier_file_come_before_a_later_file() -> None:
    agenda, (first, _) = agenda_of(25, 25)
    open_with(agenda, take(agenda))
    assert [(take(agenda).work is first, part_start) for part_start in (8, 16)] == [(True, 8), (True, 16)]
    assert take(agenda).work is not first


def test_when_nothing_is_left_the_longest_running_part_is_halved() -> None:
    agenda, _ = agenda_of(20, part_size=20)
    part = take(agenda)
    open_with(agenda, part)
    part.position = 4
    half = take(agenda)
    assert (part.start, part.end, half.start, half.end) == (0, 12, 12, 20)
    part.position, half.position = 10, 16
    assert agenda.take(0) is None, "halves would be smaller than is worth a request"


@pytest.mark.parametrize(
    ("brought", "after", "splits"),
    [
        (100 * KIB, 10.0, True),  # 10 KiB a second: the rest takes minutes
        (0, 10.0, True),
        (100 * KIB, 1.0, False),  # too early to tell
        (3 * MIB, 10.0, True),
        (6 * MIB, 2.5, False),  # nearly done
        (8 * MIB - 300 * KIB, 600.0, False),  # the halves would be what a thread holds unwritten
    ],
)
def test_a_slow_part_is_split_however_short_it_is(brought: int, after: float, splits: bool) -> None:
    agenda, _ = agenda_of(8 * MIB, part_size=8 * MIB, smallest_split=8 * MIB)
    part = take(agenda, now=100.0)
    open_with(agenda, part)
    part.position = brought
    half = agenda.take(100.0 + after)
    assert (half is not None) is splits
    if half is not None:
        assert (part.end, half.end) == (half.start, 8 * MIB)
        assert agenda.take(100.0 + after) is not None or part.left < 512 * KIB


def test_what_a_split_part_writes_too_much_does_no_harm() -> None:
    agenda, (work,) = agenda_of(20, part_size=20)
    part = take(agenda)
    open_with(agenda, part)
    half = take(agenda)
    part.position = 15
    assert not agenda.completed(part)
    half.position = 20
    assert agenda.completed(half)
    assert work.done == Ranges([(0, 20)])


def test_a_part_that_failed_waits_and_goes_on_where_it_broke_off() -> None:
    agenda, _ = agenda_of(8)
    part = take(agenda)
    open_with(agenda, part)
    part.position = 5
    agenda.failed(part, now=100.0, delay=2.0)
    assert agenda.take(101.9) is None
    assert agenda.next_at() == 102.0
    again = take(agenda, 102.0)
    assert (again.start, again.position, again.end) == (5, 5, 8)
    assert not again.untouched


def test_without_ranges_a_part_that_failed_begins_again() -> None:
    agenda, (work,) = agenda_of(8)
    part = take(agenda)
    assert agenda.streamed(part)
    open_with(agenda, part)
    part.position = 5
    agenda.failed(part, now=0.0, delay=0.0)
    again = take(agenda)
    assert (again.start, again.position, again.end, work.phase, work.done.total) == (0, 0, 8, Phase.CLOSED, 0)


def test_a_whole_body_is_of_no_use_when_some_of_the_file_is_there() -> None:
    agenda, _ = agenda_of(25)
    part = take(agenda)
    open_with(agenda, part)
    assert not agenda.streamed(take(agenda))


def test_a_restart_voids_every_part_given_out() -> None:
    agenda, (work,) = agenda_of(25)
    first = take(agenda)
    open_with(agenda, first)
    second = take(agenda)
    agenda.restart(work, size=25, ranged=True)
    assert first.stale
    assert second.stale
    first.position = 10
    agenda.dropped(first)
    assert work.done.total == 0
    fresh = take(agenda)
    assert (fresh.start, fresh.stale, work.known.etag) == (0, False, None)
    assert agenda.take(0) is None, "the queued part of the first round is void, too"


def test_a_file_of_unknown_length_gets_it_at_its_end() -> None:
    agenda, (work,) = agenda_of(None)
    part = take(agenda)
    assert (part.start, part.end) == (0, None)
    open_with(agenda, part)
    part.position = 77
    assert agenda.completed(part)
    assert work.size == 77


def test_the_agenda_is_over_when_every_file_is_finished_or_given_up() -> None:
    from tickhaul.errors import StorageError

    agenda, (first, second) = agenda_of(5, 5)
    agenda.finished(first)
    before = agenda.over
    agenda.give_up(second, StorageError("no"))
    assert (before, agenda.over) == (False, True)
    assert agenda.take(0) is None


@settings(deadline=None)
@given(
    st.lists(st.integers(0, 80), min_size=1, max_size=5), st.integers(1, 30), st.integers(1, 10), st.integers(0, 1000)
)
def test_any_order_of_events_ends_with_every_byte_once(
    sizes: list[int], part_size: int, smallest_split: int, seed: int
) -> None:
    roll = random.Random(seed)
    agenda, works = agenda_of(*sizes, part_size=part_size, smallest_split=smallest_split)
    now = 0.0
    running: list[Part] = []
    whole: list[Work] = []
    while True:
        part = agenda.take(now) if len(running) < 4 else None
        if part is not None:
            running.append(part)
        elif not running:
            later = agenda.next_at()
            if later is None:
                break
            now = later
            continue
        part = running.pop(roll.randrange(len(running)))
        if part.work.phase is Phase.CLOSED:
            open_with(agenda, part)
        assert part.end is not None
        step = roll.randrange(0, part.left + 1)
        part.position += step
        if part.position >= part.end:
            if agenda.completed(part):
                whole.append(part.work)
        elif roll.random() < 0.3:
            agenda.failed(part, now=now, delay=roll.random())
        else:
            running.append(part)
    assert sorted(work.order for work in whole) == list(range(len(sizes)))
    assert all(work.done == Ranges([(0, work.size or 0)]) for work in works)


# -- answers --------------------------------------------------------------------------------------------------------

KNOWN = Identity("art_1", 100, '"v1"')
ASKED = (10, 20)
RIGHT = {"content-range": "bytes 10-19/100", "content-length": "10", "etag": '"v1"'}


@pytest.mark.parametrize(
    ("status", "headers", "asked", "meaning"),
    [
        (200, {"content-length": "100", "etag": '"v1"'}, None, Meaning.BODY),
        (200, {"etag": '"v1"'}, None, Meaning.BODY),
        (200, {"content-length": "7", "transfer-encoding": "chunked", "etag": '"v1"'}, None, Meaning.BODY),
        (200, {"content-length": "100", "etag": '"v1"'}, ASKED, Meaning.WHOLE),
        (200, {"content-length": "100", "etag": '"v2"'}, ASKED, Meaning.CHANGED),
        (200, {"content-length": "99", "etag": '"v1"'}, ASKED, Meaning.WRONG),
        (200, {"content-length": "99"}, None, Meaning.WRONG),
        (200, {"content-length": "100", "content-range": "bytes 0-99/100"}, None, Meaning.WRONG),
        (200, {"content-length": "100", "content-range": ""}, ASKED, Meaning.WRONG),
        (200, {"content-length": "100", "content-encoding": "gzip"}, None, Meaning.BODY),
        (206, RIGHT | {"content-encoding": "gzip"}, ASKED, Meaning.BODY),
        (206, RIGHT, ASKED, Meaning.BODY),
        (206, RIGHT | {"content-range": "BYTES 10-19/*"}, ASKED, Meaning.BODY),
        (206, RIGHT | {"etag": '"v2"'}, ASKED, Meaning.CHANGED),
        (206, RIGHT | {"etag": '"v2"', "content-range": "bytes 10-19/101"}, ASKED, Meaning.CHANGED),
        (206, RIGHT | {"etag": ""}, ASKED, Meaning.LIED),
        (206, RIGHT, None, Meaning.LIED),
        (206, RIGHT | {"content-range": "bytes 10-18/100"}, ASKED, Meaning.LIED),
        (206, RIGHT | {"content-range": "bytes 11-19/100"}, ASKED, Meaning.LIED),
        (206, RIGHT | {"content-range": "bytes 10-19"}, ASKED, Meaning.LIED),
        (206, RIGHT | {"content-range": "bytes 10-19/100, bytes 30-39/100"}, ASKED, Meaning.LIED),
        (206, RIGHT | {"content-length": "9"}, ASKED, Meaning.LIED),
        (206, {"content-type": "multipart/byteranges"}, ASKED, Meaning.LIED),
        (206, RIGHT | {"content-range": "bytes 10-19/101"}, ASKED, Meaning.WRONG),
        (412, {}, ASKED, Meaning.CHANGED),
        (416, {}, ASKED, Meaning.LIED),
        (400, {}, ASKED, Meaning.EXPIRED),
        (401, {}, ASKED, Meaning.EXPIRED),
        (403, {}, None, Meaning.EXPIRED),
        (404, {}, None, Meaning.EXPIRED),
        (408, {}, None, Meaning.AGAIN),
        (425, {}, None, Meaning.AGAIN),
        (429, {}, None, Meaning.AGAIN),
        (500, {}, None, Meaning.AGAIN),
        (503, {}, None, Meaning.AGAIN),
        (520, {}, None, Meaning.AGAIN),
        (204, {}, None, Meaning.AGAIN),
        (304, {}, None, Meaning.AGAIN),
    ],
)
def test_what_an_answer_means(
    status: int, headers: dict[str, str], asked: tuple[int, int] | None, meaning: Meaning
) -> None:
    judgement = judge(status, headers, asked=asked, known=KNOWN, name="a.csv")
    assert judgement.meaning is meaning
    assert (judgement.identity is not None) == (meaning in {Meaning.BODY, Meaning.WHOLE})


@pytest.mark.parametrize(
    ("encoding", "name", "meaning"),
    [
        ("", "a.csv", Meaning.BODY),
        ("Identity", "a.csv", Meaning.BODY),
        ("gzip", "a.csv", Meaning.WRONG),
        ("identity, gzip", "a.csv", Meaning.WRONG),
        ("br", "a.csv.gz", Meaning.WRONG),
        ("gzip", "a.csv.gz", Meaning.BODY),
        ("X-GZip", "a.csv.gz", Meaning.BODY),
    ],
)
@pytest.mark.parametrize("framing", [{"content-length": "100"}, {"transfer-encoding": "chunked"}])
def test_an_encoding_is_part_of_a_file_of_unknown_length_only_where_its_name_says_so(
    encoding: str, name: str, framing: dict[str, str], meaning: Meaning
) -> None:
    headers = framing | {"content-encoding": encoding}
    assert judge(200, headers, asked=None, known=Identity("art_1", None), name=name).meaning is meaning


def test_a_retry_after_date_is_read_by_the_hosts_own_clock() -> None:
    headers = {"retry-after": "Thu, 01 Jan 2026 12:00:30 GMT", "date": "Thu, 01 Jan 2026 12:00:00 GMT"}
    assert judge(503, headers, asked=None, known=KNOWN, name="a").wait == 30.0


# -- identities and sidecars ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second", "contradict", "join"),
    [
        (Identity("a", 1), Identity("a", 1), False, False),
        (Identity("a", 1), Identity("a", 1, "x"), False, True),
        (Identity("a", 1), Identity("a", 1, None, "d"), False, True),
        (Identity("a", 1, "x"), Identity("a", 1), False, False),
        (Identity("a", 1, "x"), Identity("a", 1, "x", "later"), False, True),
        (Identity("a", 1, "x"), Identity("a", 1, None, "d"), False, False),
        (Identity("a", 1, "x", "d"), Identity("a", 1, "y", "d"), True, False),
        (Identity("a", 1, None, "d"), Identity("a", 1, "y", "e"), True, False),
        (Identity("a", 1, None, "d"), Identity("a", 1, None, "d"), False, True),
        (Identity("a", 1, None, "d"), Identity("a", 1, 'W/"y"', "d"), False, True),
        (Identity("a", 1, 'W/"x"'), Identity("a", 1, 'W/"x"'), False, False),
        (Identity("a", 1, 'W/"x"', "d"), Identity("a", 1, 'W/"x"', "d"), False, True),
        # Weak tags tell nothing of bytes; where they differ, the dates decide.
        (Identity("a", 1, 'W/"x"', "d"), Identity("a", 1, 'W/"y"', "d"), False, True),
        (Identity("a", None, 'W/"x"', "d"), Identity("a", 1, 'W/"y"', "d"), False, True),
        (Identity("a", 1, 'W/"x"', "d"), Identity("a", 1, 'W/"y"', "e"), True, False),
        (Identity("a", 1, 'W/"x"', "d"), Identity("a", 1, 'W/"x"', "e"), False, False),
        (Identity("a", 1, 'W/"x"'), Identity("a", 1, 'W/"y"'), True, False),
        (Identity("a", 1, 'W/"x"', "d"), Identity("a", 1, 'W/"y"'), True, False),
        # A server that compresses on its way weakens a strong tag.
        (Identity("a", 1, '"x"'), Identity("a", 1, 'W/"x"'), False, False),
        (Identity("a", 1, '"x"', "d"), Identity("a", 1, 'W/"x"', "d"), False, False),
        (Identity("a", 1, '"x"', "d"), Identity("a", 1, 'W/"y"', "d"), False, False),
        (Identity("a", 1, '"x"', "d"), Identity("a", 1, 'W/"y"', "e"), True, False),
        (Identity("a", 1, '"x"'), Identity("a", 1, 'W/"y"'), True, False),
    ],
)
def test_when_two_answers_are_the_same_file(first: Identity, second: Identity, contradict: bool, join: bool) -> None:
    assert first.contradicts(second) is contradict
    assert second.contradicts(first) is contradict
    assert first.joins(second) is join


@pytest.mark.parametrize(
    ("sent", "mark"),
    [
        (None, "Thu, 01 Jan 2026 12:00:30 GMT"),
        ("nonsense", "Thu, 01 Jan 2026 12:00:30 GMT"),
        ("Thu, 01 Jan 2026 12:00:31 GMT", "Thu, 01 Jan 2026 12:00:30 GMT"),
        ("Thu, 01 Jan 2026 12:00:30 GMT", None),
        ("Thu, 01 Jan 2026 12:00:29 GMT", None),
    ],
)
@pytest.mark.parametrize("etag", [None, 'W/"1"'])
def test_a_date_is_no_mark_before_its_second_is_over(sent: str | None, mark: str | None, etag: str | None) -> None:
    headers = {"last-modified": "Thu, 01 Jan 2026 12:00:30 GMT", "date": sent, "etag": etag, "content-length": "1000"}
    sane = {name: text for name, text in headers.items() if text is not None}
    found = judge(200, sane, asked=None, known=Identity("art_1", 1000), name="a")
    assert found.identity is not None
    assert found.identity.mark == mark


def test_the_conditions_fit_what_is_known() -> None:
    assert Identity("a", 1, '"x"', "d").conditions() == {"If-Match": '"x"', "If-Range": '"x"'}
    assert Identity("a", 1, None, "d").conditions() == {"If-Unmodified-Since": "d", "If-Range": "d"}
    assert Identity("a", 1, 'W/"x"', "d").conditions() == {"If-Unmodified-Since": "d"}
    assert Identity("a", 1, 'W/"x"').conditions() == {}
    assert Identity("a", 1).conditions() == {}


IDENTITY = Identity("art_1", 1000, '"v1"', "Thu, 01 Jan 2026 12:00:30 GMT")


CLAIMS = [Claim("x-amz-checksum-crc32", b"abcd", None), Claim("content-md5", bytes(16), (20, 30))]


def written(path: Path) -> Sidecar:
    writer = Sidecar(path, "a")
    writer.begin(IDENTITY, Ranges([(0, 10)]), claims=CLAIMS[:1])
    writer.done(20, 30)
    writer.claim(CLAIMS[1:])
    writer.synced(writer.mark())
    writer.done(50, 60)
    writer.close()
    return writer


def test_a_sidecar_is_recalled_as_it_was_written(tmp_path: Path) -> None:
    written(tmp_path / "a")
    memory = recall(tmp_path / "a", "art_1")
    assert memory is not None
    assert memory.identity == IDENTITY
    assert list(memory.done) == [(0, 10), (20, 30), (50, 60)]
    assert list(memory.claims) == CLAIMS


@pytest.mark.parametrize("boot", ["another", None])
def test_after_a_power_failure_only_what_the_disk_confirmed_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, boot: str | None
) -> None:
    monkeypatch.setattr(sidecar, "boot_id", lambda: "before")
    written(tmp_path / "a")
    monkeypatch.setattr(sidecar, "boot_id", lambda: boot)
    memory = recall(tmp_path / "a", "art_1")
    assert memory is not None
    assert list(memory.done) == [(0, 10), (20, 30)]


def test_a_sidecar_cut_anywhere_recalls_a_part_of_the_truth(tmp_path: Path) -> None:
    written(tmp_path / "a")
    whole = (tmp_path / "a").read_bytes()
    truth = bytes_of([(0, 10), (20, 30), (50, 60)])
    for length in range(len(whole) + 1):
        (tmp_path / "b").write_bytes(whole[:length])
        memory = recall(tmp_path / "b", "art_1")
        assert memory is None or (bytes_of(memory.done) <= truth and set(memory.claims) <= set(CLAIMS))


def test_rubbish_in_a_sidecar_ends_what_is_believed(tmp_path: Path) -> None:
    written(tmp_path / "a")
    lines = (tmp_path / "a").read_bytes().splitlines(keepends=True)
    for rubbish in (
        b"\0" * 40 + b"\n",
        b"[]\n",
        b'{"done":[5,1]}\n',
        b'{"done":[-1,1]}\n',
        b'{"synced":99}\n',
        b'{"claim":["content-md5","",[1]]}\n',
        b'{"claim":["x-amz-checksum-crc32","MTIzNA==",[-5,10]]}\n',
        b'{"claim":["x-amz-checksum-crc32","MTIzNA==",[10,10]]}\n',
        b'{"claim":["x-amz-checksum-crc32","MTIzNA==",[990,1001]]}\n',
        b'{"claim":["x-amz-checksum-crc32","MTIzNA==",[%d,%d]]}\n' % (1 << 70, 1 << 71),
        b'{"done":[0,10],"x":"%b"}\n' % (b"x" * 100_000),
        b"{}\n",
    ):
        (tmp_path / "b").write_bytes(b"".join([*lines[:4], rubbish, *lines[4:]]))
        memory = recall(tmp_path / "b", "art_1")
        assert memory is not None
        assert list(memory.done) == [(0, 10)], rubbish


def test_a_claim_of_an_algorithm_not_known_here_is_passed_over(tmp_path: Path) -> None:
    written(tmp_path / "a")
    with (tmp_path / "a").open("a") as file:
        file.write(
            '{"claim":["x-amz-checksum-xxh3","AAAA",null]}\n{"claim":["content-md5","?",null]}\n{"done":[90,95]}\n'
        )
    memory = recall(tmp_path / "a", "art_1")
    assert memory is not None
    assert list(memory.claims) == CLAIMS
    assert (90, 95) in list(memory.done)


def test_a_line_a_full_disk_cut_short_does_not_spoil_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = Sidecar(tmp_path / "a", "a")
    writer.begin(IDENTITY, Ranges([(0, 10)]))
    write, room = os.write, [5]

    def full(handle: int, data: bytes) -> int:
        if not room[0]:
            raise OSError(errno.ENOSPC, "full")
        count = write(handle, data[: room[0]])
        room[0] -= count
        return count

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(StorageError, match="no room left"):
            writer.done(20, 30)
    writer.done(50, 60)
    writer.close()
    memory = recall(tmp_path / "a", "art_1")
    assert memory is not None
    assert list(memory.done) == [(0, 10), (50, 60)]


@pytest.mark.parametrize(
    "head",
    [
        "",
        "x",
        "[]",
        '{"tickhaul": 2, "artifact": "art_1", "bytes": 1}',
        '{"tickhaul": 1, "artifact": 3, "bytes": 1}',
        '{"tickhaul": 1, "artifact": "art_1", "bytes": -1}',
        '{"tickhaul": 1, "artifact": "art_1", "bytes": true}',
        '{"tickhaul": 1, "artifact": "art_1", "bytes": 1, "etag": 3}',
        '{"tickhaul": 1, "artifact": "art_1", "bytes": 1, "etag": ""}',
        '{"tickhaul": 1, "artifact": "art_1", "bytes": 1, "etag": "\\ud800"}',
        '{"tickhaul": 1, "artifact": "art_1", "bytes": 1, "etag": "\\u20ac"}',
        '{"tickhaul": 1, "artifact": "art_1", "bytes": 1, "etag": "a\\r\\nX: 1"}',
        '{"tickhaul": 1, "artifact": "art_1", "bytes": 1, "last_modified": "a\\u0000"}',
        pytest.param(f'{{"tickhaul": 1, "artifact": "art_1", "bytes": 1, "etag": "{"x" * 2000}"}}', id="a long mark"),
        pytest.param("[" * 1_000_000, id="nested"),
    ],
)
def test_a_sidecar_with_another_head_is_none(tmp_path: Path, head: str) -> None:
    (tmp_path / "a").write_text(head + "\n")
    assert recall(tmp_path / "a", "art_1") is None
    assert recall(tmp_path / "missing", "art_1") is None


def test_a_mark_may_hold_whatever_a_header_may(tmp_path: Path) -> None:
    writer = Sidecar(tmp_path / "a", "a")
    identity = Identity("art_1", 1, '"' + "\t ~\x80\xad\xff" * 100 + '"', "x" * 1000)
    writer.begin(identity, Ranges([(0, 1)]))
    writer.close()
    memory = recall(tmp_path / "a", "art_1")
    assert memory is not None
    assert memory.identity == identity


def test_of_another_artifacts_sidecar_only_the_first_line_is_read(tmp_path: Path) -> None:
    written(tmp_path / "a")
    memory = recall(tmp_path / "a", "art_2")
    assert memory is not None
    assert (memory.identity.artifact, list(memory.done)) == ("art_1", [])


def test_of_a_sidecar_without_end_only_the_beginning_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path / "a")
    with (tmp_path / "a").open("a") as file:
        file.writelines(f'{{"done":[{start},{start + 1}]}}\n' for start in range(100, 200))
    monkeypatch.setattr(sidecar, "_MOST_LINES", 20)
    memory = recall(tmp_path / "a", "art_1")
    assert memory is not None
    assert 60 < max(end for _, end in memory.done) < 120
    assert list(memory.claims) == CLAIMS


def test_a_sidecar_begun_again_outlives_a_run_that_tidies_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    replaced: list[Path] = []

    def tidied_up_before(source: Path, target: Path) -> None:
        replaced.append(source)
        if len(replaced) == 1:
            source.unlink()
        source.replace(target)

    monkeypatch.setattr(sidecar, "replace", tidied_up_before)
    path = tmp_path / "a.01234567.part.jsonl"
    written(path)
    again = Sidecar(path, "a")
    again.begin(IDENTITY, Ranges([(5, 9)]), again=True)
    again.close()
    memory = recall(path, "art_1")
    assert memory is not None
    assert list(memory.done) == [(5, 9)]
    assert len({*replaced}) == 2
    assert list(tmp_path.iterdir()) == [path]


def test_a_sidecar_begun_again_replaces_the_old_one_in_one_step(tmp_path: Path) -> None:
    path = tmp_path / "a.01234567.part.jsonl"
    written(path)
    writer = Sidecar(path, "a")
    writer.begin(IDENTITY, Ranges([(0, 30)]), again=True)
    writer.done(30, 40)
    writer.close()
    writer.done(40, 50)  # a thread that comes late
    memory = recall(path, "art_1")
    assert memory is not None
    assert list(memory.done) == [(0, 40)]
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("confirmed", [[], [(0, 10)], [(0, 10), (20, 30)]])
def test_a_sidecar_begun_again_knows_what_was_confirmed_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, confirmed: list[tuple[int, int]]
) -> None:
    path = tmp_path / "a.01234567.part.jsonl"
    writer = Sidecar(path, "a")
    writer.begin(IDENTITY, Ranges([(0, 10), (20, 30)]), confirmed=Ranges(confirmed))
    writer.done(40, 50)
    writer.close()
    memory = recall(path, "art_1")
    assert memory is not None
    assert list(memory.done) == [(0, 10), (20, 30), (40, 50)]
    assert list(memory.confirmed) == confirmed
    monkeypatch.setattr(sidecar, "boot_id", lambda: "after the power failure")
    memory = recall(path, "art_1")
    assert memory is not None
    assert list(memory.done) == confirmed


# -- waits, rates, settings -----------------------------------------------------------------------------------------


def test_the_rate_is_that_of_the_last_seconds() -> None:
    meter = Meter()
    assert meter.sample(0.0, 0) == 0.0
    assert meter.sample(1.0, 100) == 100.0
    for second in range(2, 20):
        meter.sample(float(second), 100 + 1000 * (second - 1))
    assert meter.sample(20.0, 19_100) == pytest.approx(1000.0, rel=0.01)


def test_a_clock_that_jumps_back_makes_no_nonsense_rate() -> None:
    meter = Meter()
    meter.sample(100.0, 0)
    assert meter.sample(50.0, 100) == 0.0
    assert meter.sample(51.0, 200) == 100.0
    assert meter.sample(52.0, 100) == 0.0, "a file was started again"


@pytest.mark.parametrize(
    ("done", "total", "rate", "seconds"),
    [(10, None, 5.0, None), (10, 10, 0.0, 0.0), (0, 10, 0.0, None), (0, 10, 5.0, 2.0)],
)
def test_the_time_left(done: int, total: int | None, rate: float, seconds: float | None) -> None:
    assert remaining(done, total, rate) == seconds


@pytest.mark.parametrize(
    ("total", "size"), [(None, 8), (0, 8), (100 * MIB, 8), (2048 * MIB, 32), (2049 * MIB, 33), (1 << 50, 64)]
)
def test_parts_grow_with_the_transfer(total: int | None, size: int) -> None:
    assert TransferOptions(connections=16).part_size_for(total) == size * MIB
    assert TransferOptions(part_size=5).part_size_for(total) == 5


@pytest.mark.parametrize(
    "wrong",
    [
        {"connections": 0},
        {"attempts": 0},
        {"part_size": 0},
        {"silence": 0},
        {"silence": float("nan")},
        {"connect_timeout": -1},
        {"backoff_cap": 0},
        {"url_lifetime": 0},
        {"backoff": -1},
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        TransferOptions(**wrong)  # type: ignore[arg-type]  # on purpose
