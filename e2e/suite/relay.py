"""Loopback proxies between a client and the server: a plain one that can be cut, SOCKS5, and one that wants a secret.

Whatever address a client asks for, the connection goes to the server under test.
"""

import asyncio
import hashlib
import ipaddress
import os
import struct
from contextlib import suppress

from telethon.crypto import AESModeCTR

CHUNK_BYTES = 64 * 1024

# Obfuscation: the first 64 bytes hold the keys of both directions, then the framing's tag and the DC (transport.md 6,
# https://core.telegram.org/mtproto/mtproto-transports#transport-obfuscation).
HEADER_BYTES = 64


class Relay:
    """Passes every connection on to the server as it is."""

    def __init__(self, server):
        self._target = (server.host, server.port)
        self._writers = set()
        self._tasks = set()
        self._refusing = False
        self.connections = 0

    @classmethod
    async def start(cls, *args):
        """A relay that listens on a free port of loopback."""
        self = cls(*args)
        self._listener = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.host, self.port = self._listener.sockets[0].getsockname()
        return self

    def cut(self):
        """Breaks all connections, as a lost network does, and refuses new ones until `mend`."""
        self._refusing = True
        for writer in self._writers:
            writer.transport.abort()

    def mend(self):
        """Lets new connections pass again."""
        self._refusing = False

    async def stop(self):
        self.cut()
        self._listener.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def agree(self, reader, writer):
        """What a proxy of this kind has to settle with its client first."""

    async def pipes(self, reader, writer, server_reader, server_writer):
        """The two coroutines that carry the bytes, one for each direction."""
        return carry(reader, server_writer), carry(server_reader, writer)

    async def _serve(self, reader, writer):
        if self._refusing:
            writer.transport.abort()
            return
        self.connections += 1
        self._tasks.add(asyncio.current_task())
        self._writers.add(writer)
        server_writer = None
        # A side that leaves in the middle is the normal end of a connection.
        with suppress(OSError, asyncio.IncompleteReadError):
            await self.agree(reader, writer)
            server_reader, server_writer = await asyncio.open_connection(*self._target)
            self._writers.add(server_writer)
            both = await self.pipes(reader, writer, server_reader, server_writer)
            await first_of(*both)
        for side in filter(None, (writer, server_writer)):
            self._writers.discard(side)
            side.close()
        self._tasks.discard(asyncio.current_task())


class Socks5(Relay):
    """Takes every CONNECT without a password; this is how TDLib, which has its addresses built in, gets here.

    `framings` and `dcs` collect what clients wrote into the headers of their obfuscated connections.
    """

    def __init__(self, server):
        super().__init__(server)
        self.framings = set()
        self.dcs = set()

    async def pipes(self, reader, writer, server_reader, server_writer):
        header = await reader.readexactly(HEADER_BYTES)
        told = keystreams(header, b"")[0].decrypt(header)
        self.framings.add(told[56:60])
        self.dcs.add(int.from_bytes(told[60:62], "little", signed=True))
        server_writer.write(header)
        return await super().pipes(reader, writer, server_reader, server_writer)

    async def agree(self, reader, writer):
        version, n_methods = await reader.readexactly(2)
        methods = await reader.readexactly(n_methods)
        if version != 5 or 0 not in methods:
            raise OSError("not SOCKS5 without a password")
        writer.write(b"\x05\x00")
        _, command, _, address_kind = await reader.readexactly(4)
        length = {1: 4, 3: None, 4: 16}[address_kind]
        if length is None:
            length = (await reader.readexactly(1))[0]
        await reader.readexactly(length + 2)
        if command != 1:
            raise OSError("only CONNECT is served")
        writer.write(b"\x05\x00\x00\x01" + ipaddress.IPv4Address("127.0.0.1").packed + struct.pack(">H", self.port))


class SecretProxy(Relay):
    """An MTProto proxy: clients obfuscate with its secret, it obfuscates anew, without one, towards the server.

    It brings the framings to the server that the libraries offer only through such a proxy: padded intermediate above
    all. `framings` collects the tags that clients chose.
    """

    def __init__(self, server, secret):
        super().__init__(server)
        self._secret = secret
        self.framings = set()

    async def pipes(self, reader, writer, server_reader, server_writer):
        header = await reader.readexactly(HEADER_BYTES)
        from_client, to_client = keystreams(header, self._secret)
        told = from_client.decrypt(header)
        self.framings.add(told[56:60])

        fresh = fresh_header()
        to_server, from_server = keystreams(fresh, b"")
        hidden = to_server.encrypt(fresh[:56] + told[56:64])
        server_writer.write(fresh[:56] + hidden[56:64])
        return (
            carry(reader, server_writer, lambda data: to_server.encrypt(from_client.decrypt(data))),
            carry(server_reader, writer, lambda data: to_client.encrypt(from_server.decrypt(data))),
        )


async def carry(reader, writer, change=bytes):
    """Passes bytes on, each piece changed by `change`, until the reading side ends."""
    while data := await reader.read(CHUNK_BYTES):
        writer.write(change(data))
        await writer.drain()


async def first_of(*coroutines):
    """Runs all until the first one ends."""
    tasks = [asyncio.ensure_future(each) for each in coroutines]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def keystreams(header, secret):
    """The ciphers of the direction in which the header went and of the opposite one."""
    backwards = header[8:56][::-1]
    return tuple(
        AESModeCTR(hashlib.sha256(key + secret).digest() if secret else key, iv)
        for key, iv in ((header[8:40], header[40:56]), (backwards[:32], backwards[32:]))
    )


def fresh_header():
    """Random bytes that no server takes for another framing."""
    reserved = (b"HEAD", b"POST", b"GET ", b"OPTI", b"\xee" * 4, b"\xdd" * 4, b"\x16\x03\x01\x02")
    while True:
        header = os.urandom(HEADER_BYTES)
        if header[0] != 0xEF and header[:4] not in reserved and header[4:8] != bytes(4):
            return header
