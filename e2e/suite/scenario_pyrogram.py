"""Pyrogram, whose last release speaks layer 158, and Telethon, which speaks 229: what one sends the other can read."""

import logging
import struct
from hashlib import sha1

import pyrogram
from pyrogram import enums, handlers, raw
from pyrogram.connection import connection
from pyrogram.crypto import rsa as pyrogram_rsa
from rsa import PublicKey
from telethon import functions, types

from .report import Mailbox, require, require_equal
from .telethon_user import API_HASH, API_ID, TelethonUser, log_to, trust

LAYER = 158


async def run(report, server):
    report.show_on_failure("pyrogram", log_pyrogram_to(server.folder / "pyrogram.log"))
    report.show_on_failure("telethon", log_to(server.folder / "telethon.log"), without=" DEBUG ")
    trust(server)
    point_pyrogram_at(server)
    require_equal(raw.all.layer, LAYER, "Pyrogram's layer")

    alice = PyrogramUser(server, "15550100001", "Alice")
    bob = TelethonUser(server, "15550100002", "Bob", server.folder / "Bob.session")
    await report.check("key exchange, and nobody is signed in", alice.connect(), vital=True)
    await report.check("sign-up of Alice with Pyrogram", alice.sign_up(), vital=True)
    await report.check("sign-up of Bob with Telethon", sign_up(bob), vital=True)
    await report.check("Alice imports Bob", import_bob(alice, bob), vital=True)
    await report.check("Bob imports Alice", import_alice(bob, alice), vital=True)
    await report.check("a text from layer 158 reaches layer 229 live", tells(alice, bob, "Hello Bob"), vital=True)
    await report.check("a text from layer 229 reaches layer 158 live", answers(bob, alice, "Hello Alice"), vital=True)
    await report.check("formatting from layer 158 arrives", formatting_from_old(alice, bob))
    await report.check("formatting from layer 229 arrives", formatting_from_new(bob, alice))
    await report.check("typing from layer 158 shows", typing_from_old(alice, bob))
    await report.check("typing from layer 229 shows", typing_from_new(bob, alice))
    await report.check("a read mark from layer 158 shows", read_by_old(alice, bob))
    await report.check("a read mark from layer 229 shows", read_by_new(alice, bob))
    await report.check("both have the same history", same_history(alice, bob))
    await report.check("Alice's dialogs", dialogs(alice, bob))
    await report.check("the difference since the beginning holds all texts", difference(alice))
    await report.check("Alice logs out", log_out(alice))
    await bob.disconnect()


def log_pyrogram_to(path):
    logger = logging.getLogger("pyrogram")
    logger.addHandler(logging.FileHandler(path))
    logger.setLevel(logging.INFO)
    logger.propagate = False
    return path


def point_pyrogram_at(server):
    """Makes this process's Pyrogram trust the server's key and find the server under every data centre's number."""
    key = PublicKey.load_pkcs1(server.public_key.encode())
    n, e = key.n.to_bytes(256, "big"), key.e.to_bytes(3, "big")
    hashed = sha1(b"\xfe" + len(n).to_bytes(3, "little") + n + bytes([len(e)]) + e)
    (fingerprint,) = struct.unpack("<q", hashed.digest()[-8:])
    pyrogram_rsa.server_public_keys[fingerprint] = pyrogram_rsa.PublicKey(key.n, key.e)
    connection.DataCenter = lambda *_: (server.host, server.port)


class PyrogramUser:
    """A client that keeps its session in memory, and the raw updates it saw."""

    def __init__(self, server, phone, name):
        self.phone = phone
        self.name = name
        self._server = server
        self.updates = Mailbox()
        self.texts = Mailbox()
        self.client = pyrogram.Client(name, API_ID, API_HASH, in_memory=True)
        self.client.add_handler(handlers.MessageHandler(self._saw_message))
        self.client.add_handler(handlers.RawUpdateHandler(self._saw), group=1)

    async def _saw_message(self, _, message):
        self.texts.put(message)

    async def _saw(self, _, update, *__):
        self.updates.put(update)

    async def connect(self):
        require(not await self.client.connect(), "somebody is signed in on a new key")

    async def sign_up(self):
        sent = await self.client.send_code(self.phone)
        code = await self._server.code_for(self.phone)
        known = await self.client.sign_in(self.phone, sent.phone_code_hash, code)
        require(not isinstance(known, pyrogram.types.User), "signed in to an account that should not exist")
        self.me = await self.client.sign_up(self.phone, sent.phone_code_hash, self.name)
        require_equal((self.me.first_name, self.me.phone_number), (self.name, self.phone), "name and number")
        await self.client.initialize()

    async def saw_text(self, text):
        return await self.texts.next(lambda m: m.text == text, f"the text at {self.name}'s")

    async def saw(self, kind, wanted):
        return await self.updates.next(lambda u: isinstance(u, kind) and wanted(u), kind.__name__)


