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
    written = []
    for n in range(KILLS):
        texts = await report.check(
            f"kill -9 number {n} while both write: both write on",
            talk(alice, bob, f"kill {n}", TEXTS, server.restart_after_kill),
            vital=True,
        )
        written += texts
        await report.check(f"kill -9 number {n}: Telethon has all that both wrote", telethon_has(alice, texts))
        await report.check(f"kill -9 number {n}: TDLib has all that both wrote", tdlib_has(bob, texts))
        await report.check("nobody has been sent another code", no_code(alice, bob, server))
    await report.check("each text is there once after all kills, in Telethon", once_in_telethon(alice, written))
    await report.check("each text is there once after all kills, in TDLib", once_in_tdlib(bob, written))
    await report.check("both have the same history", same_history(alice, bob))
    await report.check("kill -9 while both are away: they come back to all of it", away(alice, bob, server))
    await report.check("both still have the same history", same_history(alice, bob))
    await report.check("a shred tick over HTTP is final", shredded(server))
    await alice.disconnect()
    await bob.close()


async def talk(alice, bob, about, count, meanwhile):
    """Both write so many texts, and in the middle something happens; what Alice and what Bob wrote."""
    at_alice = [f"{about} from Alice {i}" for i in range(count)]
    at_bob = [f"{about} from Bob {i}" for i in range(count)]
    half_way = asyncio.Event()

    async def alice_writes():
        for i, text in enumerate(at_alice):
            await write(alice, text)
            if i == count // 2:
                half_way.set()

    async def bob_writes():
        for text in at_bob:
            await bob.send(bob.chat, text)

    async def happens():
        await half_way.wait()
        await meanwhile()

    await asyncio.gather(alice_writes(), bob_writes(), happens())
    return at_alice, at_bob


async def telethon_has(alice, written):
    """Telethon asks for what it missed only when it is told of something newer, so the history is what counts for it."""
    await reconnected(alice)
    there = {m.message for m in await alice.client.get_messages(alice.bob, limit=500)}
    has_each(there, written, "Alice")


async def tdlib_has(bob, written):
    from_alice, _ = written
    for text in from_alice:
        await bob.saw_text(text)
    has_each({text_of(m) for m in await bob.history(bob.chat)}, written, "Bob")


def has_each(there, written, name):
    missing = [text for texts in written for text in texts if text not in there]
    require(not missing, f"not in {name}'s history: {missing}")


async def write(alice, text):
    """Telethon gives a request up when its connection ends in the middle; a person would press the key again."""
    while True:
        try:
            known = {m.message for m in await alice.client.get_messages(alice.bob, limit=5)}
            if text not in known:
                await alice.client.send_message(alice.bob, text)
            return
        except ConnectionError:
            await reconnected(alice)


async def reconnected(alice):
    while not alice.client.is_connected():
        try:
            await alice.connect()
        except ConnectionError:
            await asyncio.sleep(0.1)


async def no_code(alice, bob, server):
    for user in (alice, bob):
        letters = await server.inbox(user.phone)
        require_equal(letters, [], f"codes sent to {user.name} by the server that came back")


async def once_in_telethon(alice, written):
    each_once([m.message for m in await alice.client.get_messages(alice.bob, limit=500)], written)


async def once_in_tdlib(bob, written):
    each_once([text_of(m) for m in await bob.history(bob.chat)], written)


def each_once(found, written):
    found = collections.Counter(found)
    numbers = {text: found[text] for texts in written for text in texts}
    require_equal(numbers, dict.fromkeys(numbers, 1), "texts in the history")


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
