"""TDLib against the server, with and without perfect forward secrecy: two accounts and their first day."""

import asyncio
import re

from .relay import SecretProxy, Socks5
from .report import require, require_equal
from .tdlib import LOG_CHATTER, VERSION, TdError, Tdlib, library_with_key
from .tdlib_user import World, content, secret_proxy, text_of

SECRET = bytes(range(16))
INTERMEDIATE, PADDED = b"\xee" * 4, b"\xdd" * 4

# Databases in which somebody signed in: Alice's, Bob's, the tablet's and Alice's second one.
SIGNED_IN = 4


async def run_without_pfs(report, server):
    await run(report, server, pfs=False)


async def run_with_pfs(report, server):
    await run(report, server, pfs=True)


async def run(report, server, pfs):
    log = server.folder / "tdlib.log"
    report.show_on_failure("tdlib", log, without=LOG_CHATTER)
    tdlib = await report.check("the library takes our key", load(server, log), vital=True)
    world = World(tdlib, server, await Socks5.start(server), pfs)
    await transports(report, world)
    alice, bob = await accounts(report, world)
    await contacts(report, alice, bob)
    await chat(report, alice, bob)
    await presence(report, alice, bob)
    await reconnect(report, world, alice, bob)
    await leave(report, world, alice, bob)
    if pfs:
        await report.check("temporary keys were bound", temporary_keys(log))
    else:
        await report.check("no temporary key was made", permanent_keys(log))


async def load(server, log):
    tdlib = Tdlib(library_with_key(server.public_key, server.folder), log)
    instance = tdlib.instance()
    version = await instance.call("getOption", name="version")
    require_equal(version["value"], VERSION, "version")
    return tdlib


async def transports(report, world):
    await report.check("key exchange over obfuscated intermediate", exchange_keys(world))
    await report.check(
        "key exchange over obfuscated intermediate through a proxy with a secret",
        exchange_through_proxy(world, "secret", SECRET.hex(), INTERMEDIATE),
    )
    await report.check(
        "key exchange over obfuscated padded intermediate through a proxy with a secret",
        exchange_through_proxy(world, "padded", "dd" + SECRET.hex(), PADDED),
    )


async def exchange_keys(world):
    user = await world.user("key exchange").open()
    await user.connect()
    require_equal(world.proxy.framings, {INTERMEDIATE}, "framings spoken")
    require(world.proxy.dcs <= set(range(-5, 6)), f"DC ids in the headers: {world.proxy.dcs}")
    await user.close()


async def exchange_through_proxy(world, name, secret, tag):
    proxy = await SecretProxy.start(world.server, SECRET)
    try:
        user = await world.user(name, proxy=secret_proxy(proxy, secret)).open()
        await user.connect()
        require_equal(proxy.framings, {tag}, "framings spoken")
        await user.close()
    finally:
        await proxy.stop()


async def accounts(report, world):
    alice = world.user("Alice", "+15550100001")
    bob = world.user("Bob", "+15550100002")
    for user in (alice, bob):
        await user.open()
        await report.check(f"{user.name} connects", user.connect(), vital=True)
    await report.check("a wrong code is refused", wrong_code(alice))
    await report.check("sign-up of Alice, whose first guess was wrong", sign_up_after_refusal(world, alice), vital=True)
    await report.check("sign-up of Bob", bob.sign_up(), vital=True)
    await report.check("getMe knows name and number", knows_self(alice))
    return alice, bob


async def wrong_code(user):
    code = await user.ask_for_code()
    try:
        await user.td.call("checkAuthenticationCode", code=("1" if code[0] != "1" else "2") + code[1:])
    except TdError as refused:
        return require_equal(refused.message, "PHONE_CODE_INVALID", "the error")
    require(False, "it was accepted")


async def sign_up_after_refusal(world, user):
    """One wrong guess does not use the code up."""
    await user.sign_up(code=await world.server.code_for(user.phone))


