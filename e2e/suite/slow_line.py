"""A line of so many milliseconds there and back, as a program: `python -m suite.slow_line PORT TARGET_PORT MILLISECONDS`.

It runs in the network namespace of one vault, which lasts for as long as it does, listens there on PORT and carries each
connection to TARGET_PORT of the same place. Kernels can delay packets too (tc, netem), but not every one has that module.
"""

import asyncio
import sys

CHUNK_BYTES = 64 * 1024

# Pieces on their way, for each direction of each connection; beyond, no more are read.
PIECES_MAX = 256


async def main(port, target_port, delay_ms):
    one_way_s = delay_ms / 2000

    async def carry_both(reader, writer):
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", target_port)
        except OSError:
            writer.transport.abort()
            return
        ways = [
            asyncio.ensure_future(carry(reader, far_writer, one_way_s)),
            asyncio.ensure_future(carry(far_reader, writer, one_way_s)),
        ]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
        for side in (writer, far_writer):
            side.transport.abort()

    async with await asyncio.start_server(carry_both, "0.0.0.0", port) as server:
        print("listening", flush=True)
        await server.serve_forever()


async def carry(reader, writer, delay_s):
    """Passes bytes on, each piece as late as all others, until the reading side ends."""
    clock = asyncio.get_running_loop().time
    pieces = asyncio.Queue(PIECES_MAX)

    async def take():
        while data := await reader.read(CHUNK_BYTES):
            await pieces.put((clock() + delay_s, data))
        await pieces.put((clock() + delay_s, b""))

    taking = asyncio.ensure_future(take())
    try:
        while True:
            due, data = await pieces.get()
            await asyncio.sleep(due - clock())
            if not data:
                return
            writer.write(data)
            await writer.drain()
    finally:
        taking.cancel()
        await asyncio.gather(taking, return_exceptions=True)


if __name__ == "__main__":
    asyncio.run(main(*map(int, sys.argv[1:])))
