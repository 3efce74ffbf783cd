"""Messages of exchanges quoted word for word, each with the rows that `normalized` is to make of it.

The rows were written by hand from the message above them, as the CSV file has them: without the collection time, prices
and sizes without needless zeros, times in nanoseconds.
"""

from __future__ import annotations

from dataclasses import dataclass

VENUES = ("binance", "binance_futures", "bybit_linear", "okx", "coinbase", "kraken", "bitmex", "deribit")

# What `normalized` makes of each category, after the collection time.
COLUMNS = {
    "trade": "exchange_timestamp_ns,trade_id,side,price,size",
    "orderbook": "exchange_timestamp_ns,side,price,size",
    "book_update": "exchange_timestamp_ns,is_snapshot,side,price,size,level_id",
    "quote": "exchange_timestamp_ns,bid_price,bid_size,ask_price,ask_size",
    "kline": "exchange_timestamp_ns,open_timestamp_ns,interval,open,high,low,close,volume,quote_volume,is_closed",
    "liquidation": "exchange_timestamp_ns,side,price,size",
}


@dataclass(frozen=True)
class Quotation:
    """A message and what it is to become.

    Attributes:
        exchange: The exchange that sent it.
        instrument: What it is about.
        stream_type: The stream it came in.
        category: The category of the stream.
        message: The message, word for word.
        rows: The rows `normalized` makes of it.
    """

    exchange: str
    instrument: str
    stream_type: str
    category: str
    message: str
    rows: tuple[str, ...]