async def knows_self(user):
    require_equal(user.me["first_name"], user.name, "first_name")
    require_equal("+" + user.me["phone_number"], user.phone, "phone_number")


async def contacts(report, alice, bob):
    alice.chat = await report.check("Alice imports Bob and opens a chat", alice.import_contact(bob), vital=True)
    bob.chat = await report.check("Bob imports Alice and opens a chat", bob.import_contact(alice), vital=True)
    await report.check("getContacts lists the imported one", lists_contact(alice, bob))
    await report.check("getUserFullInfo of a contact", full_info(alice, bob))
    await report.check("an empty chat has an empty history", empty_history(alice))


async def lists_contact(alice, bob):
    found = await alice.td.call("getContacts")
    require_equal(found["user_ids"], [bob.me["id"]], "contacts")


async def full_info(alice, bob):
    require_equal((await alice.td.call("getUserFullInfo", user_id=bob.me["id"]))["@type"], "userFullInfo", "type")


async def empty_history(alice):
    require_equal(await alice.history(alice.chat), [], "messages")


async def chat(report, alice, bob):
    await report.check("a text from Alice reaches Bob live", says(alice, bob, "Hello Bob"), vital=True)
    await report.check("a text from Bob reaches Alice live", says(bob, alice, "Hello Alice"), vital=True)
    await report.check("any script and an emoji arrive whole", says(alice, bob, "Γειά σου, 世界 👩‍👩‍👧‍👦!"))
    await report.check("a text of the greatest length arrives whole", says(bob, alice, "ж" * 4096))
    await report.check("formatting arrives", formatting(alice, bob))
    await report.check("twenty texts at once arrive, each once, in order", many_at_once(alice, bob))
    await report.check("history holds both directions", history(alice, bob))


async def says(sender, receiver, text):
    sent = await sender.send(sender.chat, text)
    require(sent["is_outgoing"] and text_of(sent) == text, "the sender's own copy is not as sent")
    got = await receiver.saw_text(text)
    require_equal(got["sender_id"]["user_id"], sender.me["id"], "sender")
    require_equal(got["chat_id"], receiver.chat["id"], "chat")
    return sent, got


async def formatting(alice, bob):
    entities = [{"@type": "textEntity", "offset": 2, "length": 4, "type": {"@type": "textEntityTypeBold"}}]
    message = content("a bold word")
    message["text"]["entities"] = entities
    pending = await alice.td.call("sendMessage", chat_id=alice.chat["id"], input_message_content=message)
    await alice.sent(pending)
    got = await bob.saw_text("a bold word")
    require_equal(got["content"]["text"]["entities"], entities, "entities")


async def many_at_once(alice, bob):
    texts = [f"one of twenty: {n}" for n in range(20)]
    asked = [
        alice.td.call("sendMessage", chat_id=alice.chat["id"], input_message_content=content(text)) for text in texts
    ]
    sent = [await alice.sent(pending) for pending in await asyncio.gather(*asked)]
    got = [await bob.saw_text(text) for text in texts]
    require_equal([m["id"] for m in got], sorted(m["id"] for m in got), "the receiver's order")
    require_equal(len({m["id"] for m in sent}), len(texts), "distinct ids at the sender's")


async def history(alice, bob):
    at_alice, at_bob = await alice.history(alice.chat), await bob.history(bob.chat)
    require_equal([text_of(m) for m in at_alice], [text_of(m) for m in at_bob], "both histories")
    require_equal([m["is_outgoing"] for m in at_alice], [not m["is_outgoing"] for m in at_bob], "their directions")
    require_equal(len(at_alice), 25, "messages")


async def presence(report, alice, bob):
    await report.check("typing of Alice shows at Bob's", typing(alice, bob))
    await report.check("typing of Bob shows at Alice's", typing(bob, alice))
    await report.check("Bob's read mark shows at Alice's", read_mark(alice, bob))
    await report.check("the chat lists of both sides", chat_lists(alice, bob))


