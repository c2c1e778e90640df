"""Telethon and TDLib chat while the server is killed: both go on without signing in again, and nothing is lost or twice."""

import asyncio
import collections

from .report import require, require_equal
from .scenario_mixed import first_text, import_alice, import_bob, same_history, sign_up_tdlib, sign_up_telethon
from .stage import both_clients
from .tdlib_user import text_of
from .telethon_user import TelethonUser

# Texts that each side writes across one kill.
TEXTS = 20

# Kills while both write.
KILLS = 3


async def run(report, server):
    world = await both_clients(report, server, pfs=True)

    # Patient enough for a start of the server on a busy machine.
    alice = TelethonUser(server, "15550100001", "Alice", server.folder / "Alice.session", connection_retries=200)
    bob = world.user("Bob", "+15550100002")
    await report.check("sign-up of Alice with Telethon", sign_up_telethon(alice), vital=True)
    await report.check("sign-up of Bob with TDLib", sign_up_tdlib(bob), vital=True)
    await report.check("Alice imports Bob", import_bob(alice, bob), vital=True)
    await report.check("a text reaches Bob", first_text(alice, bob), vital=True)
    await report.check("Bob imports Alice", import_alice(bob, alice), vital=True)
    for n in range(KILLS):
        await report.check(f"kill -9 number {n} while both write: all of it arrives", kill(alice, bob, server, n), vital=True)
        await report.check("nobody has been sent another code", no_code(alice, bob, server))
    await report.check("each text is there once, on both sides", each_once(alice, bob))
    await report.check("both have the same history", same_history(alice, bob))
    await report.check("kill -9 while both are away: they come back to all of it", away(alice, bob, server))
    await report.check("both still have the same history", same_history(alice, bob))
    await report.check("a shred tick over HTTP is final", shredded(server))
    await alice.disconnect()
    await bob.close()


async def kill(alice, bob, server, n):
    """Both write, one text after the other; in the middle the server dies and comes back."""
    at_alice = [f"from Alice {n}.{i}" for i in range(TEXTS)]
    at_bob = [f"from Bob {n}.{i}" for i in range(TEXTS)]
    half_way = asyncio.Event()

    async def alice_writes():
        for i, text in enumerate(at_alice):
            await write(alice, text)
            if i == TEXTS // 2:
                half_way.set()

    async def bob_writes():
        for text in at_bob:
            await bob.send(bob.chat, text)

    async def dies():
        await half_way.wait()
        await server.restart_after_kill()

    await asyncio.gather(alice_writes(), bob_writes(), dies())
    for text in at_alice:
        await bob.saw_text(text)
    # Telethon asks for what it missed only when it is told of something newer, so the history is what counts for it.
    await has_all(alice, at_bob)


async def write(alice, text):
    """Telethon gives a request up when its connection ends in the middle; a person would press the key again."""
    known = {m.message for m in await alice.client.get_messages(alice.bob, limit=5)}
    while text not in known:
        try:
            await alice.client.send_message(alice.bob, text)
            return
        except ConnectionError:
            await reconnected(alice)
            known = {m.message for m in await alice.client.get_messages(alice.bob, limit=5)}


async def reconnected(alice):
    while not alice.client.is_connected():
        try:
            await alice.connect()
        except ConnectionError:
            await asyncio.sleep(0.1)


async def has_all(alice, texts):
    await reconnected(alice)
    there = {m.message for m in await alice.client.get_messages(alice.bob, limit=500)}
    missing = [text for text in texts if text not in there]
    require(not missing, f"not in Alice's history: {missing}")


async def no_code(alice, bob, server):
    for user in (alice, bob):
        letters = await server.inbox(user.phone)
        require_equal(letters, [], f"codes sent to {user.name} by the server that came back")


async def each_once(alice, bob):
    at_alice = collections.Counter(m.message for m in await alice.client.get_messages(alice.bob, limit=500))
    at_bob = collections.Counter(text_of(m) for m in await bob.history(bob.chat))
    wanted = {f"from {name} {n}.{i}": 1 for name in ("Alice", "Bob") for n in range(KILLS) for i in range(TEXTS)}
    for side, found in (("Alice", at_alice), ("Bob", at_bob)):
        numbers = {text: count for text, count in found.items() if text in wanted}
        require_equal(numbers, wanted, f"texts in {side}'s history")


async def away(alice, bob, server):
    await bob.close()
    for n in range(5):
        await alice.client.send_message(alice.bob, f"while you were away {n}")
    await alice.disconnect()
    await server.restart_after_kill()
    await bob.come_back()
    for n in range(5):
        await bob.saw_text(f"while you were away {n}")
    await alice.come_back(catch_up=True)
    await bob.send(bob.chat, "Hello again")
    await alice.saw_text("Hello again")


async def shredded(server):
    told = await server.shred()
    require_equal(told["open"], 0, "boxes whose deletions are not final")
