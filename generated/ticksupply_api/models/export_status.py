from enum import StrEnum


class ExportStatus(StrEnum):
    CANCELED = "canceled"
    DELETED = "deleted"
    FAILED = "failed"
    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"

    def __str__(self) -> str:
        return str(self.value)