async def sign_up(bob):
    await bob.connect()
    await bob.sign_up()


async def import_bob(alice, bob):
    contact = pyrogram.types.InputPhoneContact(bob.phone, bob.name)
    answer = await alice.client.import_contacts([contact])
    require_equal([u.id for u in answer.users], [bob.me.id], "imported")


async def import_alice(bob, alice):
    bob.alice = await bob.import_contact(alice)


async def tells(alice, bob, text):
    sent = await alice.client.send_message(bob.me.id, text)
    require(sent.outgoing and sent.text == text, "the sender's own copy is not as sent")
    event = await bob.saw_text(text)
    require_equal(event.sender_id, alice.me.id, "sender")
    return sent, event


async def answers(bob, alice, text):
    sent = await bob.client.send_message(bob.alice, text)
    got = await alice.saw_text(text)
    require_equal((got.from_user.id, got.chat.id), (bob.me.id, bob.me.id), "sender and chat")
    require(not got.outgoing, "the receiver's copy is outgoing")
    return sent, got


async def formatting_from_old(alice, bob):
    await alice.client.send_message(bob.me.id, "a **bold** word", parse_mode=enums.ParseMode.MARKDOWN)
    require_equal((await bob.saw_text("a bold word")).text, "a **bold** word", "with its entities")


async def formatting_from_new(bob, alice):
    await bob.client.send_message(bob.alice, "a `code` word")
    got = await alice.saw_text("a code word")
    kinds = [(e.type, e.offset, e.length) for e in got.entities]
    require_equal(kinds, [(enums.MessageEntityType.CODE, 2, 4)], "entities")


async def typing_from_old(alice, bob):
    await alice.client.send_chat_action(bob.me.id, enums.ChatAction.TYPING)
    await bob.saw_typing(alice.me.id)


async def typing_from_new(bob, alice):
    await bob.client(functions.messages.SetTypingRequest(bob.alice, types.SendMessageTypingAction()))
    await alice.saw(raw.types.UpdateUserTyping, lambda u: u.user_id == bob.me.id)


async def read_by_old(alice, bob):
    sent, got = await answers(bob, alice, "read me with the old one")
    await alice.client.read_chat_history(bob.me.id, max_id=got.id)
    await bob.saw_read(sent.id)


async def read_by_new(alice, bob):
    sent, event = await tells(alice, bob, "read me with the new one")
    await bob.client.send_read_acknowledge(bob.alice, event.message)
    await alice.saw(raw.types.UpdateReadHistoryOutbox, lambda u: u.max_id >= sent.id)


async def same_history(alice, bob):
    at_alice = [(m.text, bool(m.outgoing)) async for m in alice.client.get_chat_history(bob.me.id)]
    at_bob = [(m.message, not m.out) for m in await bob.client.get_messages(bob.alice, limit=100)]
    require_equal(at_alice, at_bob, "Alice's history, compared with Bob's")


async def dialogs(alice, bob):
    found = [(d.chat.id, d.chat.first_name, d.top_message.text) async for d in alice.client.get_dialogs()]
    require_equal(found, [(bob.me.id, "Bob", "read me with the new one")], "dialogs")


async def difference(alice):
    answer = await alice.client.invoke(raw.functions.updates.GetDifference(pts=1, date=1, qts=0))
    texts = [m.message for m in answer.new_messages]
    require("Hello Bob" in texts and "Hello Alice" in texts, f"{type(answer).__name__} with {len(texts)} messages")


async def log_out(alice):
    require(await alice.client.log_out(), "log_out() answered false")
