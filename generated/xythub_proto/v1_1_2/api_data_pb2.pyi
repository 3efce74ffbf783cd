from xythub_proto.v1_1_2 import types_pb2 as _types_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class DaysAvailabilityRequest(_message.Message):
    __slots__ = ("header", "symbols", "data_category")
    class DataCategory(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        LEVEL_1: _ClassVar[DaysAvailabilityRequest.DataCategory]
        LEVEL_2: _ClassVar[DaysAvailabilityRequest.DataCategory]
        LEVEL_3: _ClassVar[DaysAvailabilityRequest.DataCategory]
    LEVEL_1: DaysAvailabilityRequest.DataCategory
    LEVEL_2: DaysAvailabilityRequest.DataCategory
    LEVEL_3: DaysAvailabilityRequest.DataCategory
    HEADER_FIELD_NUMBER: _ClassVar[int]
    SYMBOLS_FIELD_NUMBER: _ClassVar[int]
    DATA_CATEGORY_FIELD_NUMBER: _ClassVar[int]
    header: _types_pb2.RequestHeader
    symbols: _containers.RepeatedScalarFieldContainer[str]
    data_category: DaysAvailabilityRequest.DataCategory
    def __init__(self, header: _Optional[_Union[_types_pb2.RequestHeader, _Mapping]] = ..., symbols: _Optional[_Iterable[str]] = ..., data_category: _Optional[_Union[DaysAvailabilityRequest.DataCategory, str]] = ...) -> None: ...

class DaysAvailabilityResponse(_message.Message):
    __slots__ = ("header", "symbols")
    class Day(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        SUNDAY: _ClassVar[DaysAvailabilityResponse.Day]
        MONDAY: _ClassVar[DaysAvailabilityResponse.Day]
        TUESDAY: _ClassVar[DaysAvailabilityResponse.Day]
        WEDNESDAY: _ClassVar[DaysAvailabilityResponse.Day]
        THURSDAY: _ClassVar[DaysAvailabilityResponse.Day]
        FRIDAY: _ClassVar[DaysAvailabilityResponse.Day]
        SATURDAY: _ClassVar[DaysAvailabilityResponse.Day]
    SUNDAY: DaysAvailabilityResponse.Day
    MONDAY: DaysAvailabilityResponse.Day
    TUESDAY: DaysAvailabilityResponse.Day
    WEDNESDAY: DaysAvailabilityResponse.Day
    THURSDAY: DaysAvailabilityResponse.Day
    FRIDAY: DaysAvailabilityResponse.Day
    SATURDAY: DaysAvailabilityResponse.Day
    class Symbol(_message.Message):
        __slots__ = ("symbol", "first_day", "last_day", "trading_days", "holidays")
        SYMBOL_FIELD_NUMBER: _ClassVar[int]
        FIRST_DAY_FIELD_NUMBER: _ClassVar[int]
        LAST_DAY_FIELD_NUMBER: _ClassVar[int]
        TRADING_DAYS_FIELD_NUMBER: _ClassVar[int]
        HOLIDAYS_FIELD_NUMBER: _ClassVar[int]
        symbol: str
        first_day: _types_pb2.Date
        last_day: _types_pb2.Date
        trading_days: _containers.RepeatedScalarFieldContainer[DaysAvailabilityResponse.Day]
        holidays: _containers.RepeatedCompositeFieldContainer[_types_pb2.Date]
        def __init__(self, symbol: _Optional[str] = ..., first_day: _Optional[_Union[_types_pb2.Date, _Mapping]] = ..., last_day: _Optional[_Union[_types_pb2.Date, _Mapping]] = ..., trading_days: _Optional[_Iterable[_Union[DaysAvailabilityResponse.Day, str]]] = ..., holidays: _Optional[_Iterable[_Union[_types_pb2.Date, _Mapping]]] = ...) -> None: ...
    HEADER_FIELD_NUMBER: _ClassVar[int]
    SYMBOLS_FIELD_NUMBER: _ClassVar[int]
    header: _types_pb2.ResponseHeader
    symbols: _containers.RepeatedCompositeFieldContainer[DaysAvailabilityResponse.Symbol]
    def __init__(self, header: _Optional[_Union[_types_pb2.ResponseHeader, _Mapping]] = ..., symbols: _Optional[_Iterable[_Union[DaysAvailabilityResponse.Symbol, _Mapping]]] = ...) -> None: ...

class TickDataRequest(_message.Message):
    __slots__ = ("header", "type", "symbols", "day", "from_time", "to_time", "limit", "flags")
    class Type(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        TRADES: _ClassVar[TickDataRequest.Type]
        QUOTES: _ClassVar[TickDataRequest.Type]
        TRADES_AND_QUOTES: _ClassVar[TickDataRequest.Type]
    TRADES: TickDataRequest.Type
    QUOTES: TickDataRequest.Type
    TRADES_AND_QUOTES: TickDataRequest.Type
    class Flag(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        USE_MARKET_TS: _ClassVar[TickDataRequest.Flag]
        APPLY_TRADE_CORRECTIONS: _ClassVar[TickDataRequest.Flag]
        INCLUDE_TRADE_CONDITION_INFO: _ClassVar[TickDataRequest.Flag]
        INCLUDE_NON_REGULAR: _ClassVar[TickDataRequest.Flag]
        INCLUDE_CONTINUOUS_SESSION_ONLY: _ClassVar[TickDataRequest.Flag]
        EXCLUDE_CANCELLED_TRADES: _ClassVar[TickDataRequest.Flag]
    USE_MARKET_TS: TickDataRequest.Flag
    APPLY_TRADE_CORRECTIONS: TickDataRequest.Flag
    INCLUDE_TRADE_CONDITION_INFO: TickDataRequest.Flag
    INCLUDE_NON_REGULAR: TickDataRequest.Flag
    INCLUDE_CONTINUOUS_SESSION_ONLY: TickDataRequest.Flag
    EXCLUDE_CANCELLED_TRADES: TickDataRequest.Flag
    HEADER_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    SYMBOLS_FIELD_NUMBER: _ClassVar[int]
    DAY_FIELD_NUMBER: _ClassVar[int]
    FROM_TIME_FIELD_NUMBER: _ClassVar[int]
    TO_TIME_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    FLAGS_FIELD_NUMBER: _ClassVar[int]
    header: _types_pb2.RequestHeader
    type: TickDataRequest.Type
    symbols: _containers.RepeatedScalarFieldContainer[str]
    day: _types_pb2.Date
    from_time: _types_pb2.Time
    to_time: _types_pb2.Time
    limit: int
    flags: _containers.RepeatedScalarFieldContainer[TickDataRequest.Flag]
    def __init__(self, header: _Optional[_Union[_types_pb2.RequestHeader, _Mapping]] = ..., type: _Optional[_Union[TickDataRequest.Type, str]] = ..., symbols: _Optional[_Iterable[str]] = ..., day: _Optional[_Union[_types_pb2.Date, _Mapping]] = ..., from_time: _Optional[_Union[_types_pb2.Time, _Mapping]] = ..., to_time: _Optional[_Union[_types_pb2.Time, _Mapping]] = ..., limit: _Optional[int] = ..., flags: _Optional[_Iterable[_Union[TickDataRequest.Flag, str]]] = ...) -> None: ...

class TickDataResponse(_message.Message):
    __slots__ = ("header", "date", "binning_level", "truncated_trade_rows", "truncated_quote_rows", "chunks", "trade_conditions")
    class Chunk(_message.Message):
        __slots__ = ("symbol", "series")
        SYMBOL_FIELD_NUMBER: _ClassVar[int]
        SERIES_FIELD_NUMBER: _ClassVar[int]
        symbol: str
        series: _containers.RepeatedCompositeFieldContainer[TickDataResponse.Series]
        def __init__(self, symbol: _Optional[str] = ..., series: _Optional[_Iterable[_Union[TickDataResponse.Series, _Mapping]]] = ...) -> None: ...
    class Series(_message.Message):
        __slots__ = ("time", "trade", "trade_size", "trade_condition", "bid", "bid_size", "ask", "ask_size")
        TIME_FIELD_NUMBER: _ClassVar[int]
        TRADE_FIELD_NUMBER: _ClassVar[int]
        TRADE_SIZE_FIELD_NUMBER: _ClassVar[int]
        TRADE_CONDITION_FIELD_NUMBER: _ClassVar[int]
        BID_FIELD_NUMBER: _ClassVar[int]
        BID_SIZE_FIELD_NUMBER: _ClassVar[int]
        ASK_FIELD_NUMBER: _ClassVar[int]
        ASK_SIZE_FIELD_NUMBER: _ClassVar[int]
        time: _types_pb2.Time
        trade: float
        trade_size: int
        trade_condition: str
        bid: float
        bid_size: int
        ask: float
        ask_size: int
        def __init__(self, time: _Optional[_Union[_types_pb2.Time, _Mapping]] = ..., trade: _Optional[float] = ..., trade_size: _Optional[int] = ..., trade_condition: _Optional[str] = ..., bid: _Optional[float] = ..., bid_size: _Optional[int] = ..., ask: _Optional[float] = ..., ask_size: _Optional[int] = ...) -> None: ...
    class TradeCondition(_message.Message):
        __slots__ = ("trade_description", "trade_category")
        TRADE_DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
        TRADE_CATEGORY_FIELD_NUMBER: _ClassVar[int]
        trade_description: str
        trade_category: str
        def __init__(self, trade_description: _Optional[str] = ..., trade_category: _Optional[str] = ...) -> None: ...
    class TradeConditionsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: TickDataResponse.TradeCondition
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[TickDataResponse.TradeCondition, _Mapping]] = ...) -> None: ...
    HEADER_FIELD_NUMBER: _ClassVar[int]
    DATE_FIELD_NUMBER: _ClassVar[int]
    BINNING_LEVEL_FIELD_NUMBER: _ClassVar[int]
    TRUNCATED_TRADE_ROWS_FIELD_NUMBER: _ClassVar[int]
    TRUNCATED_QUOTE_ROWS_FIELD_NUMBER: _ClassVar[int]
    CHUNKS_FIELD_NUMBER: _ClassVar[int]
    TRADE_CONDITIONS_FIELD_NUMBER: _ClassVar[int]
    header: _types_pb2.ResponseHeader
    date: _types_pb2.Date
    binning_level: int
    truncated_trade_rows: int
    truncated_quote_rows: int
    chunks: _containers.RepeatedCompositeFieldContainer[TickDataResponse.Chunk]
    trade_conditions: _containers.MessageMap[str, TickDataResponse.TradeCondition]
    def __init__(self, header: _Optional[_Union[_types_pb2.ResponseHeader, _Mapping]] = ..., date: _Optional[_Union[_types_pb2.Date, _Mapping]] = ..., binning_level: _Optional[int] = ..., truncated_trade_rows: _Optional[int] = ..., truncated_quote_rows: _Optional[int] = ..., chunks: _Optional[_Iterable[_Union[TickDataResponse.Chunk, _Mapping]]] = ..., trade_conditions: _Optional[_Mapping[str, TickDataResponse.TradeCondition]] = ...) -> None: ...

class OhlcvRequest(_message.Message):
    __slots__ = ("header", "symbols", "first_day", "last_day", "from_time", "to_time", "limit")
    HEADER_FIELD_NUMBER: _ClassVar[int]
    SYMBOLS_FIELD_NUMBER: _ClassVar[int]
    FIRST_DAY_FIELD_NUMBER: _ClassVar[int]
    LAST_DAY_FIELD_NUMBER: _ClassVar[int]
    FROM_TIME_FIELD_NUMBER: _ClassVar[int]
    TO_TIME_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    header: _types_pb2.RequestHeader
    symbols: _containers.RepeatedScalarFieldContainer[str]
    first_day: _types_pb2.Date
    last_day: _types_pb2.Date
    from_time: _types_pb2.Time
    to_time: _types_pb2.Time
    limit: int
    def __init__(self, header: _Optional[_Union[_types_pb2.RequestHeader, _Mapping]] = ..., symbols: _Optional[_Iterable[str]] = ..., first_day: _Optional[_Union[_types_pb2.Date, _Mapping]] = ..., last_day: _Optional[_Union[_types_pb2.Date, _Mapping]] = ..., from_time: _Optional[_Union[_types_pb2.Time, _Mapping]] = ..., to_time: _Optional[_Union[_types_pb2.Time, _Mapping]] = ..., limit: _Optional[int] = ...) -> None: ...

class OhlcvResponse(_message.Message):
    __slots__ = ("header", "binning_level", "chunks")
    class Chunk(_message.Message):
        __slots__ = ("symbol", "series")
        SYMBOL_FIELD_NUMBER: _ClassVar[int]
        SERIES_FIELD_NUMBER: _ClassVar[int]
        symbol: str
        series: _containers.RepeatedCompositeFieldContainer[OhlcvResponse.Series]
        def __init__(self, symbol: _Optional[str] = ..., series: _Optional[_Iterable[_Union[OhlcvResponse.Series, _Mapping]]] = ...) -> None: ...
    class Series(_message.Message):
        __slots__ = ("time", "open", "high", "low", "close", "volume", "trade_count", "date")
        TIME_FIELD_NUMBER: _ClassVar[int]
        OPEN_FIELD_NUMBER: _ClassVar[int]
        HIGH_FIELD_NUMBER: _ClassVar[int]
        LOW_FIELD_NUMBER: _ClassVar[int]
        CLOSE_FIELD_NUMBER: _ClassVar[int]
        VOLUME_FIELD_NUMBER: _ClassVar[int]
        TRADE_COUNT_FIELD_NUMBER: _ClassVar[int]
        DATE_FIELD_NUMBER: _ClassVar[int]
        time: _types_pb2.Time
        open: float
        high: float
        low: float
        close: float
        volume: int
        trade_count: int
        date: _types_pb2.Date
        def __init__(self, time: _Optional[_Union[_types_pb2.Time, _Mapping]] = ..., open: _Optional[float] = ..., high: _Optional[float] = ..., low: _Optional[float] = ..., close: _Optional[float] = ..., volume: _Optional[int] = ..., trade_count: _Optional[int] = ..., date: _Optional[_Union[_types_pb2.Date, _Mapping]] = ...) -> None: ...
    HEADER_FIELD_NUMBER: _ClassVar[int]
    BINNING_LEVEL_FIELD_NUMBER: _ClassVar[int]
    CHUNKS_FIELD_NUMBER: _ClassVar[int]
    header: _types_pb2.ResponseHeader
    binning_level: int
    chunks: _containers.RepeatedCompositeFieldContainer[OhlcvResponse.Chunk]
    def __init__(self, header: _Optional[_Union[_types_pb2.ResponseHeader, _Mapping]] = ..., binning_level: _Optional[int] = ..., chunks: _Optional[_Iterable[_Union[OhlcvResponse.Chunk, _Mapping]]] = ...) -> None: ...

class LookupOtherVenuesRequest(_message.Message):
    __slots__ = ("header", "symbol", "day", "currency", "entity_classes")
    HEADER_FIELD_NUMBER: _ClassVar[int]
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    DAY_FIELD_NUMBER: _ClassVar[int]
    CURRENCY_FIELD_NUMBER: _ClassVar[int]
    ENTITY_CLASSES_FIELD_NUMBER: _ClassVar[int]
    header: _types_pb2.RequestHeader
    symbol: str
    day: _types_pb2.Date
    currency: str
    entity_classes: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, header: _Optional[_Union[_types_pb2.RequestHeader, _Mapping]] = ..., symbol: _Optional[str] = ..., day: _Optional[_Union[_types_pb2.Date, _Mapping]] = ..., currency: _Optional[str] = ..., entity_classes: _Optional[_Iterable[str]] = ...) -> None: ...

class LookupOtherVenuesResponse(_message.Message):
    __slots__ = ("header", "symbols")
    class Symbol(_message.Message):
        __slots__ = ("symbol", "name", "exchange", "currency", "local_code", "isin", "market_segment", "entity_class")
        SYMBOL_FIELD_NUMBER: _ClassVar[int]
        NAME_FIELD_NUMBER: _ClassVar[int]
        EXCHANGE_FIELD_NUMBER: _ClassVar[int]
        CURRENCY_FIELD_NUMBER: _ClassVar[int]
        LOCAL_CODE_FIELD_NUMBER: _ClassVar[int]
        ISIN_FIELD_NUMBER: _ClassVar[int]
        MARKET_SEGMENT_FIELD_NUMBER: _ClassVar[int]
        ENTITY_CLASS_FIELD_NUMBER: _ClassVar[int]
        symbol: str
        name: str
        exchange: str
        currency: str
        local_code: str
        isin: str
        market_segment: str
        entity_class: str
        def __init__(self, symbol: _Optional[str] = ..., name: _Optional[str] = ..., exchange: _Optional[str] = ..., currency: _Optional[str] = ..., local_code: _Optional[str] = ..., isin: _Optional[str] = ..., market_segment: _Optional[str] = ..., entity_class: _Optional[str] = ...) -> None: ...
    HEADER_FIELD_NUMBER: _ClassVar[int]
    SYMBOLS_FIELD_NUMBER: _ClassVar[int]
    header: _types_pb2.ResponseHeader
    symbols: _containers.RepeatedCompositeFieldContainer[LookupOtherVenuesResponse.Symbol]
    def __init__(self, header: _Optional[_Union[_types_pb2.ResponseHeader, _Mapping]] = ..., symbols: _Optional[_Iterable[_Union[LookupOtherVenuesResponse.Symbol, _Mapping]]] = ...) -> None: ...

class OrderDataRequest(_message.Message):
    __slots__ = ("header", "symbols", "day", "from_time", "to_time")
    HEADER_FIELD_NUMBER: _ClassVar[int]
    SYMBOLS_FIELD_NUMBER: _ClassVar[int]
    DAY_FIELD_NUMBER: _ClassVar[int]
    FROM_TIME_FIELD_NUMBER: _ClassVar[int]
    TO_TIME_FIELD_NUMBER: _ClassVar[int]
    header: _types_pb2.RequestHeader
    symbols: _containers.RepeatedScalarFieldContainer[str]
    day: _types_pb2.Date
    from_time: _types_pb2.Time
    to_time: _types_pb2.Time
    def __init__(self, header: _Optional[_Union[_types_pb2.RequestHeader, _Mapping]] = ..., symbols: _Optional[_Iterable[str]] = ..., day: _Optional[_Union[_types_pb2.Date, _Mapping]] = ..., from_time: _Optional[_Union[_types_pb2.Time, _Mapping]] = ..., to_time: _Optional[_Union[_types_pb2.Time, _Mapping]] = ...) -> None: ...

class OrderDataResponse(_message.Message):
    __slots__ = ("header", "date", "chunks")
    class Chunk(_message.Message):
        __slots__ = ("symbol", "series")
        SYMBOL_FIELD_NUMBER: _ClassVar[int]
        SERIES_FIELD_NUMBER: _ClassVar[int]
        symbol: str
        series: _containers.RepeatedCompositeFieldContainer[OrderDataResponse.Series]
        def __init__(self, symbol: _Optional[str] = ..., series: _Optional[_Iterable[_Union[OrderDataResponse.Series, _Mapping]]] = ...) -> None: ...
    class Series(_message.Message):
        __slots__ = ("time", "action", "seq", "order_date", "order_time", "order_id", "order_price", "order_size", "order_side", "trade_id", "order_type")
        TIME_FIELD_NUMBER: _ClassVar[int]
        ACTION_FIELD_NUMBER: _ClassVar[int]
        SEQ_FIELD_NUMBER: _ClassVar[int]
        ORDER_DATE_FIELD_NUMBER: _ClassVar[int]
        ORDER_TIME_FIELD_NUMBER: _ClassVar[int]
        ORDER_ID_FIELD_NUMBER: _ClassVar[int]
        ORDER_PRICE_FIELD_NUMBER: _ClassVar[int]
        ORDER_SIZE_FIELD_NUMBER: _ClassVar[int]
        ORDER_SIDE_FIELD_NUMBER: _ClassVar[int]
        TRADE_ID_FIELD_NUMBER: _ClassVar[int]
        ORDER_TYPE_FIELD_NUMBER: _ClassVar[int]
        time: _types_pb2.Time
        action: str
        seq: int
        order_date: _types_pb2.Date
        order_time: _types_pb2.Time
        order_id: str
        order_price: float
        order_size: int
        order_side: str
        trade_id: str
        order_type: int
        def __init__(self, time: _Optional[_Union[_types_pb2.Time, _Mapping]] = ..., action: _Optional[str] = ..., seq: _Optional[int] = ..., order_date: _Optional[_Union[_types_pb2.Date, _Mapping]] = ..., order_time: _Optional[_Union[_types_pb2.Time, _Mapping]] = ..., order_id: _Optional[str] = ..., order_price: _Optional[float] = ..., order_size: _Optional[int] = ..., order_side: _Optional[str] = ..., trade_id: _Optional[str] = ..., order_type: _Optional[int] = ...) -> None: ...
    HEADER_FIELD_NUMBER: _ClassVar[int]
    DATE_FIELD_NUMBER: _ClassVar[int]
    CHUNKS_FIELD_NUMBER: _ClassVar[int]
    header: _types_pb2.ResponseHeader
    date: _types_pb2.Date
    chunks: _containers.RepeatedCompositeFieldContainer[OrderDataResponse.Chunk]
    def __init__(self, header: _Optional[_Union[_types_pb2.ResponseHeader, _Mapping]] = ..., date: _Optional[_Union[_types_pb2.Date, _Mapping]] = ..., chunks: _Optional[_Iterable[_Union[OrderDataResponse.Chunk, _Mapping]]] = ...) -> None: ...

class AuctionDataRequest(_message.Message):
    __slots__ = ("header", "symbols", "day")
    HEADER_FIELD_NUMBER: _ClassVar[int]
    SYMBOLS_FIELD_NUMBER: _ClassVar[int]
    DAY_FIELD_NUMBER: _ClassVar[int]
    header: _types_pb2.RequestHeader
    symbols: _containers.RepeatedScalarFieldContainer[str]
    day: _types_pb2.Date
    def __init__(self, header: _Optional[_Union[_types_pb2.RequestHeader, _Mapping]] = ..., symbols: _Optional[_Iterable[str]] = ..., day: _Optional[_Union[_types_pb2.Date, _Mapping]] = ...) -> None: ...

class AuctionDataResponse(_message.Message):
    __slots__ = ("header", "date", "chunks")
    class Chunk(_message.Message):
        __slots__ = ("symbol", "series")
        SYMBOL_FIELD_NUMBER: _ClassVar[int]
        SERIES_FIELD_NUMBER: _ClassVar[int]
        symbol: str
        series: _containers.RepeatedCompositeFieldContainer[AuctionDataResponse.Series]
        def __init__(self, symbol: _Optional[str] = ..., series: _Optional[_Iterable[_Union[AuctionDataResponse.Series, _Mapping]]] = ...) -> None: ...
    class Series(_message.Message):
        __slots__ = ("time", "seq", "imbalance_buy_volume", "imbalance_sell_volume", "imbalance_volume_time", "cross_type", "uncrossing_date", "uncrossing_time", "uncrossing_condition", "uncrossing_price", "uncrossing_volume", "uncrossing_type", "auction_date", "auction_time", "auction_status", "auction", "auction_volume", "auction_type")
        TIME_FIELD_NUMBER: _ClassVar[int]
        SEQ_FIELD_NUMBER: _ClassVar[int]
        IMBALANCE_BUY_VOLUME_FIELD_NUMBER: _ClassVar[int]
        IMBALANCE_SELL_VOLUME_FIELD_NUMBER: _ClassVar[int]
        IMBALANCE_VOLUME_TIME_FIELD_NUMBER: _ClassVar[int]
        CROSS_TYPE_FIELD_NUMBER: _ClassVar[int]
        UNCROSSING_DATE_FIELD_NUMBER: _ClassVar[int]
        UNCROSSING_TIME_FIELD_NUMBER: _ClassVar[int]
        UNCROSSING_CONDITION_FIELD_NUMBER: _ClassVar[int]
        UNCROSSING_PRICE_FIELD_NUMBER: _ClassVar[int]
        UNCROSSING_VOLUME_FIELD_NUMBER: _ClassVar[int]
        UNCROSSING_TYPE_FIELD_NUMBER: _ClassVar[int]
        AUCTION_DATE_FIELD_NUMBER: _ClassVar[int]
        AUCTION_TIME_FIELD_NUMBER: _ClassVar[int]
        AUCTION_STATUS_FIELD_NUMBER: _ClassVar[int]
        AUCTION_FIELD_NUMBER: _ClassVar[int]
        AUCTION_VOLUME_FIELD_NUMBER: _ClassVar[int]
        AUCTION_TYPE_FIELD_NUMBER: _ClassVar[int]
        time: _types_pb2.Time
        seq: int
        imbalance_buy_volume: int
        imbalance_sell_volume: int
        imbalance_volume_time: _types_pb2.Time
        cross_type: str
        uncrossing_date: _types_pb2.Date
        uncrossing_time: _types_pb2.Time
        uncrossing_condition: str
        uncrossing_price: float
        uncrossing_volume: int
        uncrossing_type: str
        auction_date: _types_pb2.Date
        auction_time: _types_pb2.Time
        auction_status: int
        auction: float
        auction_volume: int
        auction_type: str
        def __init__(self, time: _Optional[_Union[_types_pb2.Time, _Mapping]] = ..., seq: _Optional[int] = ..., imbalance_buy_volume: _Optional[int] = ..., imbalance_sell_volume: _Optional[int] = ..., imbalance_volume_time: _Optional[_Union[_types_pb2.Time, _Mapping]] = ..., cross_type: _Optional[str] = ..., uncrossing_date: _Optional[_Union[_types_pb2.Date, _Mapping]] = ..., uncrossing_time: _Optional[_Union[_types_pb2.Time, _Mapping]] = ..., uncrossing_condition: _Optional[str] = ..., uncrossing_price: _Optional[float] = ..., uncrossing_volume: _Optional[int] = ..., uncrossing_type: _Optional[str] = ..., auction_date: _Optional[_Union[_types_pb2.Date, _Mapping]] = ..., auction_time: _Optional[_Union[_types_pb2.Time, _Mapping]] = ..., auction_status: _Optional[int] = ..., auction: _Optional[float] = ..., auction_volume: _Optional[int] = ..., auction_type: _Optional[str] = ...) -> None: ...
    HEADER_FIELD_NUMBER: _ClassVar[int]
    DATE_FIELD_NUMBER: _ClassVar[int]
    CHUNKS_FIELD_NUMBER: _ClassVar[int]
    header: _types_pb2.ResponseHeader
    date: _types_pb2.Date
    chunks: _containers.RepeatedCompositeFieldContainer[AuctionDataResponse.Chunk]
    def __init__(self, header: _Optional[_Union[_types_pb2.ResponseHeader, _Mapping]] = ..., date: _Optional[_Union[_types_pb2.Date, _Mapping]] = ..., chunks: _Optional[_Iterable[_Union[AuctionDataResponse.Chunk, _Mapping]]] = ...) -> None: ...

class InstrumentStatusRequest(_message.Message):
    __slots__ = ("header", "symbols", "day")
    HEADER_FIELD_NUMBER: _ClassVar[int]
    SYMBOLS_FIELD_NUMBER: _ClassVar[int]
    DAY_FIELD_NUMBER: _ClassVar[int]
    header: _types_pb2.RequestHeader
    symbols: _containers.RepeatedScalarFieldContainer[str]
    day: _types_pb2.Date
    def __init__(self, header: _Optional[_Union[_types_pb2.RequestHeader, _Mapping]] = ..., symbols: _Optional[_Iterable[str]] = ..., day: _Optional[_Union[_types_pb2.Date, _Mapping]] = ...) -> None: ...

class InstrumentStatusResponse(_message.Message):
    __slots__ = ("header", "date", "chunks")
    class Chunk(_message.Message):
        __slots__ = ("symbol", "series")
        SYMBOL_FIELD_NUMBER: _ClassVar[int]
        SERIES_FIELD_NUMBER: _ClassVar[int]
        symbol: str
        series: _containers.RepeatedCompositeFieldContainer[InstrumentStatusResponse.Series]
        def __init__(self, symbol: _Optional[str] = ..., series: _Optional[_Iterable[_Union[InstrumentStatusResponse.Series, _Mapping]]] = ...) -> None: ...
    class Series(_message.Message):
        __slots__ = ("time", "seq", "instrument_status", "instrument_status_description", "continuous_session")
        TIME_FIELD_NUMBER: _ClassVar[int]
        SEQ_FIELD_NUMBER: _ClassVar[int]
        INSTRUMENT_STATUS_FIELD_NUMBER: _ClassVar[int]
        INSTRUMENT_STATUS_DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
        CONTINUOUS_SESSION_FIELD_NUMBER: _ClassVar[int]
        time: _types_pb2.Time
        seq: int
        instrument_status: str
        instrument_status_description: str
        continuous_session: bool
        def __init__(self, time: _Optional[_Union[_types_pb2.Time, _Mapping]] = ..., seq: _Optional[int] = ..., instrument_status: _Optional[str] = ..., instrument_status_description: _Optional[str] = ..., continuous_session: _Optional[bool] = ...) -> None: ...
    HEADER_FIELD_NUMBER: _ClassVar[int]
    DATE_FIELD_NUMBER: _ClassVar[int]
    CHUNKS_FIELD_NUMBER: _ClassVar[int]
    header: _types_pb2.ResponseHeader
    date: _types_pb2.Date
    chunks: _containers.RepeatedCompositeFieldContainer[InstrumentStatusResponse.Chunk]
    def __init__(self, header: _Optional[_Union[_types_pb2.ResponseHeader, _Mapping]] = ..., date: _Optional[_Union[_types_pb2.Date, _Mapping]] = ..., chunks: _Optional[_Iterable[_Union[InstrumentStatusResponse.Chunk, _Mapping]]] = ...) -> None: ...

class TickRulesRequest(_message.Message):
    __slots__ = ("header", "symbols", "day")
    HEADER_FIELD_NUMBER: _ClassVar[int]
    SYMBOLS_FIELD_NUMBER: _ClassVar[int]
    DAY_FIELD_NUMBER: _ClassVar[int]
    header: _types_pb2.RequestHeader
    symbols: _containers.RepeatedScalarFieldContainer[str]
    day: _types_pb2.Date
    def __init__(self, header: _Optional[_Union[_types_pb2.RequestHeader, _Mapping]] = ..., symbols: _Optional[_Iterable[str]] = ..., day: _Optional[_Union[_types_pb2.Date, _Mapping]] = ...) -> None: ...

class TickRulesResponse(_message.Message):
    __slots__ = ("header", "chunks")
    class Chunk(_message.Message):
        __slots__ = ("symbol", "series")
        SYMBOL_FIELD_NUMBER: _ClassVar[int]
        SERIES_FIELD_NUMBER: _ClassVar[int]
        symbol: str
        series: _containers.RepeatedCompositeFieldContainer[TickRulesResponse.Series]
        def __init__(self, symbol: _Optional[str] = ..., series: _Optional[_Iterable[_Union[TickRulesResponse.Series, _Mapping]]] = ...) -> None: ...
    class Series(_message.Message):
        __slots__ = ("tick_rule_symbol", "lower_bound", "tick_size")
        TICK_RULE_SYMBOL_FIELD_NUMBER: _ClassVar[int]
        LOWER_BOUND_FIELD_NUMBER: _ClassVar[int]
        TICK_SIZE_FIELD_NUMBER: _ClassVar[int]
        tick_rule_symbol: str
        lower_bound: float
        tick_size: float
        def __init__(self, tick_rule_symbol: _Optional[str] = ..., lower_bound: _Optional[float] = ..., tick_size: _Optional[float] = ...) -> None: ...
    HEADER_FIELD_NUMBER: _ClassVar[int]
    CHUNKS_FIELD_NUMBER: _ClassVar[int]
    header: _types_pb2.ResponseHeader
    chunks: _containers.RepeatedCompositeFieldContainer[TickRulesResponse.Chunk]
    def __init__(self, header: _Optional[_Union[_types_pb2.ResponseHeader, _Mapping]] = ..., chunks: _Optional[_Iterable[_Union[TickRulesResponse.Chunk, _Mapping]]] = ...) -> None: ...

class OverviewExchangesRequest(_message.Message):
    __slots__ = ("header", "exchange_filters", "table_filters", "symbol_filters", "first_day", "last_day")
    HEADER_FIELD_NUMBER: _ClassVar[int]
    EXCHANGE_FILTERS_FIELD_NUMBER: _ClassVar[int]
    TABLE_FILTERS_FIELD_NUMBER: _ClassVar[int]
    SYMBOL_FILTERS_FIELD_NUMBER: _ClassVar[int]
    FIRST_DAY_FIELD_NUMBER: _ClassVar[int]
    LAST_DAY_FIELD_NUMBER: _ClassVar[int]
    header: _types_pb2.RequestHeader
    exchange_filters: _containers.RepeatedScalarFieldContainer[str]
    table_filters: _containers.RepeatedScalarFieldContainer[str]
    symbol_filters: _containers.RepeatedScalarFieldContainer[str]
    first_day: _types_pb2.Date
    last_day: _types_pb2.Date
    def __init__(self, header: _Optional[_Union[_types_pb2.RequestHeader, _Mapping]] = ..., exchange_filters: _Optional[_Iterable[str]] = ..., table_filters: _Optional[_Iterable[str]] = ..., symbol_filters: _Optional[_Iterable[str]] = ..., first_day: _Optional[_Union[_types_pb2.Date, _Mapping]] = ..., last_day: _Optional[_Union[_types_pb2.Date, _Mapping]] = ...) -> None: ...

class OverviewExchangesResponse(_message.Message):
    __slots__ = ("header", "exchanges")
    class Exchange(_message.Message):
        __slots__ = ("exchange", "name", "abbreviation", "mic", "rows_count", "days_count", "first_day", "last_day", "feeds", "tables")
        EXCHANGE_FIELD_NUMBER: _ClassVar[int]
        NAME_FIELD_NUMBER: _ClassVar[int]
        ABBREVIATION_FIELD_NUMBER: _ClassVar[int]
        MIC_FIELD_NUMBER: _ClassVar[int]
        ROWS_COUNT_FIELD_NUMBER: _ClassVar[int]
        DAYS_COUNT_FIELD_NUMBER: _ClassVar[int]
        FIRST_DAY_FIELD_NUMBER: _ClassVar[int]
        LAST_DAY_FIELD_NUMBER: _ClassVar[int]
        FEEDS_FIELD_NUMBER: _ClassVar[int]
        TABLES_FIELD_NUMBER: _ClassVar[int]
        exchange: str
        name: str
        abbreviation: str
        mic: str
        rows_count: int
        days_count: int
        first_day: _types_pb2.Date
        last_day: _types_pb2.Date
        feeds: _containers.RepeatedScalarFieldContainer[str]
        tables: _containers.RepeatedScalarFieldContainer[str]
        def __init__(self, exchange: _Optional[str] = ..., name: _Optional[str] = ..., abbreviation: _Optional[str] = ..., mic: _Optional[str] = ..., rows_count: _Optional[int] = ..., days_count: _Optional[int] = ..., first_day: _Optional[_Union[_types_pb2.Date, _Mapping]] = ..., last_day: _Optional[_Union[_types_pb2.Date, _Mapping]] = ..., feeds: _Optional[_Iterable[str]] = ..., tables: _Optional[_Iterable[str]] = ...) -> None: ...
    HEADER_FIELD_NUMBER: _ClassVar[int]
    EXCHANGES_FIELD_NUMBER: _ClassVar[int]
    header: _types_pb2.ResponseHeader
    exchanges: _containers.RepeatedCompositeFieldContainer[OverviewExchangesResponse.Exchange]
    def __init__(self, header: _Optional[_Union[_types_pb2.ResponseHeader, _Mapping]] = ..., exchanges: _Optional[_Iterable[_Union[OverviewExchangesResponse.Exchange, _Mapping]]] = ...) -> None: ...

class OverviewDaysRequest(_message.Message):
    __slots__ = ("header", "exchange_filters", "table_filters", "symbol_filters", "first_day", "last_day")
    HEADER_FIELD_NUMBER: _ClassVar[int]
    EXCHANGE_FILTERS_FIELD_NUMBER: _ClassVar[int]
    TABLE_FILTERS_FIELD_NUMBER: _ClassVar[int]
    SYMBOL_FILTERS_FIELD_NUMBER: _ClassVar[int]
    FIRST_DAY_FIELD_NUMBER: _ClassVar[int]
    LAST_DAY_FIELD_NUMBER: _ClassVar[int]
    header: _types_pb2.RequestHeader
    exchange_filters: _containers.RepeatedScalarFieldContainer[str]
    table_filters: _containers.RepeatedScalarFieldContainer[str]
    symbol_filters: _containers.RepeatedScalarFieldContainer[str]
    first_day: _types_pb2.Date
    last_day: _types_pb2.Date
    def __init__(self, header: _Optional[_Union[_types_pb2.RequestHeader, _Mapping]] = ..., exchange_filters: _Optional[_Iterable[str]] = ..., table_filters: _Optional[_Iterable[str]] = ..., symbol_filters: _Optional[_Iterable[str]] = ..., first_day: _Optional[_Union[_types_pb2.Date, _Mapping]] = ..., last_day: _Optional[_Union[_types_pb2.Date, _Mapping]] = ...) -> None: ...

class OverviewDaysResponse(_message.Message):
    __slots__ = ("header", "tables")
    class Table(_message.Message):
        __slots__ = ("exchange", "table", "day", "rows_count", "symbols_count", "min_time", "max_time")
        EXCHANGE_FIELD_NUMBER: _ClassVar[int]
        TABLE_FIELD_NUMBER: _ClassVar[int]
        DAY_FIELD_NUMBER: _ClassVar[int]
        ROWS_COUNT_FIELD_NUMBER: _ClassVar[int]
        SYMBOLS_COUNT_FIELD_NUMBER: _ClassVar[int]
        MIN_TIME_FIELD_NUMBER: _ClassVar[int]
        MAX_TIME_FIELD_NUMBER: _ClassVar[int]
        exchange: str
        table: str
        day: _types_pb2.Date
        rows_count: int
        symbols_count: int
        min_time: _types_pb2.Time
        max_time: _types_pb2.Time
        def __init__(self, exchange: _Optional[str] = ..., table: _Optional[str] = ..., day: _Optional[_Union[_types_pb2.Date, _Mapping]] = ..., rows_count: _Optional[int] = ..., symbols_count: _Optional[int] = ..., min_time: _Optional[_Union[_types_pb2.Time, _Mapping]] = ..., max_time: _Optional[_Union[_types_pb2.Time, _Mapping]] = ...) -> None: ...
    HEADER_FIELD_NUMBER: _ClassVar[int]
    TABLES_FIELD_NUMBER: _ClassVar[int]
    header: _types_pb2.ResponseHeader
    tables: _containers.RepeatedCompositeFieldContainer[OverviewDaysResponse.Table]
    def __init__(self, header: _Optional[_Union[_types_pb2.ResponseHeader, _Mapping]] = ..., tables: _Optional[_Iterable[_Union[OverviewDaysResponse.Table, _Mapping]]] = ...) -> None: ...

class OverviewSymbolsRequest(_message.Message):
    __slots__ = ("header", "exchange_filters", "table_filters", "symbol_filters", "first_day", "last_day")
    HEADER_FIELD_NUMBER: _ClassVar[int]
    EXCHANGE_FILTERS_FIELD_NUMBER: _ClassVar[int]
    TABLE_FILTERS_FIELD_NUMBER: _ClassVar[int]
    SYMBOL_FILTERS_FIELD_NUMBER: _ClassVar[int]
    FIRST_DAY_FIELD_NUMBER: _ClassVar[int]
    LAST_DAY_FIELD_NUMBER: _ClassVar[int]
    header: _types_pb2.RequestHeader
    exchange_filters: _containers.RepeatedScalarFieldContainer[str]
    table_filters: _containers.RepeatedScalarFieldContainer[str]
    symbol_filters: _containers.RepeatedScalarFieldContainer[str]
    first_day: _types_pb2.Date
    last_day: _types_pb2.Date
    def __init__(self, header: _Optional[_Union[_types_pb2.RequestHeader, _Mapping]] = ..., exchange_filters: _Optional[_Iterable[str]] = ..., table_filters: _Optional[_Iterable[str]] = ..., symbol_filters: _Optional[_Iterable[str]] = ..., first_day: _Optional[_Union[_types_pb2.Date, _Mapping]] = ..., last_day: _Optional[_Union[_types_pb2.Date, _Mapping]] = ...) -> None: ...

class OverviewSymbolsResponse(_message.Message):
    __slots__ = ("header", "symbols")
    class Symbol(_message.Message):
        __slots__ = ("exchange", "table", "symbol", "rows_count", "days_count", "first_day", "last_day", "min_time", "max_time")
        EXCHANGE_FIELD_NUMBER: _ClassVar[int]
        TABLE_FIELD_NUMBER: _ClassVar[int]
        SYMBOL_FIELD_NUMBER: _ClassVar[int]
        ROWS_COUNT_FIELD_NUMBER: _ClassVar[int]
        DAYS_COUNT_FIELD_NUMBER: _ClassVar[int]
        FIRST_DAY_FIELD_NUMBER: _ClassVar[int]
        LAST_DAY_FIELD_NUMBER: _ClassVar[int]
        MIN_TIME_FIELD_NUMBER: _ClassVar[int]
        MAX_TIME_FIELD_NUMBER: _ClassVar[int]
        exchange: str
        table: str
        symbol: str
        rows_count: int
        days_count: int
        first_day: _types_pb2.Date
        last_day: _types_pb2.Date
        min_time: _types_pb2.Time
        max_time: _types_pb2.Time
        def __init__(self, exchange: _Optional[str] = ..., table: _Optional[str] = ..., symbol: _Optional[str] = ..., rows_count: _Optional[int] = ..., days_count: _Optional[int] = ..., first_day: _Optional[_Union[_types_pb2.Date, _Mapping]] = ..., last_day: _Optional[_Union[_types_pb2.Date, _Mapping]] = ..., min_time: _Optional[_Union[_types_pb2.Time, _Mapping]] = ..., max_time: _Optional[_Union[_types_pb2.Time, _Mapping]] = ...) -> None: ...
    HEADER_FIELD_NUMBER: _ClassVar[int]
    SYMBOLS_FIELD_NUMBER: _ClassVar[int]
    header: _types_pb2.ResponseHeader
    symbols: _containers.RepeatedCompositeFieldContainer[OverviewSymbolsResponse.Symbol]
    def __init__(self, header: _Optional[_Union[_types_pb2.ResponseHeader, _Mapping]] = ..., symbols: _Optional[_Iterable[_Union[OverviewSymbolsResponse.Symbol, _Mapping]]] = ...) -> None: ...

class OverviewTablesRequest(_message.Message):
    __slots__ = ("header", "exchange_filters", "table_filters", "symbol_filters", "first_day", "last_day")
    HEADER_FIELD_NUMBER: _ClassVar[int]
    EXCHANGE_FILTERS_FIELD_NUMBER: _ClassVar[int]
    TABLE_FILTERS_FIELD_NUMBER: _ClassVar[int]
    SYMBOL_FILTERS_FIELD_NUMBER: _ClassVar[int]
    FIRST_DAY_FIELD_NUMBER: _ClassVar[int]
    LAST_DAY_FIELD_NUMBER: _ClassVar[int]
    header: _types_pb2.RequestHeader
    exchange_filters: _containers.RepeatedScalarFieldContainer[str]
    table_filters: _containers.RepeatedScalarFieldContainer[str]
    symbol_filters: _containers.RepeatedScalarFieldContainer[str]
    first_day: _types_pb2.Date
    last_day: _types_pb2.Date
    def __init__(self, header: _Optional[_Union[_types_pb2.RequestHeader, _Mapping]] = ..., exchange_filters: _Optional[_Iterable[str]] = ..., table_filters: _Optional[_Iterable[str]] = ..., symbol_filters: _Optional[_Iterable[str]] = ..., first_day: _Optional[_Union[_types_pb2.Date, _Mapping]] = ..., last_day: _Optional[_Union[_types_pb2.Date, _Mapping]] = ...) -> None: ...

class OverviewTablesResponse(_message.Message):
    __slots__ = ("header", "tables")
    class Table(_message.Message):
        __slots__ = ("exchange", "table", "rows_count", "days_count", "first_day", "last_day", "min_time", "max_time", "columns")
        EXCHANGE_FIELD_NUMBER: _ClassVar[int]
        TABLE_FIELD_NUMBER: _ClassVar[int]
        ROWS_COUNT_FIELD_NUMBER: _ClassVar[int]
        DAYS_COUNT_FIELD_NUMBER: _ClassVar[int]
        FIRST_DAY_FIELD_NUMBER: _ClassVar[int]
        LAST_DAY_FIELD_NUMBER: _ClassVar[int]
        MIN_TIME_FIELD_NUMBER: _ClassVar[int]
        MAX_TIME_FIELD_NUMBER: _ClassVar[int]
        COLUMNS_FIELD_NUMBER: _ClassVar[int]
        exchange: str
        table: str
        rows_count: int
        days_count: int
        first_day: _types_pb2.Date
        last_day: _types_pb2.Date
        min_time: _types_pb2.Time
        max_time: _types_pb2.Time
        columns: _containers.RepeatedScalarFieldContainer[str]
        def __init__(self, exchange: _Optional[str] = ..., table: _Optional[str] = ..., rows_count: _Optional[int] = ..., days_count: _Optional[int] = ..., first_day: _Optional[_Union[_types_pb2.Date, _Mapping]] = ..., last_day: _Optional[_Union[_types_pb2.Date, _Mapping]] = ..., min_time: _Optional[_Union[_types_pb2.Time, _Mapping]] = ..., max_time: _Optional[_Union[_types_pb2.Time, _Mapping]] = ..., columns: _Optional[_Iterable[str]] = ...) -> None: ...
    HEADER_FIELD_NUMBER: _ClassVar[int]
    TABLES_FIELD_NUMBER: _ClassVar[int]
    header: _types_pb2.ResponseHeader
    tables: _containers.RepeatedCompositeFieldContainer[OverviewTablesResponse.Table]
    def __init__(self, header: _Optional[_Union[_types_pb2.ResponseHeader, _Mapping]] = ..., tables: _Optional[_Iterable[_Union[OverviewTablesResponse.Table, _Mapping]]] = ...) -> None: ...

class TimeseriesRequest(_message.Message):
    __slots__ = ("header", "table", "symbol", "day", "from_time", "to_time", "columns")
    HEADER_FIELD_NUMBER: _ClassVar[int]
    TABLE_FIELD_NUMBER: _ClassVar[int]
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    DAY_FIELD_NUMBER: _ClassVar[int]
    FROM_TIME_FIELD_NUMBER: _ClassVar[int]
    TO_TIME_FIELD_NUMBER: _ClassVar[int]
    COLUMNS_FIELD_NUMBER: _ClassVar[int]
    header: _types_pb2.RequestHeader
    table: str
    symbol: str
    day: _types_pb2.Date
    from_time: _types_pb2.Time
    to_time: _types_pb2.Time
    columns: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, header: _Optional[_Union[_types_pb2.RequestHeader, _Mapping]] = ..., table: _Optional[str] = ..., symbol: _Optional[str] = ..., day: _Optional[_Union[_types_pb2.Date, _Mapping]] = ..., from_time: _Optional[_Union[_types_pb2.Time, _Mapping]] = ..., to_time: _Optional[_Union[_types_pb2.Time, _Mapping]] = ..., columns: _Optional[_Iterable[str]] = ...) -> None: ...

