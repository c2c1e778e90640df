"""Telethon against the server: every transport it offers, two accounts, and what two people do on their first day."""

import asyncio
import datetime

from telethon import errors, functions, types
from telethon.network import connection
from telethon.tl import TLRequest

from .http_refusal import http_is_refused
from .relay import Relay, SecretProxy
from .report import require, require_equal
from .telethon_user import TelethonUser, log_to, trust

SECRET = bytes(range(16))

PLAIN_TRANSPORTS = {
    "full": connection.ConnectionTcpFull,
    "abridged": connection.ConnectionTcpAbridged,
    "intermediate": connection.ConnectionTcpIntermediate,
    "obfuscated abridged": connection.ConnectionTcpObfuscated,
}

# What Telethon offers only through a proxy with a secret, with the tag that each framing writes into its header.
PROXIED_TRANSPORTS = {
    "obfuscated abridged": (connection.ConnectionTcpMTProxyAbridged, b"\xef" * 4),
    "obfuscated intermediate": (connection.ConnectionTcpMTProxyIntermediate, b"\xee" * 4),
    "obfuscated padded intermediate": (connection.ConnectionTcpMTProxyRandomizedIntermediate, b"\xdd" * 4),
}


async def run(report, server):
    report.show_on_failure("telethon", log_to(server.folder / "telethon.log"), without=" DEBUG ")
    trust(server)
    await transports(report, server)
    await before_login(report, server)
    alice, bob = await accounts(report, server)
    await contacts(report, alice, bob)
    await chat(report, alice, bob)
    await presence(report, alice, bob)
    await refusals(report, alice, bob)
    await reconnect(report, server, alice, bob)
    await second_session(report, server, alice, bob)
    await leave(report, server, alice, bob)


def fresh(server, name, phone="15550100000", **options):
    """A client with a session file of its own."""
    return TelethonUser(server, phone, name, server.folder / f"{name}.session", **options)


async def transports(report, server):
    for name, transport in PLAIN_TRANSPORTS.items():
        await report.check(f"key exchange over {name}", exchange_keys(server, name, connection=transport))
    for name, (transport, tag) in PROXIED_TRANSPORTS.items():
        await report.check(f"key exchange over {name} through a proxy", exchange_through_proxy(server, transport, tag))
    await report.check("the HTTP transport is refused with an answer", http_is_refused(server))
    await report.check("a client that insists on HTTP fails cleanly", insist_on_http(server))


async def exchange_keys(server, name, **options):
    """A new key and one encrypted call."""
    user = fresh(server, f"key exchange {name}", **options)
    await user.connect()
    try:
        nearest = await user.client(functions.help.GetNearestDcRequest())
        require_equal(nearest.this_dc, server.dc, "this_dc")
        config = await user.client(functions.help.GetConfigRequest())
        require_equal(config.this_dc, server.dc, "the config's this_dc")
    finally:
        await user.disconnect()


async def exchange_through_proxy(server, transport, tag):
    proxy = await SecretProxy.start(server, SECRET)
    try:
        # This kind of connection takes the address from `proxy` and waits 2 s for a refusal before it speaks.
        address = (proxy.host, proxy.port, SECRET.hex())
        await exchange_keys(server, tag.hex(), connection=transport, proxy=address)
        require_equal(proxy.framings, {tag}, "framings spoken")
    finally:
        await proxy.stop()


async def insist_on_http(server):
    user = fresh(server, "http", connection=connection.ConnectionHttp, connection_retries=1)
    try:
        await user.connect()
    except (OSError, asyncio.IncompleteReadError, BufferError) as refused:
        return refused
    finally:
        await user.disconnect()
    require(False, "connect() over HTTP did not fail")


async def before_login(report, server):
    user = fresh(server, "nobody", phone="15550100099")
    await report.check("connects without an account", user.connect(), vital=True)
    await report.check("nobody is authorized before login", is_nobody(user))
    await report.check("a method for users answers 401 before login", answers_401(user))
    await report.check("a wrong code is refused", wrong_code(server, user))
    await report.check("an impossible number is refused", impossible_number(user))
    await user.disconnect()


async def is_nobody(user):
    require(not await user.client.is_user_authorized(), "is_user_authorized() says yes")
    require(await user.client.get_me() is None, "get_me() answers somebody")


