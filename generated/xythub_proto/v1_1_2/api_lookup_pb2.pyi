from xythub_proto.v1_1_2 import types_pb2 as _types_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ProductSearchRequest(_message.Message):
    __slots__ = ("header", "pattern", "exchange_filters", "product_type_filters", "item_type_filters", "entity_class_filters", "first_day", "last_day", "limit", "start", "region_filters", "source_filters", "explicit_query")
    HEADER_FIELD_NUMBER: _ClassVar[int]
    PATTERN_FIELD_NUMBER: _ClassVar[int]
    EXCHANGE_FILTERS_FIELD_NUMBER: _ClassVar[int]
    PRODUCT_TYPE_FILTERS_FIELD_NUMBER: _ClassVar[int]
    ITEM_TYPE_FILTERS_FIELD_NUMBER: _ClassVar[int]
    ENTITY_CLASS_FILTERS_FIELD_NUMBER: _ClassVar[int]
    FIRST_DAY_FIELD_NUMBER: _ClassVar[int]
    LAST_DAY_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    START_FIELD_NUMBER: _ClassVar[int]
    REGION_FILTERS_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FILTERS_FIELD_NUMBER: _ClassVar[int]
    EXPLICIT_QUERY_FIELD_NUMBER: _ClassVar[int]
    header: _types_pb2.RequestHeader
    pattern: str
    exchange_filters: _containers.RepeatedScalarFieldContainer[str]
    product_type_filters: _containers.RepeatedScalarFieldContainer[_types_pb2.ProductType]
    item_type_filters: _containers.RepeatedScalarFieldContainer[_types_pb2.ItemType]
    entity_class_filters: _containers.RepeatedScalarFieldContainer[str]
    first_day: _types_pb2.Date
    last_day: _types_pb2.Date
    limit: int
    start: int
    region_filters: _containers.RepeatedScalarFieldContainer[str]
    source_filters: _containers.RepeatedScalarFieldContainer[str]
    explicit_query: bool
    def __init__(self, header: _Optional[_Union[_types_pb2.RequestHeader, _Mapping]] = ..., pattern: _Optional[str] = ..., exchange_filters: _Optional[_Iterable[str]] = ..., product_type_filters: _Optional[_Iterable[_Union[_types_pb2.ProductType, str]]] = ..., item_type_filters: _Optional[_Iterable[_Union[_types_pb2.ItemType, str]]] = ..., entity_class_filters: _Optional[_Iterable[str]] = ..., first_day: _Optional[_Union[_types_pb2.Date, _Mapping]] = ..., last_day: _Optional[_Union[_types_pb2.Date, _Mapping]] = ..., limit: _Optional[int] = ..., start: _Optional[int] = ..., region_filters: _Optional[_Iterable[str]] = ..., source_filters: _Optional[_Iterable[str]] = ..., explicit_query: _Optional[bool] = ...) -> None: ...

class ProductSearchResponse(_message.Message):
    __slots__ = ("header", "products", "total_hits")
    class Product(_message.Message):
        __slots__ = ("symbol", "name", "exchange", "currency", "local_code", "isin", "market_segment", "entity_class", "product_type", "item_type", "region", "source", "first_day", "last_day", "liquidity_index")
        SYMBOL_FIELD_NUMBER: _ClassVar[int]
        NAME_FIELD_NUMBER: _ClassVar[int]
        EXCHANGE_FIELD_NUMBER: _ClassVar[int]
        CURRENCY_FIELD_NUMBER: _ClassVar[int]
        LOCAL_CODE_FIELD_NUMBER: _ClassVar[int]
        ISIN_FIELD_NUMBER: _ClassVar[int]
        MARKET_SEGMENT_FIELD_NUMBER: _ClassVar[int]
        ENTITY_CLASS_FIELD_NUMBER: _ClassVar[int]
        PRODUCT_TYPE_FIELD_NUMBER: _ClassVar[int]
        ITEM_TYPE_FIELD_NUMBER: _ClassVar[int]
        REGION_FIELD_NUMBER: _ClassVar[int]
        SOURCE_FIELD_NUMBER: _ClassVar[int]
        FIRST_DAY_FIELD_NUMBER: _ClassVar[int]
        LAST_DAY_FIELD_NUMBER: _ClassVar[int]
        LIQUIDITY_INDEX_FIELD_NUMBER: _ClassVar[int]
        symbol: str
        name: str
        exchange: str
        currency: str
        local_code: str
        isin: str
        market_segment: str
        entity_class: str
        product_type: _types_pb2.ProductType
        item_type: _types_pb2.ItemType
        region: str
        source: str
        first_day: _types_pb2.Date
        last_day: _types_pb2.Date
        liquidity_index: int
        def __init__(self, symbol: _Optional[str] = ..., name: _Optional[str] = ..., exchange: _Optional[str] = ..., currency: _Optional[str] = ..., local_code: _Optional[str] = ..., isin: _Optional[str] = ..., market_segment: _Optional[str] = ..., entity_class: _Optional[str] = ..., product_type: _Optional[_Union[_types_pb2.ProductType, str]] = ..., item_type: _Optional[_Union[_types_pb2.ItemType, str]] = ..., region: _Optional[str] = ..., source: _Optional[str] = ..., first_day: _Optional[_Union[_types_pb2.Date, _Mapping]] = ..., last_day: _Optional[_Union[_types_pb2.Date, _Mapping]] = ..., liquidity_index: _Optional[int] = ...) -> None: ...
    HEADER_FIELD_NUMBER: _ClassVar[int]
    PRODUCTS_FIELD_NUMBER: _ClassVar[int]
    TOTAL_HITS_FIELD_NUMBER: _ClassVar[int]
    header: _types_pb2.ResponseHeader
    products: _containers.RepeatedCompositeFieldContainer[ProductSearchResponse.Product]
    total_hits: int
    def __init__(self, header: _Optional[_Union[_types_pb2.ResponseHeader, _Mapping]] = ..., products: _Optional[_Iterable[_Union[ProductSearchResponse.Product, _Mapping]]] = ..., total_hits: _Optional[int] = ...) -> None: ...

