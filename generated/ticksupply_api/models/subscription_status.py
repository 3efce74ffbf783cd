from enum import StrEnum


class SubscriptionStatus(StrEnum):
    ACTIVE = "active"
    DELETED = "deleted"
    PAUSED = "paused"

    def __str__(self) -> str:
        return str(self.value)