class SnapshotsRequest(_message.Message):
    __slots__ = ("header", "table", "symbol", "day", "from_time", "to_time", "snapshot_interval", "columns")
    HEADER_FIELD_NUMBER: _ClassVar[int]
    TABLE_FIELD_NUMBER: _ClassVar[int]
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    DAY_FIELD_NUMBER: _ClassVar[int]
    FROM_TIME_FIELD_NUMBER: _ClassVar[int]
    TO_TIME_FIELD_NUMBER: _ClassVar[int]
    SNAPSHOT_INTERVAL_FIELD_NUMBER: _ClassVar[int]
    COLUMNS_FIELD_NUMBER: _ClassVar[int]
    header: _types_pb2.RequestHeader
    table: str
    symbol: str
    day: _types_pb2.Date
    from_time: _types_pb2.Time
    to_time: _types_pb2.Time
    snapshot_interval: int
    columns: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, header: _Optional[_Union[_types_pb2.RequestHeader, _Mapping]] = ..., table: _Optional[str] = ..., symbol: _Optional[str] = ..., day: _Optional[_Union[_types_pb2.Date, _Mapping]] = ..., from_time: _Optional[_Union[_types_pb2.Time, _Mapping]] = ..., to_time: _Optional[_Union[_types_pb2.Time, _Mapping]] = ..., snapshot_interval: _Optional[int] = ..., columns: _Optional[_Iterable[str]] = ...) -> None: ...

class DataRequest(_message.Message):
    __slots__ = ("header", "parameters")
    class ParametersEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: _types_pb2.Value
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[_types_pb2.Value, _Mapping]] = ...) -> None: ...
    HEADER_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    header: _types_pb2.RequestHeader
    parameters: _containers.MessageMap[str, _types_pb2.Value]
    def __init__(self, header: _Optional[_Union[_types_pb2.RequestHeader, _Mapping]] = ..., parameters: _Optional[_Mapping[str, _types_pb2.Value]] = ...) -> None: ...

class DataResponse(_message.Message):
    __slots__ = ("header", "data", "meta")
    class MetaEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: _types_pb2.Value
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[_types_pb2.Value, _Mapping]] = ...) -> None: ...
    HEADER_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    META_FIELD_NUMBER: _ClassVar[int]
    header: _types_pb2.ResponseHeader
    data: _types_pb2.Table
    meta: _containers.MessageMap[str, _types_pb2.Value]
    def __init__(self, header: _Optional[_Union[_types_pb2.ResponseHeader, _Mapping]] = ..., data: _Optional[_Union[_types_pb2.Table, _Mapping]] = ..., meta: _Optional[_Mapping[str, _types_pb2.Value]] = ...) -> None: ...
