from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ProductType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TRADES: _ClassVar[ProductType]
    QUOTES: _ClassVar[ProductType]
    MARKET_BY_PRICE: _ClassVar[ProductType]
    MARKET_BY_ORDER: _ClassVar[ProductType]
    OTHER_PRODUCT: _ClassVar[ProductType]

class ItemType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    INDIVIDUAL_ITEM: _ClassVar[ItemType]
    OPTION_CHAIN: _ClassVar[ItemType]
    FUTURE_CHAIN: _ClassVar[ItemType]
    ENTIRE_EXCHANGE: _ClassVar[ItemType]
    OTHER_ITEM: _ClassVar[ItemType]

class ChainType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    OPTIONS: _ClassVar[ChainType]
    FUTURES: _ClassVar[ChainType]
    FUTURE_OPTIONS: _ClassVar[ChainType]
TRADES: ProductType
QUOTES: ProductType
MARKET_BY_PRICE: ProductType
MARKET_BY_ORDER: ProductType
OTHER_PRODUCT: ProductType
INDIVIDUAL_ITEM: ItemType
OPTION_CHAIN: ItemType
FUTURE_CHAIN: ItemType
ENTIRE_EXCHANGE: ItemType
OTHER_ITEM: ItemType
OPTIONS: ChainType
FUTURES: ChainType
FUTURE_OPTIONS: ChainType

class RequestHeader(_message.Message):
    __slots__ = ("reference_id", "page_limit", "page_start", "raw_time")
    REFERENCE_ID_FIELD_NUMBER: _ClassVar[int]
    PAGE_LIMIT_FIELD_NUMBER: _ClassVar[int]
    PAGE_START_FIELD_NUMBER: _ClassVar[int]
    RAW_TIME_FIELD_NUMBER: _ClassVar[int]
    reference_id: UUID
    page_limit: int
    page_start: int
    raw_time: bool
    def __init__(self, reference_id: _Optional[_Union[UUID, _Mapping]] = ..., page_limit: _Optional[int] = ..., page_start: _Optional[int] = ..., raw_time: _Optional[bool] = ...) -> None: ...

class ResponseHeader(_message.Message):
    __slots__ = ("request_id", "reference_id", "total_rows", "warning_message")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_ID_FIELD_NUMBER: _ClassVar[int]
    TOTAL_ROWS_FIELD_NUMBER: _ClassVar[int]
    WARNING_MESSAGE_FIELD_NUMBER: _ClassVar[int]
    request_id: UUID
    reference_id: UUID
    total_rows: int
    warning_message: str
    def __init__(self, request_id: _Optional[_Union[UUID, _Mapping]] = ..., reference_id: _Optional[_Union[UUID, _Mapping]] = ..., total_rows: _Optional[int] = ..., warning_message: _Optional[str] = ...) -> None: ...

class UUID(_message.Message):
    __slots__ = ("value",)
    VALUE_FIELD_NUMBER: _ClassVar[int]
    value: str
    def __init__(self, value: _Optional[str] = ...) -> None: ...

class Date(_message.Message):
    __slots__ = ("year", "month", "day")
    YEAR_FIELD_NUMBER: _ClassVar[int]
    MONTH_FIELD_NUMBER: _ClassVar[int]
    DAY_FIELD_NUMBER: _ClassVar[int]
    year: int
    month: int
    day: int
    def __init__(self, year: _Optional[int] = ..., month: _Optional[int] = ..., day: _Optional[int] = ...) -> None: ...

class Time(_message.Message):
    __slots__ = ("milliseconds", "nanoseconds")
    MILLISECONDS_FIELD_NUMBER: _ClassVar[int]
    NANOSECONDS_FIELD_NUMBER: _ClassVar[int]
    milliseconds: int
    nanoseconds: int
    def __init__(self, milliseconds: _Optional[int] = ..., nanoseconds: _Optional[int] = ...) -> None: ...

class Timestamp(_message.Message):
    __slots__ = ("nanoseconds",)
    NANOSECONDS_FIELD_NUMBER: _ClassVar[int]
    nanoseconds: int
    def __init__(self, nanoseconds: _Optional[int] = ...) -> None: ...

class Value(_message.Message):
    __slots__ = ("string_value", "integer_value", "double_value", "bool_value", "date_value", "time_value", "days_value", "milliseconds_value", "nanoseconds_value", "object", "list")
    STRING_VALUE_FIELD_NUMBER: _ClassVar[int]
    INTEGER_VALUE_FIELD_NUMBER: _ClassVar[int]
    DOUBLE_VALUE_FIELD_NUMBER: _ClassVar[int]
    BOOL_VALUE_FIELD_NUMBER: _ClassVar[int]
    DATE_VALUE_FIELD_NUMBER: _ClassVar[int]
    TIME_VALUE_FIELD_NUMBER: _ClassVar[int]
    DAYS_VALUE_FIELD_NUMBER: _ClassVar[int]
    MILLISECONDS_VALUE_FIELD_NUMBER: _ClassVar[int]
    NANOSECONDS_VALUE_FIELD_NUMBER: _ClassVar[int]
    OBJECT_FIELD_NUMBER: _ClassVar[int]
    LIST_FIELD_NUMBER: _ClassVar[int]
    string_value: str
    integer_value: int
    double_value: float
    bool_value: bool
    date_value: Date
    time_value: Time
    days_value: int
    milliseconds_value: int
    nanoseconds_value: int
    object: ValueObject
    list: ValueList
    def __init__(self, string_value: _Optional[str] = ..., integer_value: _Optional[int] = ..., double_value: _Optional[float] = ..., bool_value: _Optional[bool] = ..., date_value: _Optional[_Union[Date, _Mapping]] = ..., time_value: _Optional[_Union[Time, _Mapping]] = ..., days_value: _Optional[int] = ..., milliseconds_value: _Optional[int] = ..., nanoseconds_value: _Optional[int] = ..., object: _Optional[_Union[ValueObject, _Mapping]] = ..., list: _Optional[_Union[ValueList, _Mapping]] = ...) -> None: ...