async def answers_401(user):
    try:
        await user.client(functions.messages.GetDialogsRequest(0, 0, types.InputPeerEmpty(), 10, 0))
    except errors.AuthKeyUnregisteredError as refused:
        return require_equal(refused.code, 401, "code")
    require(False, "no error")


async def wrong_code(server, user):
    await user.client.send_code_request(user.phone)
    code = await server.code_for(user.phone)
    wrong = ("1" if code[0] != "1" else "2") + code[1:]
    await refused_with(errors.PhoneCodeInvalidError, user.client.sign_in(user.phone, wrong))


async def impossible_number(user):
    request = functions.auth.SendCodeRequest("123", 1, "heliograph", types.CodeSettings())
    await refused_with(errors.PhoneNumberInvalidError, user.client(request))


async def refused_with(kinds, call):
    """Awaits a call that must fail with this kind of error, or one of these kinds."""
    names = " or ".join(kind.__name__ for kind in (kinds if isinstance(kinds, tuple) else (kinds,)))
    try:
        await call
    except kinds:
        return
    except errors.RPCError as other:
        require(False, f"refused with {other.code} {other.message} instead of {names}")
    require(False, f"accepted, not refused with {names}")


async def accounts(report, server):
    """Alice speaks the default transport, Bob the obfuscated one."""
    alice = fresh(server, "Alice", phone="15550100001")
    bob = fresh(server, "Bob", phone="15550100002", connection=connection.ConnectionTcpObfuscated)
    for user in (alice, bob):
        await user.connect()
        await report.check(f"sign-up of {user.name}", user.sign_up(), vital=True)
    await report.check("get_me knows name and number", knows_self(alice))
    return alice, bob


async def knows_self(user):
    require_equal(user.me.first_name, user.name, "first_name")
    require_equal(user.me.phone, user.phone, "phone")


async def contacts(report, alice, bob):
    alice.bob = await report.check("Alice imports Bob", alice.import_contact(bob), vital=True)
    bob.alice = await report.check("Bob imports Alice", bob.import_contact(alice), vital=True)
    await report.check("contacts.getContacts lists the imported one", lists_contact(alice, bob))
    await report.check("users.getUsers finds a contact", finds_user(alice, bob))
    await report.check("users.getFullUser of a contact", full_user(alice, bob))
    await report.check("users.getFullUser of oneself", full_self(alice))
    await report.check("importing a number nobody has answers nobody", imports_nobody(alice))


async def lists_contact(alice, bob):
    answer = await alice.client(functions.contacts.GetContactsRequest(hash=0))
    require_equal([c.user_id for c in answer.contacts], [bob.me.id], "contacts")
    require_equal([u.id for u in answer.users], [bob.me.id], "users")
    require(answer.users[0].contact, "the user lacks the flag `contact`")
    require_equal(answer.users[0].phone, bob.phone, "phone")


async def finds_user(alice, bob):
    found = await alice.client(functions.users.GetUsersRequest([alice.bob]))
    require_equal([(u.id, u.first_name) for u in found], [(bob.me.id, bob.name)], "users")


async def full_user(alice, bob):
    answer = await alice.client(functions.users.GetFullUserRequest(alice.bob))
    require_equal(answer.full_user.id, bob.me.id, "id")
    require(bob.me.id in [u.id for u in answer.users], "the user is not among `users`")


async def full_self(alice):
    answer = await alice.client(functions.users.GetFullUserRequest("me"))
    require_equal(answer.full_user.id, alice.me.id, "id")
    require([u.is_self for u in answer.users if u.id == alice.me.id] == [True], "`users` lacks oneself")


async def imports_nobody(alice):
    nobody = types.InputPhoneContact(client_id=1, phone="15550109999", first_name="Nobody", last_name="")
    answer = await alice.client(functions.contacts.ImportContactsRequest([nobody]))
    require_equal((answer.imported, answer.users), ([], []), "imported")


