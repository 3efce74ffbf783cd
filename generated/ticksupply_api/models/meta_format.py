from enum import StrEnum


class MetaFormat(StrEnum):
    ISO8601 = "iso8601"
    MS = "ms"
    NS = "ns"
    S = "s"
    US = "us"

    def __str__(self) -> str:
        return str(self.value)
