"""What the server says to the HTTP transport, which it does not serve: an HTTP error, not silence."""

import asyncio

from .report import EVENT_SECONDS, require

REQUEST = (
    b"POST /api HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    b"Connection: keep-alive\r\nContent-Length: 40\r\n\r\n" + bytes(40)
)


async def http_is_refused(server):
    """Asks as TDLib and Telethon do over HTTP and reads the answer to its end."""
    reader, writer = await asyncio.open_connection(server.host, server.port)
    try:
        writer.write(REQUEST)
        answer = await asyncio.wait_for(reader.read(), EVENT_SECONDS)
    finally:
        writer.close()
    status = answer.split(b"\r\n", 1)[0].split(b" ")
    require(status[0].startswith(b"HTTP/1."), f"not an HTTP answer: {answer[:60]!r}")
    require(400 <= int(status[1]) < 600, f"status {status[1].decode()}")