class OverviewProductsRequest(_message.Message):
    __slots__ = ("header",)
    HEADER_FIELD_NUMBER: _ClassVar[int]
    header: _types_pb2.RequestHeader
    def __init__(self, header: _Optional[_Union[_types_pb2.RequestHeader, _Mapping]] = ...) -> None: ...

class OverviewProductsResponse(_message.Message):
    __slots__ = ("header", "views")
    class View(_message.Message):
        __slots__ = ("exchange", "name", "abbreviation", "mic", "product_type", "rows_count", "first_day", "last_day", "feed", "region", "source")
        EXCHANGE_FIELD_NUMBER: _ClassVar[int]
        NAME_FIELD_NUMBER: _ClassVar[int]
        ABBREVIATION_FIELD_NUMBER: _ClassVar[int]
        MIC_FIELD_NUMBER: _ClassVar[int]
        PRODUCT_TYPE_FIELD_NUMBER: _ClassVar[int]
        ROWS_COUNT_FIELD_NUMBER: _ClassVar[int]
        FIRST_DAY_FIELD_NUMBER: _ClassVar[int]
        LAST_DAY_FIELD_NUMBER: _ClassVar[int]
        FEED_FIELD_NUMBER: _ClassVar[int]
        REGION_FIELD_NUMBER: _ClassVar[int]
        SOURCE_FIELD_NUMBER: _ClassVar[int]
        exchange: str
        name: str
        abbreviation: str
        mic: str
        product_type: _types_pb2.ProductType
        rows_count: int
        first_day: _types_pb2.Date
        last_day: _types_pb2.Date
        feed: str
        region: str
        source: str
        def __init__(self, exchange: _Optional[str] = ..., name: _Optional[str] = ..., abbreviation: _Optional[str] = ..., mic: _Optional[str] = ..., product_type: _Optional[_Union[_types_pb2.ProductType, str]] = ..., rows_count: _Optional[int] = ..., first_day: _Optional[_Union[_types_pb2.Date, _Mapping]] = ..., last_day: _Optional[_Union[_types_pb2.Date, _Mapping]] = ..., feed: _Optional[str] = ..., region: _Optional[str] = ..., source: _Optional[str] = ...) -> None: ...
    HEADER_FIELD_NUMBER: _ClassVar[int]
    VIEWS_FIELD_NUMBER: _ClassVar[int]
    header: _types_pb2.ResponseHeader
    views: _containers.RepeatedCompositeFieldContainer[OverviewProductsResponse.View]
    def __init__(self, header: _Optional[_Union[_types_pb2.ResponseHeader, _Mapping]] = ..., views: _Optional[_Iterable[_Union[OverviewProductsResponse.View, _Mapping]]] = ...) -> None: ...

class OverviewDatasetsRequest(_message.Message):
    __slots__ = ("header",)
    HEADER_FIELD_NUMBER: _ClassVar[int]
    header: _types_pb2.RequestHeader
    def __init__(self, header: _Optional[_Union[_types_pb2.RequestHeader, _Mapping]] = ...) -> None: ...

