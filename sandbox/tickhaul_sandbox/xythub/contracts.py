"""Both contracts, transcribed from the API reference (xyt hub, sections 4 and 5): name, number and kind of each field."""

from __future__ import annotations

from tickhaul_sandbox.xythub.protobuf import Schema

_LISTS = """
UUID: 1 value string
Time: 1 milliseconds int32, 2 nanoseconds int32
ValueObject: 1 fields {Value}
Table: 1 columns {ValueList}
StringList: 1 values string*
IntegerList: 1 values int64*
DoubleList: 1 values double*
BoolList: 1 values bool*
DateList: 1 values Date*
TimeList: 1 values Time*
DaysList: 1 values int32*
MillisecondsList: 1 values int32*
NanosecondsList: 1 values int64*
MixedList: 1 values Value*
DataRequest: 1 header RequestHeader, 2 parameters {Value}
DataResponse: 1 header ResponseHeader, 2 data Table, 3 meta {Value}
"""
_VALUE = """1 string_value string, 2 integer_value int64, 3 double_value double, 4 bool_value bool, 5 date_value Date,
    6 time_value Time, 8 days_value int32, 9 milliseconds_value int32, 10 nanoseconds_value int64, 14 object ValueObject,
    15 list ValueList"""
_VALUE_LIST = """1 string_list StringList, 2 integer_list IntegerList, 3 double_list DoubleList, 4 bool_list BoolList,
    5 date_list DateList, 6 time_list TimeList, 8 days_list DaysList, 9 milliseconds_list MillisecondsList,
    10 nanoseconds_list NanosecondsList, 15 mixed_list MixedList"""

#: Contract 2.0.0.
NEW = Schema(
    f"""{_LISTS}
RequestHeader: 1 reference_id UUID
ResponseHeader: 1 request_id UUID, 2 reference_id UUID, 4 warning_message string
Date: 10 days int32
TimestampsList: 1 values int64*
Value: {_VALUE}, 11 timestamp_value int64
ValueList: {_VALUE_LIST}, 11 timestamps_list TimestampsList
"""
)

_FILTERS = """1 header RequestHeader, 2 exchange_filters string*, 3 table_filters string*, 4 symbol_filters string*,
    5 first_day Date, 6 last_day Date"""
_SYMBOLS_AND_DAY = "1 header RequestHeader, 2 symbols string*, 3 day Date"
_HEAD = "1 header ResponseHeader"
_DATED = f"{_HEAD}, 2 date Date"

