"""The bench's HTTPS server where there is no nginx: Range, kept connections, and a rate for each connection."""

from __future__ import annotations

import re
import ssl
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

PIECE = 256 * 1024
RANGE = re.compile(r"bytes=(\d+)-(\d*)")


def handler(root: Path, rate: int) -> type[BaseHTTPRequestHandler]:
    """A handler that serves ``root`` at ``rate`` MiB/s a connection, 0 for all there is."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = root / Path(self.path).name
            size = path.stat().st_size
            found = RANGE.fullmatch(self.headers.get("Range", ""))
            start = int(found[1]) if found else 0
            end = min(int(found[2]) + 1, size) if found and found[2] else size
            self.send_response(206 if found else 200)
            self.send_header("Content-Length", str(end - start))
            self.send_header("Accept-Ranges", "bytes")
            self.send_header("ETag", f'"{size}"')
            if found:
                self.send_header("Content-Range", f"bytes {start}-{end - 1}/{size}")
            self.end_headers()
            with path.open("rb") as file:
                file.seek(start)
                began, sent = time.monotonic(), 0
                while sent < end - start:
                    piece = file.read(min(PIECE, end - start - sent))
                    self.wfile.write(piece)
                    sent += len(piece)
                    ahead = sent / (rate * 1024 * 1024) - (time.monotonic() - began) if rate else 0
                    if ahead > 0:
                        time.sleep(ahead)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name for it
            """Say nothing."""

    return Handler


def main() -> None:
    """Serve until killed."""
    folder, port, rate = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    server = ThreadingHTTPServer(("127.0.0.1", port), handler(folder / "www", rate))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "server.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
