"""A user of Telethon and a user of TDLib talk to each other: different layers, transports and habits, one chat."""

import asyncio
import base64

from telethon import functions, types
from telethon.errors import AuthTokenInvalidError

from .report import require, require_equal
from .stage import both_clients
from .tdlib_user import text_of
from .telethon_user import TelethonUser


async def run(report, server):
    world = await both_clients(report, server, pfs=True)

    alice = TelethonUser(server, "15550100001", "Alice", server.folder / "Alice.session")
    bob = world.user("Bob", "+15550100002")
    await report.check("sign-up of Alice with Telethon", sign_up_telethon(alice), vital=True)
    await report.check("sign-up of Bob with TDLib", sign_up_tdlib(bob), vital=True)
    await report.check("Alice imports Bob", import_bob(alice, bob), vital=True)
    await report.check("a text reaches Bob, who never heard of Alice", first_text(alice, bob), vital=True)
    await report.check("Bob imports Alice", import_alice(bob, alice), vital=True)
    await report.check("a text from TDLib reaches Telethon live", answers(bob, alice, "Hello Alice"))
    await report.check("formatting from Telethon arrives in TDLib", formatting(alice, bob))
    await report.check("typing from Telethon shows in TDLib", typing_to_tdlib(alice, bob))
    await report.check("typing from TDLib shows in Telethon", typing_to_telethon(alice, bob))
    await report.check("a read mark from TDLib shows in Telethon", read_in_tdlib(alice, bob))
    await report.check("a read mark from Telethon shows in TDLib", read_in_telethon(alice, bob))
    await report.check("TDLib lets in who shows a QR code with Telethon", qr_of_telethon(server, bob))
    await report.check("Telethon lets in who shows a QR code with TDLib", qr_of_tdlib(world, alice))
    await report.check("both missed nothing while away in turn", missed(alice, bob))
    await report.check("both have the same history", same_history(alice, bob))
    await alice.disconnect()
    await bob.close()


async def sign_up_telethon(alice):
    await alice.connect()
    await alice.sign_up()


async def sign_up_tdlib(bob):
    await bob.open()
    await bob.connect()
    await bob.sign_up()


async def import_bob(alice, bob):
    alice.bob = await alice.import_contact(bob)


async def import_alice(bob, alice):
    bob.chat = await bob.import_contact(alice)


async def first_text(alice, bob):
    await alice.client.send_message(alice.bob, "Hello Bob")
    got = await bob.saw_text("Hello Bob")
    require_equal(got["sender_id"]["user_id"], alice.me.id, "sender")
    chat = await bob.td.call("getChat", chat_id=got["chat_id"])
    require_equal(chat["title"], "Alice", "the chat's title")


async def tells(alice, bob, text):
    sent = await alice.client.send_message(alice.bob, text)
    return sent, await bob.saw_text(text)


async def answers(bob, alice, text):
    sent = await bob.send(bob.chat, text)
    event = await alice.saw_text(text)
    require_equal(event.sender_id, bob.me["id"], "sender")
    return sent, event


async def formatting(alice, bob):
    await alice.client.send_message(alice.bob, "**bold**, _not_, `code`")
    got = await bob.saw_text("bold, _not_, code")
    kinds = [(e["type"]["@type"], e["offset"], e["length"]) for e in got["content"]["text"]["entities"]]
    require_equal(kinds, [("textEntityTypeBold", 0, 4), ("textEntityTypeCode", 13, 4)], "entities")


async def typing_to_tdlib(alice, bob):
    await alice.client(functions.messages.SetTypingRequest(alice.bob, types.SendMessageTypingAction()))
    await bob.saw_typing(bob.chat)


async def typing_to_telethon(alice, bob):
    await bob.td.call("sendChatAction", chat_id=bob.chat["id"], action={"@type": "chatActionTyping"})
    await alice.saw_typing(bob.me["id"])


async def read_in_tdlib(alice, bob):
    sent, got = await tells(alice, bob, "read me in TDLib")
    await bob.read(bob.chat, got)
    await alice.saw_read(sent.id)


async def read_in_telethon(alice, bob):
    sent, event = await answers(bob, alice, "read me in Telethon")
    await alice.client.send_read_acknowledge(alice.bob, event.message)
    await bob.saw_read(bob.chat, sent["id"])


async def qr_of_telethon(server, bob):
    screen = TelethonUser(server, bob.phone.lstrip("+"), "Bob", server.folder / "screen.session")
    await screen.connect()
    shown = await screen.client.qr_login()
    # Who shows it waits to be told, and asks for the login then.
    me, let_in = await asyncio.gather(shown.wait(), bob.td.call("confirmQrCodeAuthentication", link=shown.url))
    require_equal(me.id, bob.me["id"], "who was let in")
    require_equal(let_in["is_current"], False, "the device that was let in")
    require_equal([m.message async for m in screen.client.iter_messages(me, limit=1)], [], "notes of his own")
    await screen.disconnect()


async def qr_of_tdlib(world, alice):
    screen = world.user("screen", "+15550100001")
    await screen.open()
    await screen.connect()
    await screen.td.call("requestQrCodeAuthentication", other_user_ids=[])
    state = await screen.td.authorization("WaitOtherDeviceConfirmation")
    token = state["link"].split("token=")[1]
    token = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    await alice.client(functions.auth.AcceptLoginTokenRequest(token))
    await screen.ready()
    require_equal(screen.me["id"], alice.me.id, "who was let in")
    try:
        await alice.client(functions.auth.AcceptLoginTokenRequest(token))
        require(False, "it was accepted twice")
    except AuthTokenInvalidError:
        pass
    await screen.close()


async def missed(alice, bob):
    await bob.close()
    for n in range(5):
        await alice.client.send_message(alice.bob, f"while you were away {n}")
    await alice.disconnect()
    await bob.come_back()
    for n in range(5):
        await bob.saw_text(f"while you were away {n}")
    for n in range(5):
        await bob.send(bob.chat, f"while you were away too {n}")
    await alice.come_back(catch_up=True)
    for n in range(5):
        await alice.saw_text(f"while you were away too {n}")


async def same_history(alice, bob):
    at_alice, at_bob = await asyncio.gather(alice.client.get_messages(alice.bob, limit=200), bob.history(bob.chat))
    require_equal(
        [(m.message, m.out) for m in at_alice],
        [(text_of(m), not m["is_outgoing"]) for m in at_bob],
        "Alice's history, compared with Bob's",
    )
