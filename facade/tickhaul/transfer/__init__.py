"""From presigned URLs to verified files on disk.

This room knows nothing of the service, its resources or its client: it is handed plain `RemoteFile` records and a way to
get fresh URLs.
"""

from tickhaul.errors import TransferCanceled
from tickhaul.transfer.engine import download
from tickhaul.transfer.model import Cancel, DownloadedFile, Progress, RemoteFile, TransferOptions
from tickhaul.transfer.verify import FileCheck, Verification, verify

__all__ = [
    "Cancel",
    "DownloadedFile",
    "FileCheck",
    "Progress",
    "RemoteFile",
    "TransferCanceled",
    "TransferOptions",
    "Verification",
    "download",
    "verify",
]
