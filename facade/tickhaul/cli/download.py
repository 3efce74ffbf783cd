"""Files of finished exports: bringing them home, and checking them later."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tickhaul.cli import journey
from tickhaul.cli.options import Connections, Export, Hash, Json, Out, Resume
from tickhaul.cli.orders import Fetch
from tickhaul.cli.output import show_json, show_list
from tickhaul.cli.progress import Reporter, tell
from tickhaul.cli.session import connect
from tickhaul.cli.tables import CHECK, FILE, FILE_HASHED
from tickhaul.cli.text import files
from tickhaul.errors import IntegrityError

if TYPE_CHECKING:
    from tickhaul.transfer import DownloadedFile


def download_export(
    export: Export,
    out: Out,
    resume: Resume = True,
    connections: Connections = None,
    with_hash: Hash = False,
    as_json: Json = False,
) -> None:
    """Bring the files of a finished export home.

    A file has its final name only when it is whole and checked. Broken off by whatever, the same command goes on from
    what was fetched.
    """
    fetch = Fetch(out, connections, with_hash, resume)
    with connect() as client, Reporter() as reporter:
        brought = journey.download(client, export, fetch, reporter)
    tell(journey.told(brought, fetch))
    show_files(brought, with_hash=with_hash, as_json=as_json)


def verify_folder(
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", exists=True, file_okay=False, help="A folder that files were brought to.")
    ],
    as_json: Json = False,
) -> None:
    """Check that files are still as they arrived.

    Each must have its size, its SHA-256 if it was downloaded with --hash, and be readable to its end. Needs neither a
    key nor the network. Ends with 1 if one is not as it was.
    """
    from tickhaul.transfer import verify  # noqa: PLC0415 (loads with the command that needs it)

    with Reporter() as reporter:
        found = verify(directory, on_file=reporter.checked)
    try:
        if as_json:
            show_json(
                {
                    "folder": str(found.folder.resolve()),
                    "ok": found.ok,
                    "files": [asdict(check) for check in found.files],
                    "unfinished": list(found.unfinished),
                }
            )
        else:
            show_list(found.files, CHECK, as_json=False)
    finally:
        # Whether or not somebody has read the list to its end.
        broken = sum(not check.ok for check in found.files)
        if broken:
            raise IntegrityError(f"not as they arrived: {broken} of {files(len(found.files))} in {directory}")
    if found.unfinished:
        tell(f"{files(len(found.unfinished))} unfinished; the command that fetched them goes on from there")


def show_files(brought: "list[DownloadedFile]", *, with_hash: bool, as_json: bool) -> None:
    """Show files that were brought home."""
    if as_json:
        show_json([file_document(file) for file in brought])
    else:
        show_list(brought, FILE_HASHED if with_hash else FILE, as_json=False)


def file_document(file: "DownloadedFile") -> dict[str, object]:
    """A file that was brought home as a JSON object; its path is absolute, for a program may stand elsewhere."""
    document: dict[str, object] = {
        "path": str(Path(file.path).resolve()),
        "bytes": file.bytes,
        "resumed": file.resumed,
        "already_there": file.already_there,
    }
    return document | ({"sha256": file.sha256} if file.sha256 is not None else {})
