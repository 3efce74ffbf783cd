from enum import StrEnum


class DeriveOperation(StrEnum):
    TAGGED_CONCAT = "tagged_concat"

    def __str__(self) -> str:
        return str(self.value)
