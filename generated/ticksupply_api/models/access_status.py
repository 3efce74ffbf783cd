from enum import StrEnum


class AccessStatus(StrEnum):
    ACTIVE = "ACTIVE"
    GRACE = "GRACE"
    NONE = "NONE"
    SUSPENDED = "SUSPENDED"
    TRIALING = "TRIALING"

    def __str__(self) -> str:
        return str(self.value)
