from enum import StrEnum


class StreamCategory(StrEnum):
    BOOK_UPDATE = "book_update"
    KLINE = "kline"
    LIQUIDATION = "liquidation"
    ORDERBOOK = "orderbook"
    QUOTE = "quote"
    TICKER = "ticker"
    TRADE = "trade"

    def __str__(self) -> str:
        return str(self.value)
