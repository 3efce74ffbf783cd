from enum import StrEnum


class MetaValue(StrEnum):
    COLLECTION_TIMESTAMP_NS = "collection_timestamp_ns"

    def __str__(self) -> str:
        return str(self.value)