class OverviewDatasetsResponse(_message.Message):
    __slots__ = ("header", "datasets")
    class Dataset(_message.Message):
        __slots__ = ("id", "exchange", "name", "title", "description", "location", "symbols", "abbreviations", "mics", "region", "source", "formats", "entity_types", "granularity", "products")
        ID_FIELD_NUMBER: _ClassVar[int]
        EXCHANGE_FIELD_NUMBER: _ClassVar[int]
        NAME_FIELD_NUMBER: _ClassVar[int]
        TITLE_FIELD_NUMBER: _ClassVar[int]
        DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
        LOCATION_FIELD_NUMBER: _ClassVar[int]
        SYMBOLS_FIELD_NUMBER: _ClassVar[int]
        ABBREVIATIONS_FIELD_NUMBER: _ClassVar[int]
        MICS_FIELD_NUMBER: _ClassVar[int]
        REGION_FIELD_NUMBER: _ClassVar[int]
        SOURCE_FIELD_NUMBER: _ClassVar[int]
        FORMATS_FIELD_NUMBER: _ClassVar[int]
        ENTITY_TYPES_FIELD_NUMBER: _ClassVar[int]
        GRANULARITY_FIELD_NUMBER: _ClassVar[int]
        PRODUCTS_FIELD_NUMBER: _ClassVar[int]
        id: str
        exchange: str
        name: str
        title: str
        description: str
        location: str
        symbols: _containers.RepeatedScalarFieldContainer[str]
        abbreviations: _containers.RepeatedScalarFieldContainer[str]
        mics: _containers.RepeatedScalarFieldContainer[str]
        region: str
        source: str
        formats: _containers.RepeatedScalarFieldContainer[str]
        entity_types: _containers.RepeatedScalarFieldContainer[str]
        granularity: str
        products: _containers.RepeatedCompositeFieldContainer[OverviewDatasetsResponse.Product]
        def __init__(self, id: _Optional[str] = ..., exchange: _Optional[str] = ..., name: _Optional[str] = ..., title: _Optional[str] = ..., description: _Optional[str] = ..., location: _Optional[str] = ..., symbols: _Optional[_Iterable[str]] = ..., abbreviations: _Optional[_Iterable[str]] = ..., mics: _Optional[_Iterable[str]] = ..., region: _Optional[str] = ..., source: _Optional[str] = ..., formats: _Optional[_Iterable[str]] = ..., entity_types: _Optional[_Iterable[str]] = ..., granularity: _Optional[str] = ..., products: _Optional[_Iterable[_Union[OverviewDatasetsResponse.Product, _Mapping]]] = ...) -> None: ...
    class Product(_message.Message):
        __slots__ = ("product", "first_day")
        PRODUCT_FIELD_NUMBER: _ClassVar[int]
        FIRST_DAY_FIELD_NUMBER: _ClassVar[int]
        product: str
        first_day: _types_pb2.Date
        def __init__(self, product: _Optional[str] = ..., first_day: _Optional[_Union[_types_pb2.Date, _Mapping]] = ...) -> None: ...
    HEADER_FIELD_NUMBER: _ClassVar[int]
    DATASETS_FIELD_NUMBER: _ClassVar[int]
    header: _types_pb2.ResponseHeader
    datasets: _containers.RepeatedCompositeFieldContainer[OverviewDatasetsResponse.Dataset]
    def __init__(self, header: _Optional[_Union[_types_pb2.ResponseHeader, _Mapping]] = ..., datasets: _Optional[_Iterable[_Union[OverviewDatasetsResponse.Dataset, _Mapping]]] = ...) -> None: ...

class OverviewEntitiesRequest(_message.Message):
    __slots__ = ("header",)
    HEADER_FIELD_NUMBER: _ClassVar[int]
    header: _types_pb2.RequestHeader
    def __init__(self, header: _Optional[_Union[_types_pb2.RequestHeader, _Mapping]] = ...) -> None: ...

class OverviewEntitiesResponse(_message.Message):
    __slots__ = ("header", "entities")
    class Entity(_message.Message):
        __slots__ = ("entity_class", "exchange", "first_day", "last_day", "region", "source")
        ENTITY_CLASS_FIELD_NUMBER: _ClassVar[int]
        EXCHANGE_FIELD_NUMBER: _ClassVar[int]
        FIRST_DAY_FIELD_NUMBER: _ClassVar[int]
        LAST_DAY_FIELD_NUMBER: _ClassVar[int]
        REGION_FIELD_NUMBER: _ClassVar[int]
        SOURCE_FIELD_NUMBER: _ClassVar[int]
        entity_class: str
        exchange: str
        first_day: _types_pb2.Date
        last_day: _types_pb2.Date
        region: str
        source: str
        def __init__(self, entity_class: _Optional[str] = ..., exchange: _Optional[str] = ..., first_day: _Optional[_Union[_types_pb2.Date, _Mapping]] = ..., last_day: _Optional[_Union[_types_pb2.Date, _Mapping]] = ..., region: _Optional[str] = ..., source: _Optional[str] = ...) -> None: ...
    HEADER_FIELD_NUMBER: _ClassVar[int]
    ENTITIES_FIELD_NUMBER: _ClassVar[int]
    header: _types_pb2.ResponseHeader
    entities: _containers.RepeatedCompositeFieldContainer[OverviewEntitiesResponse.Entity]
    def __init__(self, header: _Optional[_Union[_types_pb2.ResponseHeader, _Mapping]] = ..., entities: _Optional[_Iterable[_Union[OverviewEntitiesResponse.Entity, _Mapping]]] = ...) -> None: ...
