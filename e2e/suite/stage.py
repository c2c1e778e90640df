"""What scenarios with both clients begin with: logs that are shown on failure, and clients that trust the server."""

from .relay import Socks5
from .tdlib import LOG_CHATTER, Tdlib, library_with_key
from .tdlib_user import World
from .telethon_user import log_to, trust


async def both_clients(report, server, pfs, proxy=True):
    """The world of TDLib's users; those of Telethon need none. Without `proxy` each of them brings his own."""
    report.show_on_failure("telethon", log_to(server.folder / "telethon.log"), without=" DEBUG ")
    report.show_on_failure("tdlib", server.folder / "tdlib.log", without=LOG_CHATTER)
    trust(server)
    tdlib = Tdlib(library_with_key(server.public_key, server.folder), server.folder / "tdlib.log")
    return World(tdlib, server, await Socks5.start(server) if proxy else None, pfs)
