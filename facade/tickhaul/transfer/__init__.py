"""From presigned URLs to verified files on disk.

This room knows nothing of the service, its resources or its client: it is handed plain `RemoteFile` records and a way to
get fresh URLs.
"""

from tickhaul.transfer.engine import TransferCanceled, download
from tickhaul.transfer.model import Cancel, DownloadedFile, Progress, RemoteFile, TransferOptions

__all__ = [
    "Cancel",
    "DownloadedFile",
    "Progress",
    "RemoteFile",
    "TransferCanceled",
    "TransferOptions",
    "download",
]