async def typing(sender, receiver):
    await sender.td.call("sendChatAction", chat_id=sender.chat["id"], action={"@type": "chatActionTyping"})
    await receiver.saw_typing(receiver.chat)


async def read_mark(alice, bob):
    sent, got = await says(alice, bob, "read me")
    await bob.read(bob.chat, got)
    await alice.saw_read(alice.chat, sent["id"])


async def chat_lists(alice, bob):
    for user in (alice, bob):
        require_equal(await user.all_chats(), [user.chat["id"]], f"{user.name}'s chats")
    chat = await alice.td.call("getChat", chat_id=alice.chat["id"])
    require_equal((chat["title"], text_of(chat["last_message"])), ("Bob", "read me"), "title and last message")


async def reconnect(report, world, alice, bob):
    await report.check("Bob, closed, gets on return all that was sent meanwhile", return_to_missed(alice, bob))
    await report.check("Bob, without a network, gets all when it is back", network_back(alice, bob))
    await report.check("a cut connection comes back by itself and misses nothing", cut_line(world, alice, bob))


async def return_to_missed(alice, bob):
    await bob.close()
    texts = [f"while you were away {n}" for n in range(12)]
    for text in texts:
        await alice.send(alice.chat, text)
    await bob.come_back()
    got = [await bob.saw_text(text) for text in texts]
    require_equal([m["id"] for m in got], sorted(m["id"] for m in got), "their order")
    await bob.td.call("openChat", chat_id=bob.chat["id"])
    await says(alice, bob, "and live again")


async def network_back(alice, bob):
    bob.td.forget("updateConnectionState")
    await bob.td.call("setNetworkType", type={"@type": "networkTypeNone"})
    await bob.td.update("updateConnectionState", connection_is("WaitingForNetwork"))
    await alice.send(alice.chat, "you have no network")
    await bob.td.call("setNetworkType", type={"@type": "networkTypeOther"})
    await bob.saw_text("you have no network")
    await says(bob, alice, "I have it again")


def connection_is(state):
    return lambda update: update["state"]["@type"] == f"connectionState{state}"


async def cut_line(world, alice, bob):
    bob.td.forget("updateConnectionState")
    world.proxy.cut()
    await bob.td.update("updateConnectionState", connection_is("ConnectingToProxy"))
    world.proxy.mend()
    await says(alice, bob, "after the cut")
    await says(bob, alice, "after the cut too")


async def leave(report, world, alice, bob):
    await report.check("Bob signs in on a second device and sees his chat", second_device(world, alice, bob))
    await report.check("Alice logs out", log_out(alice))
    await report.check("her account is there when she signs in again", sign_in_again(world, alice))
    await bob.close()


async def second_device(world, alice, bob):
    tablet = await world.user("tablet", bob.phone).open()
    await tablet.connect()
    await tablet.sign_in()
    require_equal(tablet.me["id"], bob.me["id"], "user id")
    tablet.chat = bob.chat
    require_equal(await tablet.all_chats(), [bob.chat["id"]], "chats")
    await says(alice, tablet, "for both devices")
    await bob.saw_text("for both devices")
    await log_out(tablet)
    await says(alice, bob, "to the device that stayed")


async def log_out(user):
    await user.td.call("logOut")
    await user.td.authorization("Closed")


async def sign_in_again(world, alice):
    again = await world.user("Alice again", alice.phone).open()
    await again.connect()
    await again.sign_in()
    require_equal(again.me["id"], alice.me["id"], "user id")
    require_equal(await again.all_chats(), [alice.chat["id"]], "chats")
    await again.close()


async def temporary_keys(log):
    """TDLib logs each binding; every instance that signed in made at least one of its own."""
    bound = set(re.findall(r"Bound temp auth key (\d+)", log.read_text(errors="replace")))
    require(len(bound) >= SIGNED_IN, f"only {len(bound)} temporary keys were bound")


async def permanent_keys(log):
    require("Bound temp auth key" not in log.read_text(errors="replace"), "TDLib bound a temporary key")