# Recorded from the exchanges.
CAPTURED = (
    Quotation(
        "binance",
        "LRCBTC",
        "book_ticker",
        "quote",
        '{"stream":"lrcbtc@bookTicker","data":{"u":259345546,"s":"LRCBTC","b":"0.00000637","B":"6500.00000000","a":"0.00000638","A":"5219.00000000"}}',
        (",0.00000637,6500,0.00000638,5219",),
    ),
    Quotation(
        "binance",
        "LRCBTC",
        "depth",
        "book_update",
        '{"stream":"lrcbtc@depth@100ms","data":{"e":"depthUpdate","E":1633998516670,"s":"LRCBTC","U":259345536,"u":259345539,"b":[["0.00000636","10310.00000000"],["0.00000634","44780.00000000"]],"a":[["0.00000639","23417.00000000"],["0.00000640","15869.00000000"]]}}',
        (
            "1633998516670000000,false,bid,0.00000636,10310,",
            "1633998516670000000,false,bid,0.00000634,44780,",
            "1633998516670000000,false,ask,0.00000639,23417,",
            "1633998516670000000,false,ask,0.0000064,15869,",
        ),
    ),
    Quotation(
        "binance_futures",
        "KEEPUSDT",
        "agg_trade",
        "trade",
        # The buyer was not the maker, so the buyer was the aggressor.
        '{"stream":"keepusdt@aggTrade","data":{"e":"aggTrade","E":1626992757650,"a":1211538,"s":"KEEPUSDT","p":"0.2466","q":"27","f":2398359,"l":2398359,"T":1626992757496,"m":false}}',
        ("1626992757496000000,1211538,buy,0.2466,27",),
    ),
    Quotation(
        "binance_futures",
        "AKROUSDT",
        "agg_trade",
        "trade",
        '{"stream":"akrousdt@aggTrade","data":{"e":"aggTrade","E":1626992752787,"a":14888303,"s":"AKROUSDT","p":"0.01731","q":"2644","f":27931349,"l":27931350,"T":1626992752632,"m":true}}',
        ("1626992752632000000,14888303,sell,0.01731,2644",),
    ),
    Quotation(
        "binance_futures",
        "SUSHIUSDT",
        "book_ticker",
        "quote",
        '{"stream":"sushiusdt@bookTicker","data":{"e":"bookTicker","u":600859984343,"s":"SUSHIUSDT","b":"7.6160","B":"8","a":"7.6180","A":"4","T":1626992757352,"E":1626992757354}}',
        ("1626992757352000000,7.616,8,7.618,4",),
    ),
    Quotation(
        "binance_futures",
        "KEEPUSDT",
        "depth",
        "book_update",
        '{"stream":"keepusdt@depth@100ms","data":{"e":"depthUpdate","E":1626992743532,"T":1626992743425,"s":"KEEPUSDT","U":600859645270,"u":600859645270,"pu":600859644386,"b":[],"a":[["0.2589","0"]]}}',
        ("1626992743425000000,false,ask,0.2589,0,",),
    ),
    Quotation(
        "binance_futures",
        "AKROUSDT",
        "kline_1m",
        "kline",
        '{"stream":"akrousdt@kline_1m","data":{"e":"kline","E":1626992758499,"s":"AKROUSDT","k":{"t":1626992700000,"T":1626992759999,"s":"AKROUSDT","i":"1m","f":27931328,"L":27931355,"o":"0.01731","c":"0.01733","h":"0.01733","l":"0.01731","v":"223151","n":28,"x":false,"q":"3864.53950","V":"101629","Q":"1760.37292","B":"0"}}}',
        ("1626992758499000000,1626992700000000000,1m,0.01731,0.01733,0.01731,0.01733,223151,3864.5395,false",),
    ),
    Quotation(
        "bybit_linear",
        "LTCUSDT",
        "trade",
        "trade",
        '{"topic":"trade.LTCUSDT","data":[{"symbol":"LTCUSDT","tick_direction":"PlusTick","price":"313.45","size":1,"timestamp":"2021-04-17T16:43:19.000Z","trade_time_ms":"1618677799740","side":"Buy","trade_id":"44e339b4-6bac-519d-a8f8-fd5185fc2a46"}]}',
        ("1618677799740000000,44e339b4-6bac-519d-a8f8-fd5185fc2a46,buy,313.45,1",),
    ),
    Quotation(
        "bybit_linear",
        "ADAUSDT",
        "orderbook_25",
        "book_update",
        '{"topic":"orderBookL2_25.ADAUSDT","type":"delta","data":{"delete":[{"price":"1.3874","symbol":"ADAUSDT","id":"13874","side":"Buy"}],"update":[{"price":"1.3870","symbol":"ADAUSDT","id":"13870","side":"Buy","size":15400.001},{"price":"1.3877","symbol":"ADAUSDT","id":"13877","side":"Buy","size":33615}],"insert":[{"price":"1.3849","symbol":"ADAUSDT","id":"13849","side":"Buy","size":2018.0001}]},"cross_seq":"916952311","timestamp_e6":"1618677786382433"}',
        (
            "1618677786382433000,false,bid,1.3874,0,13874",
            "1618677786382433000,false,bid,1.387,15400.001,13870",
            "1618677786382433000,false,bid,1.3877,33615,13877",
            "1618677786382433000,false,bid,1.3849,2018.0001,13849",
        ),
    ),
    Quotation(
        "okx",
        "BTC-USDT",
        "trade",
        "trade",
        '{"arg":{"channel":"trades","instId":"BTC-USDT"},"data":[{"instId":"BTC-USDT","tradeId":"338476355","px":"30230.2","sz":"0.39724969","side":"sell","ts":"1652459233109"}]}',
        ("1652459233109000000,338476355,sell,30230.2,0.39724969",),
    ),
    Quotation(
        "okx",
        "BTC-USD-220527",
        "book_update",
        "book_update",
        '{"arg":{"channel":"books","instId":"BTC-USD-220527"},"action":"update","data":[{"asks":[["30249.4","0","0","0"],["30261","4","0","1"],["30310.3","19","0","1"]],"bids":[["30182.6","452","0","1"]],"ts":"1652459225464","checksum":-914047754}]}',
        (
            "1652459225464000000,false,bid,30182.6,452,",
            "1652459225464000000,false,ask,30249.4,0,",
            "1652459225464000000,false,ask,30261,4,",
            "1652459225464000000,false,ask,30310.3,19,",
        ),
    ),
    Quotation(
        "coinbase",
        "SKL-USD",
        "trade",
        "trade",
        # The side is the maker's: a resting buy was hit by a seller.
        '{"type":"match","trade_id":1568286,"maker_order_id":"67f40214-8c2a-4049-88c2-7b71cea8e4e4","taker_order_id":"741a1fea-cb9a-48f5-a6a4-65cbba50dcb4","side":"buy","size":"17","price":"0.791","product_id":"SKL-USD","sequence":201392504,"time":"2021-04-17T16:43:59.325463Z"}',
        ("1618677839325463000,1568286,sell,0.791,17",),
    ),
    Quotation(
        "coinbase",
        "YFI-BTC",
        "level2",
        "book_update",
        '{"type":"l2update","product_id":"YFI-BTC","changes":[["buy","0.82478","0.187984"]],"time":"2021-04-17T16:43:37.505644Z"}',
        ("1618677817505644000,false,bid,0.82478,0.187984,",),
    ),
    Quotation(
        "kraken",
        "SC-EUR",
        "book_1000",
        "book_update",
        '[1920,{"a":[["0.043210","0.00000000","1618678137.640504"]],"c":"2745838"},"book-1000","SC/EUR"]',
        ("1618678137640504000,false,ask,0.04321,0,",),
    ),
    Quotation(
        "kraken",
        "KSM-XBT",
        "book_1000",
        "book_update",
        '[3648,{"b":[["0.00755200","40.48388316","1618678133.901901"]],"c":"1815817413"},"book-1000","KSM/XBT"]',
        ("1618678133901901000,false,bid,0.007552,40.48388316,",),
    ),
    Quotation(
        "bitmex",
        "XBTUSD",
        "trade",
        "trade",
        '{"table":"trade","action":"insert","data":[{"timestamp":"2021-07-22T22:36:32.194Z","symbol":"XBTUSD","side":"Buy","size":100,"price":32184,"tickDirection":"PlusTick","trdMatchID":"0ddc259b-355e-9a79-002b-aed7e089f69a","grossValue":310713,"homeNotional":0.00310713,"foreignNotional":100}]}',
        ("1626993392194000000,0ddc259b-355e-9a79-002b-aed7e089f69a,buy,32184,100",),
    ),
    Quotation(
        "bitmex",
        "BCHUSD",
        "quote",
        "quote",
        '{"table":"quote","action":"insert","data":[{"timestamp":"2021-07-22T22:36:11.237Z","symbol":"BCHUSD","bidSize":440,"bidPrice":438.55,"askPrice":438.6,"askSize":856}]}',
        ("1626993371237000000,438.55,440,438.6,856",),
    ),
    Quotation(
        "bitmex",
        "ADAUSDT",
        "orderbookl2",
        "book_update",
        '{"table":"orderBookL2","action":"insert","data":[{"symbol":"ADAUSDT","id":52099882336,"side":"Sell","size":9,"price":1.17664}]}',
        (",false,ask,1.17664,9,52099882336",),
    ),
    Quotation(
        "bitmex",
        "XBTUSD",
        "orderbookl2",
        "book_update",
        # A level that goes has no price of its own; its number says which it was.
        '{"table":"orderBookL2","action":"delete","data":[{"symbol":"XBTUSD","id":8796813700,"side":"Buy"}]}',
        (",false,bid,,0,8796813700",),
    ),
    Quotation(
        "deribit",
        "BTC-24SEP21-8000-P",
        "book",
        "book_update",
        '{"jsonrpc":"2.0","method":"subscription","params":{"channel":"book.BTC-24SEP21-8000-P.raw","data":{"type":"snapshot","timestamp":1626993722319,"instrument_name":"BTC-24SEP21-8000-P","change_id":33195894164,"bids":[["new",0.0005,153.1]],"asks":[["new",0.0015,94.7],["new",0.002,22.0],["new",0.0025,1.0],["new",0.003,3.0],["new",0.006,0.5],["new",0.0075,0.1],["new",0.009,0.1],["new",0.01,1.1],["new",0.011,0.1],["new",0.0145,0.1],["new",0.0175,0.1],["new",0.05,1.0],["new",0.1,2.0],["new",0.25,9.0]]}}}',
        (
            "1626993722319000000,true,bid,0.0005,153.1,",
            "1626993722319000000,true,ask,0.0015,94.7,",
            "1626993722319000000,true,ask,0.002,22,",
            "1626993722319000000,true,ask,0.0025,1,",
            "1626993722319000000,true,ask,0.003,3,",
            "1626993722319000000,true,ask,0.006,0.5,",
            "1626993722319000000,true,ask,0.0075,0.1,",
            "1626993722319000000,true,ask,0.009,0.1,",
            "1626993722319000000,true,ask,0.01,1.1,",
            "1626993722319000000,true,ask,0.011,0.1,",
            "1626993722319000000,true,ask,0.0145,0.1,",
            "1626993722319000000,true,ask,0.0175,0.1,",
            "1626993722319000000,true,ask,0.05,1,",
            "1626993722319000000,true,ask,0.1,2,",
            "1626993722319000000,true,ask,0.25,9,",
        ),
    ),
    Quotation(
        "deribit",
        "BTC-24SEP21-8000-P",
        "book",
        "book_update",
        '{"jsonrpc":"2.0","method":"subscription","params":{"channel":"book.BTC-24SEP21-8000-P.raw","data":{"type":"change","timestamp":1626993724318,"prev_change_id":33195894164,"instrument_name":"BTC-24SEP21-8000-P","change_id":33195894355,"bids":[],"asks":[["new",0.001,2.6]]}}}',
        ("1626993724318000000,false,ask,0.001,2.6,",),
    ),
    Quotation(
        "deribit",
        "BTC-24SEP21-8000-P",
        "book",
        "book_update",
        '{"jsonrpc":"2.0","method":"subscription","params":{"channel":"book.BTC-24SEP21-8000-P.raw","data":{"type":"change","timestamp":1626993724337,"prev_change_id":33195894355,"instrument_name":"BTC-24SEP21-8000-P","change_id":33195894358,"bids":[],"asks":[["delete",0.001,0.0]]}}}',
        ("1626993724337000000,false,ask,0.001,0,",),
    ),
)