async def chat(report, alice, bob):
    await report.check("a text from Alice reaches Bob live", says(alice, alice.bob, bob, "Hello Bob"), vital=True)
    await report.check("a text from Bob reaches Alice live", says(bob, bob.alice, alice, "Hello Alice"), vital=True)
    await report.check("any script and an emoji arrive whole", says(alice, alice.bob, bob, "Γειά σου, 世界 👩‍👩‍👧‍👦!"))
    await report.check("a text of the greatest length arrives whole", says(bob, bob.alice, alice, "ж" * 4096))
    await report.check("formatting arrives", formatting(alice, bob))
    await report.check("twenty texts at once arrive, each once, in order", many_at_once(alice, bob))
    await report.check("history holds both directions, newest first", history(alice, bob))
    await report.check("history pages meet without gap or overlap", history_pages(bob))


async def says(sender, peer, receiver, text):
    sent = await sender.client.send_message(peer, text)
    require(sent.out and sent.id > 0 and sent.message == text, "the sender's own copy is not as sent")
    event = await receiver.saw_text(text)
    require_equal(event.sender_id, sender.me.id, "sender")
    require(not event.out and event.is_private, "the receiver's copy is not an incoming private message")
    apart = abs((event.date - datetime.datetime.now(datetime.timezone.utc)).total_seconds())
    require(apart < 60, f"dated {apart:.0f} s away from now")
    return sent, event


async def formatting(alice, bob):
    await alice.client.send_message(alice.bob, "a **bold** and a `code` 🙂 and __more__")
    event = await bob.saw_text("a bold and a code 🙂 and more")
    require_equal(event.text, "a **bold** and a `code` 🙂 and __more__", "with its entities")


async def many_at_once(alice, bob):
    texts = [f"one of twenty: {n}" for n in range(20)]
    # The calls leave in one container; the server has to answer all and to keep the order of their ids.
    sent = await asyncio.gather(*(alice.client.send_message(alice.bob, text) for text in texts))
    got = [await bob.saw_text(text) for text in texts]
    require_equal(len({m.id for m in sent}), len(texts), "distinct ids at the sender's")
    by_id = [e.raw_text for e in sorted(got, key=lambda e: e.id)]
    require_equal(by_id, [m.message for m in sorted(sent, key=lambda m: m.id)], "the receiver's order")
    require_equal(bob.events.taken(lambda e: getattr(e, "raw_text", "").startswith("one of twenty")), [], "repeated")


async def history(alice, bob):
    await says(alice, alice.bob, bob, "the last but one")
    await says(bob, bob.alice, alice, "the last")
    at_alice = await alice.client.get_messages(alice.bob, limit=200)
    at_bob = await bob.client.get_messages(bob.alice, limit=200)
    require_equal([m.message for m in at_alice[:2]], ["the last", "the last but one"], "Alice's newest two")
    require_equal([m.out for m in at_alice[:2]], [False, True], "their direction")
    require_equal([m.message for m in at_alice], [m.message for m in at_bob], "both histories")
    require_equal([m.out for m in at_alice], [not m.out for m in at_bob], "the directions in both histories")
    require_equal(at_alice.total, len(at_alice), "total")


