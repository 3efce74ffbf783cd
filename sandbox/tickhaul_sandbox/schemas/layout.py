"""Applying a schema to the messages of a datastream."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING

from tickhaul_sandbox.artifacts.tables import LayoutError
from tickhaul_sandbox.schemas import paths
from tickhaul_sandbox.schemas.transforms import TransformError
from tickhaul_sandbox.times import format_instant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from tickhaul_sandbox.artifacts.tables import Row, Value
    from tickhaul_sandbox.jsontypes import Json
    from tickhaul_sandbox.market.sources import Message
    from tickhaul_sandbox.schemas.cage import Cage, Session
    from tickhaul_sandbox.schemas.content import Column, Content

_BATCH = 8192
_BATCH_TEXT = 16 << 20
# Rows: some tens of megabytes, and more than the recordings at hand make.
_REMEMBERED = 100_000
_REMEMBERED_TEXT = 64 << 20
# Much less than a batch of rows may take: others wait for their turn to be checked, and a check computes hardly anything.
_CHECK_SECONDS = 2.0
# What a schema may make of one message. One that joins an array with itself again and again would make any number.
_MESSAGE_CELLS = 2_000_000
_MESSAGE_TEXT = 256 << 20
_MESSAGE_ELEMENTS = 100_000
_META: dict[str, tuple[str, Callable[[int], Value]]] = {
    "ns": ("BIGINT", lambda ns: ns),
    "us": ("BIGINT", lambda ns: ns // 1_000),
    "ms": ("BIGINT", lambda ns: ns // 1_000_000),
    "s": ("BIGINT", lambda ns: ns // 1_000_000_000),
    "iso8601": ("TIMESTAMP_NS", format_instant),
}


class _Measure:
    """How much some rows hold."""

    def __init__(self) -> None:
        self.rows = 0
        self.text = 0

    def add(self, rows: Sequence[Sequence[Value]]) -> None:
        self.rows += len(rows)
        self.text += sum(len(value) for row in rows for value in row if isinstance(value, str))


class _Cell:
    """One column: how it writes the collection time, or reads its value, not yet transformed, from a message."""

    def __init__(self, column: Column, exchange: str) -> None:
        self.meta = None if column.meta_format is None else _META[column.meta_format][1]
        extractor = column.data.get(exchange)
        self._extract = None if extractor is None else (paths.parse(extractor.path), extractor.data_type)

    def read(self, place: paths.Place) -> Value:
        if self._extract is None:
            return None
        alternatives, data_type = self._extract
        return data_type.cast(place.find(alternatives))


class SchemaLayout:
    """A schema as it applies to one exchange.

    Args:
        content: The schema.
        exchange: The code of the exchange.
        cage: Runs the transforms.
    """

    needs_opening = False

    def __init__(self, content: Content, exchange: str, cage: Cage) -> None:
        self.content = content
        self._exchange = exchange
        self._cage = cage
        self.columns = tuple(column.name for column in content.columns)
        self._cells = tuple(_Cell(column, exchange) for column in content.columns)
        unfold = content.unfold.get(exchange)
        self._unfold = None if unfold is None else paths.parse(unfold)
        self._derive = tuple(
            (item, tuple((paths.parse(path), tag) for path, tag in item.arrays))
            for item in content.derive.get(exchange, ())
        )

    @property
    def types(self) -> tuple[str, ...]:
        """The DuckDB type of each column; takes a moment, since it asks DuckDB."""
        with self._cage.session() as session:
            return tuple(self._type(column, session) for column in self.content.columns)

    def rows(self, messages: Iterable[Message]) -> Iterator[Row]:
        """Yield the rows of messages: one each, or one per element where the schema unfolds.

        Recordings are played again and again, so what became of a message is remembered for the next time it comes.

        Raises:
            LayoutError: If a transform fails.
        """
        known: dict[str, list[list[Value]]] = {}
        kept, weight = _Measure(), _Measure()
        fresh: list[list[Value]] = []
        waiting: list[Message] = []
        with self._cage.session() as session:
            for message in messages:
                waiting.append(message)
                if message.payload not in known:
                    known[message.payload] = made = self._read(message.payload)
                    fresh += made
                    weight.add(made)
                if len(waiting) >= _BATCH or weight.rows >= _BATCH or weight.text >= _BATCH_TEXT:
                    self._transform(fresh, session)
                    yield from self._timed(waiting, known)
                    kept.add(fresh)
                    fresh, waiting, weight = [], [], _Measure()
                    if kept.rows > _REMEMBERED or kept.text > _REMEMBERED_TEXT:
                        known, kept = {}, _Measure()
            self._transform(fresh, session)
            yield from self._timed(waiting, known)

    def _read(self, payload: str) -> list[list[Value]]:
        """Return the rows of a message, not yet transformed."""
        rows: list[list[Value]] = []
        measure = _Measure()
        try:
            for place in self._places(payload):
                row = [cell.read(place) for cell in self._cells]
                rows.append(row)
                measure.add([row])
                if measure.rows * len(row) > _MESSAGE_CELLS or measure.text > _MESSAGE_TEXT:
                    raise LayoutError(
                        f"The schema makes too much of one message: at most {_MESSAGE_CELLS:,} values and "
                        f"{_MESSAGE_TEXT:,} characters are allowed"
                    )
        except RecursionError as error:
            raise LayoutError("The schema nests what it derives too deeply") from error
        return rows

    def _timed(self, messages: Iterable[Message], known: dict[str, list[list[Value]]]) -> Iterator[Row]:
        metas = [(position, cell.meta) for position, cell in enumerate(self._cells) if cell.meta is not None]
        for message in messages:
            times = [(position, meta(message.collection_ns)) for position, meta in metas]
            for row in known[message.payload]:
                timed = row.copy()
                for position, value in times:
                    timed[position] = value
                yield timed

    def _places(self, payload: str) -> Iterator[paths.Place]:
        try:
            message: Json = json.loads(payload, parse_float=Decimal)
        except (ValueError, RecursionError) as error:
            raise LayoutError("A message is not JSON: only raw can export it") from error
        derived = self._derived(message)
        if self._unfold is None:
            yield paths.Place(message, derived)
            return
        whole = paths.Place(message, derived)
        for path in self._unfold:
            elements = whole.find((path,))
            if isinstance(elements, list) and elements:
                for element in elements:
                    yield paths.Place(message, derived, path, element)
                return

    def _derived(self, message: Json) -> dict[str, Json]:
        derived: dict[str, Json] = {}
        made = 0
        whole = paths.Place(message, derived)
        for item, arrays in self._derive:
            joined: list[Json] = []
            for alternatives, tag in arrays:
                elements = whole.find(alternatives)
                if isinstance(elements, list):
                    made += len(elements)
                    if made > _MESSAGE_ELEMENTS:
                        raise LayoutError(f"derive makes more than {_MESSAGE_ELEMENTS:,} elements of one message")
                    joined += [{item.tag_field: tag, item.value_field: element} for element in elements]
            derived[item.field] = joined
        return derived

    def _transform(self, rows: list[list[Value]], session: Session) -> None:
        session.begin()
        for position, column in enumerate(self.content.columns):
            extractor = column.data.get(self._exchange)
            if extractor is None or extractor.transform is None or not rows:
                continue
            try:
                values = session.run(extractor.transform, extractor.data_type, [row[position] for row in rows])
            except TransformError as error:
                raise LayoutError(f"Transform of column {column.name} failed: {error}") from error
            for row, value in zip(rows, values, strict=True):
                row[position] = value

    def _type(self, column: Column, session: Session) -> str:
        if column.meta_format is not None:
            return _META[column.meta_format][0]
        # A column that has nothing for this exchange is empty, and of the type it has for the others.
        extractor = column.data.get(self._exchange) or next(iter(column.data.values()))
        if extractor.transform is None:
            return extractor.data_type.sql
        try:
            return session.check(extractor.transform, extractor.data_type)
        except TransformError as error:
            raise LayoutError(f"Transform of column {column.name} cannot be run: {error}") from error


def check_transforms(content: Content, cage: Cage) -> str | None:
    """Return what is wrong with the transforms of a schema, `None` if nothing is. Call it in a thread.

    Raises:
        GivenUpError: If the cage was closed.
    """
    with cage.session(_CHECK_SECONDS) as session:
        for column in content.columns:
            for exchange, extractor in column.data.items():
                if extractor.transform is None:
                    continue
                try:
                    session.check(extractor.transform, extractor.data_type)
                except TransformError as error:
                    return f"Invalid transform of column {column.name} for {exchange}: {error}"
    return None