# Of these streams nothing was recorded; the messages have the form the exchanges' own documentation gives them.
COMPOSED = (
    Quotation(
        "binance",
        "BTCUSDT",
        "trades",
        "trade",
        '{"stream":"btcusdt@trade","data":{"e":"trade","E":1672515782136,"s":"BTCUSDT","t":12345,"p":"16850.10000000","q":"0.01000000","T":1672515782134,"m":true,"M":true}}',
        ("1672515782134000000,12345,sell,16850.1,0.01",),
    ),
    Quotation(
        "binance",
        "BTCUSDT",
        "kline_1m",
        "kline",
        '{"stream":"btcusdt@kline_1m","data":{"e":"kline","E":1672515842001,"s":"BTCUSDT","k":{"t":1672515780000,"T":1672515839999,"s":"BTCUSDT","i":"1m","f":100,"L":200,"o":"16850.10","c":"16852.00","h":"16853.40","l":"16849.90","v":"1000.5","n":100,"x":true,"q":"16851000.25","V":"500","Q":"8425500.5","B":"0"}}}',
        ("1672515842001000000,1672515780000000000,1m,16850.1,16853.4,16849.9,16852,1000.5,16851000.25,true",),
    ),
    Quotation(
        "binance",
        "BTCUSDT",
        "depth20",
        "orderbook",
        '{"stream":"btcusdt@depth20@100ms","data":{"lastUpdateId":160,"bids":[["16850.10","0.5"],["16850.00","1.25"]],"asks":[["16850.20","2.00"]]}}',
        (",bid,16850.1,0.5", ",bid,16850,1.25", ",ask,16850.2,2"),
    ),
    Quotation(
        "binance_futures",
        "BTCUSDT",
        "liquidations",
        "liquidation",
        '{"stream":"btcusdt@forceOrder","data":{"e":"forceOrder","E":1568014460893,"o":{"s":"BTCUSDT","S":"SELL","o":"LIMIT","f":"IOC","q":"0.014","p":"9910","ap":"9910","X":"FILLED","l":"0.014","z":"0.014","T":1568014460891}}}',
        ("1568014460891000000,sell,9910,0.014",),
    ),
    Quotation(
        "bybit_linear",
        "BTCUSDT",
        "trades",
        "trade",
        '{"topic":"publicTrade.BTCUSDT","type":"snapshot","ts":1672304486868,"data":[{"T":1672304486865,"s":"BTCUSDT","S":"Buy","v":"0.001","p":"16578.50","L":"PlusTick","i":"20f43950-d8dd-5b31-9112-a178eb6023af","BT":false},{"T":1672304486866,"s":"BTCUSDT","S":"Sell","v":"0.25","p":"16578.00","L":"MinusTick","i":"5ddf43c5-7c3d-5d59-a2ad-5e0a8d3a0c1b","BT":false}]}',
        (
            "1672304486865000000,20f43950-d8dd-5b31-9112-a178eb6023af,buy,16578.5,0.001",
            "1672304486866000000,5ddf43c5-7c3d-5d59-a2ad-5e0a8d3a0c1b,sell,16578,0.25",
        ),
    ),
    Quotation(
        "bybit_linear",
        "BTCUSDT",
        "orderbook_50",
        "book_update",
        '{"topic":"orderbook.50.BTCUSDT","type":"snapshot","ts":1672304484978,"data":{"s":"BTCUSDT","b":[["16493.50","0.006"],["16493.00","0.100"]],"a":[["16611.00","0.029"]],"u":18521288,"seq":7961638724},"cts":1672304484976}',
        (
            "1672304484976000000,true,bid,16493.5,0.006,",
            "1672304484976000000,true,bid,16493,0.1,",
            "1672304484976000000,true,ask,16611,0.029,",
        ),
    ),
    Quotation(
        "bybit_linear",
        "BTCUSDT",
        "kline_1m",
        "kline",
        '{"topic":"kline.1.BTCUSDT","data":[{"start":1672324800000,"end":1672324859999,"interval":"1","open":"16649.5","close":"16677","high":"16680.5","low":"16608","volume":"2.081","turnover":"34666.4005","confirm":false,"timestamp":1672324818882}],"ts":1672324818882,"type":"snapshot"}',
        ("1672324818882000000,1672324800000000000,1m,16649.5,16680.5,16608,16677,2.081,34666.4005,false",),
    ),
    Quotation(
        "bybit_linear",
        "ROSEUSDT",
        "liquidations",
        "liquidation",
        '{"topic":"allLiquidation.ROSEUSDT","type":"snapshot","ts":1739502303204,"data":[{"T":1739502302929,"s":"ROSEUSDT","S":"Sell","v":"20000","p":"0.04499"}]}',
        ("1739502302929000000,sell,0.04499,20000",),
    ),
    Quotation(
        "okx",
        "BCH-USDT-SWAP",
        "bbo",
        "quote",
        '{"arg":{"channel":"bbo-tbt","instId":"BCH-USDT-SWAP"},"data":[{"asks":[["111.06","55154","0","2"]],"bids":[["111.05","57745","0","3"]],"ts":"1670324386802","seqId":363996337}]}',
        ("1670324386802000000,111.05,57745,111.06,55154",),
    ),
    Quotation(
        "okx",
        "BCH-USDT-SWAP",
        "books5",
        "orderbook",
        '{"arg":{"channel":"books5","instId":"BCH-USDT-SWAP"},"data":[{"asks":[["111.06","55154","0","2"],["111.07","53276","0","2"]],"bids":[["111.05","57745","0","2"]],"instId":"BCH-USDT-SWAP","ts":"1670324386802","seqId":363996337}]}',
        (
            "1670324386802000000,bid,111.05,57745",
            "1670324386802000000,ask,111.06,55154",
            "1670324386802000000,ask,111.07,53276",
        ),
    ),
    Quotation(
        "kraken",
        "XBT-USD",
        "trades",
        "trade",
        '[0,[["5541.20000","0.15850568","1534614057.321597","s","l",""],["6060.00000","0.02455000","1534614057.324998","b","l",""]],"trade","XBT/USD"]',
        (
            "1534614057321597000,,sell,5541.2,0.15850568",
            "1534614057324998000,,buy,6060,0.02455",
        ),
    ),
    Quotation(
        "kraken",
        "XBT-USD",
        "spread",
        "quote",
        '[0,["5698.40000","5700.00000","1542057299.545897","1.01234567","0.98765432"],"spread","XBT/USD"]',
        ("1542057299545897000,5698.4,1.01234567,5700,0.98765432",),
    ),
    Quotation(
        "bitmex",
        "XBTUSD",
        "orderbook10",
        "orderbook",
        '{"table":"orderBook10","action":"update","data":[{"symbol":"XBTUSD","bids":[[32183.5,1703800],[32183,200]],"asks":[[32184,100]],"timestamp":"2021-07-22T22:36:33.183Z"}]}',
        (
            "1626993393183000000,bid,32183.5,1703800",
            "1626993393183000000,bid,32183,200",
            "1626993393183000000,ask,32184,100",
        ),
    ),
    Quotation(
        "bitmex",
        "XBTUSD",
        "liquidations",
        "liquidation",
        '{"table":"liquidation","action":"insert","data":[{"orderID":"00000000-0000-0000-0000-000000000000","symbol":"XBTUSD","side":"Buy","price":32201.5,"leavesQty":1200}]}',
        (",buy,32201.5,1200",),
    ),
    Quotation(
        "deribit",
        "BTC-PERPETUAL",
        "trades",
        "trade",
        '{"jsonrpc":"2.0","method":"subscription","params":{"channel":"trades.BTC-PERPETUAL.raw","data":[{"trade_seq":30289442,"trade_id":"48079269","timestamp":1590484512188,"tick_direction":2,"price":8950.0,"mark_price":8948.9,"instrument_name":"BTC-PERPETUAL","index_price":8955.88,"direction":"sell","amount":10.0}]}}',
        ("1590484512188000000,48079269,sell,8950,10",),
    ),
    Quotation(
        "deribit",
        "BTC-PERPETUAL",
        "quote",
        "quote",
        '{"jsonrpc":"2.0","method":"subscription","params":{"channel":"quote.BTC-PERPETUAL","data":{"timestamp":1550658624149,"instrument_name":"BTC-PERPETUAL","best_bid_price":3914.97,"best_bid_amount":40.0,"best_ask_price":3996.61,"best_ask_amount":50.0}}}',
        ("1550658624149000000,3914.97,40,3996.61,50",),
    ),
)