async def history_pages(bob):
    whole = [m.id async for m in bob.client.iter_messages(bob.alice)]
    paged, before = [], 0
    while page := await bob.client.get_messages(bob.alice, limit=7, offset_id=before):
        paged += [m.id for m in page]
        before = page[-1].id
    require_equal(paged, whole, "ids of all pages")
    upwards = [m.id async for m in bob.client.iter_messages(bob.alice, reverse=True)]
    require_equal(upwards, whole[::-1], "ids when asked oldest first")
    middle = whole[len(whole) // 2]
    newer = [m.id async for m in bob.client.iter_messages(bob.alice, min_id=middle)]
    require_equal(newer, [i for i in whole if i > middle], "ids above min_id")


async def presence(report, alice, bob):
    await report.check("typing of Alice shows at Bob's", typing(alice, bob))
    await report.check("unread texts are counted", unread(alice, bob))
    await report.check("Bob's read mark shows at Alice's", read_mark(alice, bob))
    await report.check("dialogs of both sides", dialogs(alice, bob))


async def typing(alice, bob):
    action = types.SendMessageTypingAction()
    require(await alice.client(functions.messages.SetTypingRequest(alice.bob, action)), "setTyping answered false")
    await bob.saw_typing(alice.me.id)


async def unread(alice, bob):
    for user, peer in ((alice, alice.bob), (bob, bob.alice)):
        await user.client.send_read_acknowledge(peer)
        require_equal(await unread_count(user), 0, f"unread at {user.name}'s after reading everything")
    for text in ("unread one", "unread two"):
        await says(alice, alice.bob, bob, text)
    require_equal(await unread_count(bob), 2, "unread at Bob's")
    require_equal(await unread_count(alice), 0, "unread at Alice's")


async def unread_count(user):
    return (await user.client.get_dialogs())[0].unread_count


async def read_mark(alice, bob):
    sent, event = await says(alice, alice.bob, bob, "read me")
    await bob.client.send_read_acknowledge(bob.alice, event.message)
    await alice.saw_read(sent.id)
    require_equal(await unread_count(bob), 0, "unread at Bob's")


async def dialogs(alice, bob):
    for user, other, out in ((alice, bob, True), (bob, alice, False)):
        found = await user.client.get_dialogs()
        require_equal([d.id for d in found], [other.me.id], f"{user.name}'s dialogs")
        require_equal((found[0].message.message, found[0].message.out), ("read me", out), "the top message")
        require_equal(found[0].name, other.name, "the dialog's name")


async def refusals(report, alice, bob):
    await report.check("a method that does not exist answers 400", unknown_method(alice))
    await report.check("a method not built yet answers 400", unbuilt_method(alice))
    await report.check("a wrong access hash is refused", wrong_access_hash(alice))
    await report.check("an empty text is refused", empty_text(alice))
    await report.check("a text over the greatest length is refused", long_text(alice))
    await report.check("after all refusals the chat goes on", says(alice, alice.bob, bob, "still here"))


class Nonsense(TLRequest):
    """A call that no schema has."""

    CONSTRUCTOR_ID = 0x0BADF00D
    SUBCLASS_OF_ID = 0

    def _bytes(self):
        return self.CONSTRUCTOR_ID.to_bytes(4, "little")

    def to_dict(self):
        return {"_": "Nonsense"}


async def unknown_method(alice):
    await refused_with((errors.InputMethodInvalidError, errors.MethodInvalidError), alice.client(Nonsense()))


async def unbuilt_method(alice):
    try:
        await alice.client(functions.phone.GetCallConfigRequest())
    except errors.RPCError as refused:
        return require_equal(refused.code, 400, f"code of {refused.message}")
    require(False, "accepted")


async def wrong_access_hash(alice):
    stranger = types.InputPeerUser(alice.bob.id, alice.bob.access_hash ^ 1)
    request = functions.messages.SendMessageRequest(stranger, "to a stranger", random_id=4711)
    await refused_with((errors.PeerIdInvalidError, errors.UserIdInvalidError), alice.client(request))


async def empty_text(alice):
    request = functions.messages.SendMessageRequest(alice.bob, "", random_id=4712)
    await refused_with(errors.MessageEmptyError, alice.client(request))


async def long_text(alice):
    request = functions.messages.SendMessageRequest(alice.bob, "x" * 4097, random_id=4713)
    await refused_with(errors.MessageTooLongError, alice.client(request))


async def reconnect(report, server, alice, bob):
    await report.check("Bob, away, gets on return all that was sent meanwhile", return_to_missed(alice, bob))
    await report.check("Alice, away, finds on return that she was read", return_to_read(alice, bob))
    await report.check("a cut connection comes back by itself and misses nothing", cut_line(server, alice, bob))


async def return_to_missed(alice, bob):
    await bob.disconnect()
    texts = [f"while you were away {n}" for n in range(12)]
    for text in texts:
        await alice.client.send_message(alice.bob, text)
    # He returns over another transport: the session belongs to the key, not to the framing.
    await bob.come_back(catch_up=True, connection=connection.ConnectionTcpIntermediate)
    got = [await bob.saw_text(text) for text in texts]
    require_equal([e.id for e in got], sorted(e.id for e in got), "their order")
    await says(alice, alice.bob, bob, "and live again")
    require_equal(bob.events.taken(lambda e: getattr(e, "raw_text", "") in texts), [], "repeated")


async def return_to_read(alice, bob):
    sent, event = await says(alice, alice.bob, bob, "I am leaving")
    await alice.disconnect()
    await bob.client.send_read_acknowledge(bob.alice, event.message)
    await alice.come_back(catch_up=True)
    # Telethon makes no events of the read marks in a difference, but shows them with the dialog.
    found = await alice.client.get_dialogs()
    require_equal(found[0].dialog.read_outbox_max_id, sent.id, "read up to")


async def cut_line(server, alice, bob):
    relay = await Relay.start(server)
    try:
        await bob.disconnect()
        bob.through(relay)
        await bob.come_back(catch_up=True, connection_retries=100)
        await says(alice, alice.bob, bob, "over the relay")
        relay.cut()
        await alice.client.send_message(alice.bob, "into the void")
        relay.mend()
        # Any answer shows that the client is back; what is sent now must make it look for what it missed.
        await bob.client.get_me()
        await says(alice, alice.bob, bob, "and there again")
        await bob.saw_text("into the void")
        require(relay.connections >= 2, "the client never reconnected")
    finally:
        await bob.disconnect()
        await relay.stop()
        bob.through(server)
        await bob.come_back(catch_up=True, connection_retries=2)


async def second_session(report, server, alice, bob):
    tablet = fresh(server, "Bob's tablet", phone=bob.phone, connection=connection.ConnectionTcpAbridged)
    await tablet.connect()
    await report.check("Bob signs in on a second device", tablet.sign_in(), vital=True)
    await report.check("the second device is the same account", same_account(bob, tablet))
    await report.check("both devices get a text live", both_get(alice, bob, tablet))
    await report.check("what one device sends shows on the other", shows_on_other(bob, tablet))
    await report.check("what one device reads is read on the other", read_on_other(alice, bob, tablet))
    await report.check("the second device logs out alone", log_out_alone(alice, bob, tablet))


async def same_account(bob, tablet):
    require_equal(tablet.me.id, bob.me.id, "user id")
    tablet.alice = (await tablet.client.get_dialogs())[0].input_entity
    require_equal(tablet.alice.user_id, bob.alice.id, "the peer of the first dialog")


async def both_get(alice, bob, tablet):
    _, event = await says(alice, alice.bob, bob, "for both devices")
    copy = await tablet.saw_text("for both devices")
    require_equal(copy.id, event.id, "message id on the second device")


async def shows_on_other(bob, tablet):
    sent = await tablet.client.send_message(tablet.alice, "from the tablet")
    event = await bob.saw_text("from the tablet")
    require(event.out and event.id == sent.id, "it is not the same outgoing message")


async def read_on_other(alice, bob, tablet):
    _, event = await says(alice, alice.bob, bob, "read it anywhere")
    await tablet.saw_text("read it anywhere")
    await tablet.client.send_read_acknowledge(tablet.alice, event.message)
    await bob.saw_read(event.id, inbox=True)


async def log_out_alone(alice, bob, tablet):
    require(await tablet.client.log_out(), "log_out() answered false")
    await says(alice, alice.bob, bob, "to the device that stayed")


async def leave(report, server, alice, bob):
    await report.check("a note to oneself is kept once", note_to_self(bob))
    await report.check("Alice logs out", log_out(alice))
    await report.check("her account is there when she signs in again", sign_in_again(server, alice, bob))
    await alice.disconnect()
    await bob.disconnect()


async def note_to_self(bob):
    sent = await bob.client.send_message("me", "note to self")
    kept = await bob.client.get_messages("me", limit=10)
    require_equal([(m.id, m.message) for m in kept], [(sent.id, "note to self")], "the chat with oneself")
    found = await bob.client.get_dialogs()
    require_equal([d.id for d in found], [bob.me.id, bob.alice.id], "dialogs, newest first")
    require_equal(found[0].unread_count, 0, "unread")


async def log_out(user):
    require(await user.client.log_out(), "log_out() answered false")


async def sign_in_again(server, alice, bob):
    again = fresh(server, "Alice again", phone=alice.phone)
    await again.connect()
    try:
        require(not await again.client.is_user_authorized(), "a new key is authorized")
        await again.sign_in()
        require_equal(again.me.id, alice.me.id, "user id")
        found = await again.client.get_dialogs()
        require_equal([d.id for d in found], [bob.me.id], "dialogs")
    finally:
        await again.disconnect()
