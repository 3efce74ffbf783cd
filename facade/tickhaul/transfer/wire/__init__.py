"""The room that moves bytes: ask for a URL, hand over the head and the body as they come, stop when told to.

Two engines do it: libcurl, where ``pycurl`` is installed, and httpcore everywhere else. No code outside of this room
depends on which of them is at work, and what a response means is decided by the caller. Nothing here touches the disk or
logs, and no error holds a URL's query or a password.
"""

from tickhaul.transfer.wire.channel import Channel, Receiver
from tickhaul.transfer.wire.engines import choose
from tickhaul.transfer.wire.trouble import RefusedError, WireError

__all__ = ["Channel", "Receiver", "RefusedError", "WireError", "choose"]