#: Contract 1.1.2.
OLD = Schema(
    f"""{_LISTS}
RequestHeader: 1 reference_id UUID, 3 page_limit int64, 4 page_start int64, 5 raw_time bool
ResponseHeader: 1 request_id UUID, 2 reference_id UUID, 3 total_rows int64, 4 warning_message string
Date: 1 year int32, 2 month int32, 3 day int32
Value: {_VALUE}
ValueList: {_VALUE_LIST}
DaysAvailabilityRequest: 1 header RequestHeader, 2 symbols string*, 3 data_category enum
DaysAvailabilityResponse: {_HEAD}, 10 symbols AvailableSymbol*
AvailableSymbol: 1 symbol string, 2 first_day Date, 3 last_day Date, 4 trading_days enum*, 5 holidays Date*
TickDataRequest: 1 header RequestHeader, 2 type enum, 3 symbols string*, 4 day Date, 5 from_time Time, 6 to_time Time,
    7 limit int32, 15 flags enum*
TickDataResponse: {_DATED}, 3 binning_level int64, 4 truncated_trade_rows int64, 5 truncated_quote_rows int64,
    10 chunks TickChunk*, 11 trade_conditions {{TradeCondition}}
TickChunk: 1 symbol string, 10 series Tick*
Tick: 1 time Time, 2 trade double, 3 trade_size int64, 4 trade_condition string, 5 bid double, 6 bid_size int64,
    9 ask double, 10 ask_size int64
TradeCondition: 1 trade_description string, 2 trade_category string
OhlcvRequest: 1 header RequestHeader, 2 symbols string*, 3 first_day Date, 4 last_day Date, 5 from_time Time,
    6 to_time Time, 7 limit int32
OhlcvResponse: {_HEAD}, 3 binning_level int64, 10 chunks BarChunk*
BarChunk: 1 symbol string, 10 series Bar*
Bar: 1 time Time, 2 open double, 3 high double, 4 low double, 5 close double, 6 volume int64, 7 trade_count int64,
    8 date Date
LookupOtherVenuesRequest: 1 header RequestHeader, 2 symbol string, 3 day Date, 4 currency string,
    5 entity_classes string*
LookupOtherVenuesResponse: {_HEAD}, 10 symbols VenueSymbol*
VenueSymbol: 1 symbol string, 2 name string, 3 exchange string, 4 currency string, 5 local_code string, 6 isin string,
    7 market_segment string, 8 entity_class string
OrderDataRequest: {_SYMBOLS_AND_DAY}, 4 from_time Time, 5 to_time Time
OrderDataResponse: {_DATED}, 10 chunks OrderChunk*
OrderChunk: 1 symbol string, 10 series Order*
Order: 1 time Time, 2 action string, 3 seq int64, 4 order_date Date, 5 order_time Time, 6 order_id string,
    7 order_price double, 8 order_size int64, 9 order_side string, 10 trade_id string, 11 order_type int64
AuctionDataRequest: {_SYMBOLS_AND_DAY}
AuctionDataResponse: {_DATED}, 10 chunks AuctionChunk*
AuctionChunk: 1 symbol string, 10 series Auction*
Auction: 1 time Time, 2 seq int64, 3 imbalance_buy_volume int64, 4 imbalance_sell_volume int64,
    5 imbalance_volume_time Time, 6 cross_type string, 7 uncrossing_date Date, 8 uncrossing_time Time,
    9 uncrossing_condition string, 10 uncrossing_price double, 11 uncrossing_volume int64, 12 uncrossing_type string,
    13 auction_date Date, 14 auction_time Time, 15 auction_status int64, 16 auction double, 17 auction_volume int64,
    18 auction_type string
InstrumentStatusRequest: {_SYMBOLS_AND_DAY}
InstrumentStatusResponse: {_DATED}, 10 chunks StatusChunk*
StatusChunk: 1 symbol string, 10 series Status*
Status: 1 time Time, 2 seq int64, 3 instrument_status string, 4 instrument_status_description string,
    5 continuous_session bool
TickRulesRequest: {_SYMBOLS_AND_DAY}
TickRulesResponse: {_HEAD}, 10 chunks RuleChunk*
RuleChunk: 1 symbol string, 10 series Rule*
Rule: 1 tick_rule_symbol string, 2 lower_bound double, 3 tick_size double
OverviewExchangesRequest: {_FILTERS}
OverviewExchangesResponse: {_HEAD}, 10 exchanges ExchangeOverview*
ExchangeOverview: 1 exchange string, 2 name string, 3 abbreviation string, 4 mic string, 5 rows_count int64,
    6 days_count int64, 7 first_day Date, 8 last_day Date, 9 feeds string*, 10 tables string*
OverviewDaysRequest: {_FILTERS}
OverviewDaysResponse: {_HEAD}, 10 tables DayOverview*
DayOverview: 1 exchange string, 2 table string, 3 day Date, 4 rows_count int64, 5 symbols_count int64, 8 min_time Time,
    9 max_time Time
OverviewSymbolsRequest: {_FILTERS}
OverviewSymbolsResponse: {_HEAD}, 10 symbols SymbolOverview*
SymbolOverview: 1 exchange string, 2 table string, 3 symbol string, 4 rows_count int64, 5 days_count int64,
    6 first_day Date, 7 last_day Date, 8 min_time Time, 9 max_time Time
OverviewTablesRequest: {_FILTERS}
OverviewTablesResponse: {_HEAD}, 10 tables TableOverview*
TableOverview: 1 exchange string, 2 table string, 3 rows_count int64, 4 days_count int64, 5 first_day Date,
    6 last_day Date, 7 min_time Time, 8 max_time Time, 9 columns string*
TimeseriesRequest: 1 header RequestHeader, 2 table string, 3 symbol string, 4 day Date, 5 from_time Time, 6 to_time Time,
    7 columns string*
SnapshotsRequest: 1 header RequestHeader, 2 table string, 3 symbol string, 4 day Date, 5 from_time Time, 6 to_time Time,
    7 snapshot_interval int64, 8 columns string*
ProductSearchRequest: 1 header RequestHeader, 2 pattern string, 3 exchange_filters string*,
    4 product_type_filters enum*, 5 item_type_filters enum*, 6 entity_class_filters string*, 8 first_day Date,
    9 last_day Date, 10 limit int32, 11 start int32, 12 region_filters string*, 13 source_filters string*,
    15 explicit_query bool
ProductSearchResponse: {_HEAD}, 10 products FoundProduct*, 15 total_hits int32
FoundProduct: 1 symbol string, 2 name string, 3 exchange string, 4 currency string, 5 local_code string, 6 isin string,
    7 market_segment string, 8 entity_class string, 9 product_type enum, 10 item_type enum, 11 region string,
    12 source string, 13 first_day Date, 14 last_day Date, 15 liquidity_index int64
OverviewProductsRequest: 1 header RequestHeader
OverviewProductsResponse: {_HEAD}, 10 views ProductView*
ProductView: 1 exchange string, 2 name string, 3 abbreviation string, 4 mic string, 5 product_type enum,
    6 rows_count int64, 7 first_day Date, 8 last_day Date, 9 feed string, 10 region string, 11 source string
OverviewDatasetsRequest: 1 header RequestHeader
OverviewDatasetsResponse: {_HEAD}, 10 datasets Dataset*
Dataset: 1 id string, 2 exchange string, 3 name string, 4 title string, 5 description string, 6 location string,
    7 symbols string*, 8 abbreviations string*, 9 mics string*, 10 region string, 11 source string, 12 formats string*,
    13 entity_types string*, 14 granularity string, 15 products DatasetProduct*
DatasetProduct: 1 product string, 2 first_day Date
OverviewEntitiesRequest: 1 header RequestHeader
OverviewEntitiesResponse: {_HEAD}, 10 entities Entity*
Entity: 1 entity_class string, 2 exchange string, 5 first_day Date, 6 last_day Date, 10 region string, 11 source string
"""
)
