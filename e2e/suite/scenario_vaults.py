"""Telethon and TDLib chat while the processes of the vaults are killed, hang and come back: nothing is lost or twice."""

import asyncio
import os
import signal
import time

from .report import EVENT_SECONDS, require, require_equal
from .scenario_durable import no_code, shredded, talk, tdlib_has, telethon_has
from .scenario_mixed import first_text, import_alice, import_bob, same_history, sign_up_tdlib, sign_up_telethon
from .stage import both_clients
from .telethon_user import TelethonUser

# Texts that each side writes while something happens to the vaults.
TEXTS = 15


async def run(report, server):
    world = await both_clients(report, server, pfs=True)
    alice = TelethonUser(server, "15550100001", "Alice", server.folder / "Alice.session", connection_retries=200)
    bob = world.user("Bob", "+15550100002")
    await report.check("the server has started three vaults", three_vaults(server), vital=True)
    await report.check("sign-up of Alice with Telethon", sign_up_telethon(alice), vital=True)
    await report.check("sign-up of Bob with TDLib", sign_up_tdlib(bob), vital=True)
    await report.check("Alice imports Bob", import_bob(alice, bob), vital=True)
    await report.check("a text reaches Bob", first_text(alice, bob), vital=True)
    await report.check("Bob imports Alice", import_alice(bob, alice), vital=True)
    await report.check("one vault hangs while both write: all of it arrives", hung(alice, bob, server))
    await report.check("every vault is killed while both write: all of it arrives", killed(alice, bob, server))
    await report.check("a deletion is final with all vaults back", deleted(alice, server))
    await report.check("kill -9 of the server: no vault outlives it, and both go on", restarted(alice, bob, server))
    await report.check("nobody has been sent another code", no_code(alice, bob, server))
    await report.check("both have the same history", same_history(alice, bob))
    await report.check("a shred tick over HTTP is final", shredded(server))
    await alice.disconnect()
    await bob.close()


async def three_vaults(server):
    require_equal(len(server.children()), 3, "processes that the server has started")


async def all_arrives(alice, bob, about, meanwhile):
    """Both write, and in the middle something happens; both have all of it."""
    written = await talk(alice, bob, about, TEXTS, meanwhile)
    await tdlib_has(bob, written)
    await telethon_has(alice, written)


async def hung(alice, bob, server):
    vault = server.children()[0]
    os.kill(vault, signal.SIGSTOP)

    async def nothing():
        pass

    try:
        await all_arrives(alice, bob, "hung", nothing)
    finally:
        os.kill(vault, signal.SIGCONT)


async def killed(alice, bob, server):
    async def kill():
        for vault in server.children():
            os.kill(vault, signal.SIGKILL)

    before = server.children()
    await all_arrives(alice, bob, "killed", kill)
    await until(lambda: len(server.children()) == 3 and not set(server.children()) & set(before), "new vaults")


async def deleted(alice, server):
    sent = await alice.client.send_message(alice.bob, "to be deleted")
    await alice.client.delete_messages(alice.bob, [sent.id], revoke=True)

    await final(server)


async def final(server):
    """Ticks until all deletions are final: vaults may be back, and the keeper still rest from the last failure to reach them."""
    for _ in range(100):
        if (await server.shred())["open"] == 0:
            return
        await asyncio.sleep(0.1)
    require(False, "the deletion is not final")


async def restarted(alice, bob, server):
    before = server.children()
    await all_arrives(alice, bob, "restarted", server.restart_after_kill)
    await until(lambda: not any(os.path.exists(f"/proc/{vault}") for vault in before), "the end of the old vaults")


async def until(is_so, what):
    deadline = time.monotonic() + EVENT_SECONDS
    while time.monotonic() < deadline:
        if is_so():
            return
        await asyncio.sleep(0.01)
    require(False, f"no {what}")
