"""Lists of strings become a dictionary where they repeat themselves, and Arrow's plain layout where they do not.

On the wire each string is a tag, a length and its bytes. A piece of the list at a time, all strings are located at once
(`_locate`), and for each an equal one is found by hashing eight bytes at a time (`_representatives`): a Python object is
made for each distinct string of a piece, and none for each string.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tickhaul._core.deadline import look
from tickhaul.xythub.tables.layout import OddLayout

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    Bytes = npt.NDArray[np.uint8]
    Indices = npt.NDArray[np.int64]
    Words = npt.NDArray[np.uint64]

#: Below so many strings a dictionary saves nothing worth having a column of another type for.
DICTIONARY_FROM = 4096
#: A dictionary must be this many times shorter than the list.
_WORTHWHILE = 4
_LONGEST_IN_DICTIONARY = 127
_PIECE = 128 * 1024
_TAG = 0x0A
_SLOT_BITS = 16
_MOST_ROUNDS = 64
_MIX = np.uint64(0x9E3779B97F4A7C15)
_HALF = np.uint64(32)


@dataclass(frozen=True, slots=True)
class Coded:
    """Strings that repeat themselves.

    Attributes:
        codes: for each row the index of its string.
        words: the distinct strings, in the order they first appear.
    """

    codes: npt.NDArray[np.int32]
    words: list[str]

    def __len__(self) -> int:
        return len(self.codes)


@dataclass(frozen=True, slots=True)
class Plain:
    """Strings one after the other, as Arrow lays them out.

    Attributes:
        offsets: where each begins in ``data``, and where the last ends: one more than there are strings.
        data: their UTF-8 bytes.
    """

    offsets: Indices
    data: Bytes

    def __len__(self) -> int:
        return len(self.offsets) - 1


@dataclass(frozen=True, slots=True)
class _Piece:
    """Part of a list, cut between two strings: where each begins in ``data``, and how long it is."""

    data: Bytes
    starts: Indices
    lengths: Indices

    def text(self, index: int) -> bytes:
        start = int(self.starts[index])
        return self.data[start : start + int(self.lengths[index])].tobytes()


def read_strings(content: memoryview) -> Coded | Plain:
    """The strings of a ``StringList``.

    Args:
        content: the bytes of the message.

    Raises:
        OddLayout: there is something else in it, or a string is not UTF-8.
    """
    coded = _code(content)
    return _gather(content) if coded is None else coded


def plain(words: list[str]) -> Plain:
    """Strings that Python holds, as a column.

    Args:
        words: one for each row.
    """
    texts = [word.encode() for word in words]
    lengths = np.fromiter((len(text) for text in texts), np.int64, len(texts))
    offsets = np.concatenate((np.zeros(1, np.int64), np.cumsum(lengths)))
    return Plain(offsets, np.frombuffer(b"".join(texts), np.uint8))


def _code(content: memoryview) -> Coded | None:
    """The strings with a dictionary, or ``None`` when it is not worthwhile."""
    if len(content) < 2 * DICTIONARY_FROM:
        return None
    known: dict[bytes, int] = {}
    codes = [np.empty(0, np.int32)]
    rows = 0
    for piece in _pieces(content):
        representatives = _representatives(piece)
        if representatives is None:
            return None
        firsts = np.flatnonzero(representatives == np.arange(len(representatives)))
        translation = np.empty(len(representatives), np.int32)
        translation[firsts] = [known.setdefault(piece.text(first), len(known)) for first in firsts.tolist()]
        codes.append(translation[representatives])
        rows += len(representatives)
        if len(known) * _WORTHWHILE > rows:
            return None
    if rows < DICTIONARY_FROM:
        return None
    return Coded(np.concatenate(codes), [text.decode() for text in known])


def _gather(content: memoryview) -> Plain:
    """The strings without what lies between them."""
    lengths = [np.zeros(1, np.int64)]
    data = [np.empty(0, np.uint8)]
    for piece in _pieces(content):
        # +1 where a string begins, -1 where it ends: their running sum is 1 inside of strings.
        filled = piece.lengths > 0
        edges = np.zeros(len(piece.data) + 1, np.int8)
        edges[piece.starts[filled]] = 1
        edges[(piece.starts + piece.lengths)[filled]] = -1
        data.append(piece.data[np.cumsum(edges[:-1], dtype=np.int8).astype(bool)])
        lengths.append(piece.lengths)
    return Plain(np.cumsum(np.concatenate(lengths)), np.concatenate(data))


def _pieces(content: memoryview) -> Iterator[_Piece]:
    data = np.frombuffer(content, np.uint8)
    at = 0
    while at < len(data):
        look()
        window = data[at : at + _PIECE]
        piece = _locate(window) or _walk(content[at:], _PIECE)
        yield piece
        at += len(piece.data)


def _locate(window: Bytes) -> _Piece | None:
    """The strings of a window, found all at once; ``None`` when this cannot tell where they are.

    Where no string holds a line feed, which is the byte of the tag, tags are found by looking for it. That it was right
    shows when the strings join without a gap. The check admits no accident: beginning at the first byte, each string's
    end is where the next one's tag was found.
    """
    tags = np.flatnonzero(window == _TAG)
    # The length of a string of ten bytes looks like a tag, right behind one.
    tags = tags[np.diff(tags, prepend=-2) > 1]
    tags = tags[tags < len(window) - 1]
    lengths = window[tags + 1].astype(np.int64)
    ends = tags + 2 + lengths
    # The string at the window's end may reach beyond it, and what looked like tags in it is not looked at.
    beyond = np.flatnonzero(ends > len(window))
    whole = int(beyond[0]) if len(beyond) else len(ends)
    tags, lengths, ends = tags[:whole], lengths[:whole], ends[:whole]
    if not whole or tags[0] != 0 or not np.array_equal(ends[:-1], tags[1:]) or lengths.max() > _LONGEST_IN_DICTIONARY:
        return None
    data = window[: int(ends[-1])]
    if data.max() > 0x7F:
        # Tags and lengths are ASCII and stand between the strings, so this checks each of them.
        _check_utf8(data.tobytes())
    return _Piece(data, tags + 2, lengths)


def _walk(content: memoryview, at_least: int) -> _Piece:
    """The strings at the beginning of the content, one by one: at least so many bytes of them, if there are."""
    starts, lengths = [], []
    at = 0
    while at < min(at_least, len(content)):
        if content[at] != _TAG:
            raise OddLayout
        start, length = _read_length(content, at + 1)
        at = start + length
        if at > len(content):
            raise OddLayout
        _check_utf8(content[start:at])
        starts.append(start)
        lengths.append(length)
    data = np.frombuffer(content[:at], np.uint8)
    return _Piece(data, np.array(starts, np.int64), np.array(lengths, np.int64))


def _read_length(content: memoryview, at: int) -> tuple[int, int]:
    length = 0
    for index, byte in enumerate(content[at : at + 5]):
        length |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            return at + index + 1, length
    raise OddLayout


def _check_utf8(text: bytes | memoryview) -> None:
    try:
        str(text, "utf-8")
    except UnicodeDecodeError:
        raise OddLayout from None


def _representatives(piece: _Piece) -> Indices | None:
    """For each string the index of the first that equals it.

    ``None`` when a string is too long, or when hashes are the same that should not be.
    """
    lengths = piece.lengths
    if lengths.max() > _LONGEST_IN_DICTIONARY:
        return None
    words = _words(piece)
    hashes = lengths.astype(np.uint64)
    for word in words:
        hashes ^= word
        hashes *= _MIX
        hashes ^= hashes >> _HALF
    hashes *= _MIX
    slots = (hashes >> np.uint64(64 - _SLOT_BITS)).astype(np.int64)
    # The first of those that share a slot stays in it, because it is written last; those with another hash have
    # another go without the ones it settled.
    table = np.empty(1 << _SLOT_BITS, np.int64)
    table[slots[::-1]] = np.arange(len(slots))[::-1]
    found = table[slots]
    left = np.flatnonzero(hashes[found] != hashes)
    for _ in range(_MOST_ROUNDS):
        if not len(left):
            break
        table[slots[left[::-1]]] = left[::-1]
        found[left] = table[slots[left]]
        left = left[hashes[found[left]] != hashes[left]]
    else:
        return None
    same = all(np.array_equal(word, word[found]) for word in (lengths, *words))
    return found if same else None


def _words(piece: _Piece) -> list[Words]:
    """The strings' bytes, eight to a word, zero beyond their ends: a word for each string, then the next for each."""
    count = max(1, -(-int(piece.lengths.max()) // 8))
    padding = np.zeros(8 * (count + 1) + -len(piece.data) % 8, np.uint8)
    aligned = np.concatenate((piece.data, padding)).view("<u8")
    index = piece.starts >> 3
    shift = ((piece.starts & 7) << 3).astype(np.uint64)
    counter_shift = np.uint64(64) - shift
    masks = _masks(count)
    words = []
    current = aligned[index]
    for number in range(count):
        index += 1
        following = aligned[index]
        # numpy shifts by 64 to zero, which is right for strings that begin at a word.
        words.append(((current >> shift) | (following << counter_shift)) & masks[number][piece.lengths])
        current = following
    return words


def _masks(count: int) -> Words:
    """For each of so many words and each length of a string: which bytes of the word belong to it."""
    bytes_wanted = np.arange(8 * count) < np.arange(8 * count + 1)[:, None]
    return np.ascontiguousarray((bytes_wanted.astype(np.uint8) * 0xFF).view("<u8").T)