class ValueList(_message.Message):
    __slots__ = ("string_list", "integer_list", "double_list", "bool_list", "date_list", "time_list", "days_list", "milliseconds_list", "nanoseconds_list", "mixed_list")
    STRING_LIST_FIELD_NUMBER: _ClassVar[int]
    INTEGER_LIST_FIELD_NUMBER: _ClassVar[int]
    DOUBLE_LIST_FIELD_NUMBER: _ClassVar[int]
    BOOL_LIST_FIELD_NUMBER: _ClassVar[int]
    DATE_LIST_FIELD_NUMBER: _ClassVar[int]
    TIME_LIST_FIELD_NUMBER: _ClassVar[int]
    DAYS_LIST_FIELD_NUMBER: _ClassVar[int]
    MILLISECONDS_LIST_FIELD_NUMBER: _ClassVar[int]
    NANOSECONDS_LIST_FIELD_NUMBER: _ClassVar[int]
    MIXED_LIST_FIELD_NUMBER: _ClassVar[int]
    string_list: StringList
    integer_list: IntegerList
    double_list: DoubleList
    bool_list: BoolList
    date_list: DateList
    time_list: TimeList
    days_list: DaysList
    milliseconds_list: MillisecondsList
    nanoseconds_list: NanosecondsList
    mixed_list: MixedList
    def __init__(self, string_list: _Optional[_Union[StringList, _Mapping]] = ..., integer_list: _Optional[_Union[IntegerList, _Mapping]] = ..., double_list: _Optional[_Union[DoubleList, _Mapping]] = ..., bool_list: _Optional[_Union[BoolList, _Mapping]] = ..., date_list: _Optional[_Union[DateList, _Mapping]] = ..., time_list: _Optional[_Union[TimeList, _Mapping]] = ..., days_list: _Optional[_Union[DaysList, _Mapping]] = ..., milliseconds_list: _Optional[_Union[MillisecondsList, _Mapping]] = ..., nanoseconds_list: _Optional[_Union[NanosecondsList, _Mapping]] = ..., mixed_list: _Optional[_Union[MixedList, _Mapping]] = ...) -> None: ...

class ValueObject(_message.Message):
    __slots__ = ("fields",)
    class FieldsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: Value
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[Value, _Mapping]] = ...) -> None: ...
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    fields: _containers.MessageMap[str, Value]
    def __init__(self, fields: _Optional[_Mapping[str, Value]] = ...) -> None: ...

class Table(_message.Message):
    __slots__ = ("columns",)
    class ColumnsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: ValueList
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[ValueList, _Mapping]] = ...) -> None: ...
    COLUMNS_FIELD_NUMBER: _ClassVar[int]
    columns: _containers.MessageMap[str, ValueList]
    def __init__(self, columns: _Optional[_Mapping[str, ValueList]] = ...) -> None: ...

class StringList(_message.Message):
    __slots__ = ("values",)
    VALUES_FIELD_NUMBER: _ClassVar[int]
    values: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, values: _Optional[_Iterable[str]] = ...) -> None: ...

class IntegerList(_message.Message):
    __slots__ = ("values",)
    VALUES_FIELD_NUMBER: _ClassVar[int]
    values: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, values: _Optional[_Iterable[int]] = ...) -> None: ...

class DoubleList(_message.Message):
    __slots__ = ("values",)
    VALUES_FIELD_NUMBER: _ClassVar[int]
    values: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, values: _Optional[_Iterable[float]] = ...) -> None: ...

class BoolList(_message.Message):
    __slots__ = ("values",)
    VALUES_FIELD_NUMBER: _ClassVar[int]
    values: _containers.RepeatedScalarFieldContainer[bool]
    def __init__(self, values: _Optional[_Iterable[bool]] = ...) -> None: ...

class DateList(_message.Message):
    __slots__ = ("values",)
    VALUES_FIELD_NUMBER: _ClassVar[int]
    values: _containers.RepeatedCompositeFieldContainer[Date]
    def __init__(self, values: _Optional[_Iterable[_Union[Date, _Mapping]]] = ...) -> None: ...

class TimeList(_message.Message):
    __slots__ = ("values",)
    VALUES_FIELD_NUMBER: _ClassVar[int]
    values: _containers.RepeatedCompositeFieldContainer[Time]
    def __init__(self, values: _Optional[_Iterable[_Union[Time, _Mapping]]] = ...) -> None: ...

class DaysList(_message.Message):
    __slots__ = ("values",)
    VALUES_FIELD_NUMBER: _ClassVar[int]
    values: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, values: _Optional[_Iterable[int]] = ...) -> None: ...

class MillisecondsList(_message.Message):
    __slots__ = ("values",)
    VALUES_FIELD_NUMBER: _ClassVar[int]
    values: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, values: _Optional[_Iterable[int]] = ...) -> None: ...

class NanosecondsList(_message.Message):
    __slots__ = ("values",)
    VALUES_FIELD_NUMBER: _ClassVar[int]
    values: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, values: _Optional[_Iterable[int]] = ...) -> None: ...

class MixedList(_message.Message):
    __slots__ = ("values",)
    VALUES_FIELD_NUMBER: _ClassVar[int]
    values: _containers.RepeatedCompositeFieldContainer[Value]
    def __init__(self, values: _Optional[_Iterable[_Union[Value, _Mapping]]] = ...) -> None: ...
