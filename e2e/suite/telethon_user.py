"""One user of Telethon: a client that was told only the server's address and public key, and the events it saw."""

import logging
import pathlib
import warnings

import telethon
from telethon import events, functions, types
from telethon._updates.messagebox import ENTRY_ACCOUNT
from telethon.crypto import rsa
from telethon.errors import PhoneNumberUnoccupiedError

from .report import Failed, Mailbox, require

# Said of every proxy, also of the kind that Telethon speaks itself.
warnings.filterwarnings("ignore", "proxy argument will be ignored")

# Any numbers do: a server of one's own hands out no application ids.
API_ID, API_HASH = 1, "heliograph"


def trust(server):
    """Makes this process's Telethon trust the server's key."""
    rsa.add_key(server.public_key, old=False)


def log_to(path):
    """Sends Telethon's own log to a file."""
    handler = logging.FileHandler(path)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logger = logging.getLogger("telethon")
    logger.setLevel(logging.DEBUG)
    logger.addHandler(handler)
    logger.propagate = False
    return path


class TelethonUser:
    """A client with a session of its own; several may belong to one account."""

    def __init__(self, server, phone, name, session, **options):
        self.phone = phone
        self.name = name
        self._server = server
        self._session = pathlib.Path(session)
        self._options = {"connection_retries": 2, "retry_delay": 0.2, **options}
        self._address = (server.host, server.port)
        self._make_client()

    def _make_client(self):
        self.events = Mailbox()
        self.client = telethon.TelegramClient(str(self._session), API_ID, API_HASH, **self._options)
        self.client.session.set_dc(self._server.dc, *self._address)
        self.updates = Mailbox()
        for event in (
            events.NewMessage(),
            events.MessageEdited(),
            events.MessageDeleted(),
            events.UserUpdate(),
            events.MessageRead(),
            events.MessageRead(inbox=True),
            events.Raw(types.UpdateUserName),
        ):
            self.client.add_event_handler(self._saw, event)
        self.client.add_event_handler(self._told, events.Raw())

    async def _saw(self, event):
        self.events.put(event)

    async def _told(self, update):
        self.updates.put(update)

    def through(self, relay):
        """Goes through a relay instead of straight to the server when it comes back the next time."""
        self._address = (relay.host, relay.port)

    async def connect(self):
        await self.client.connect()
        return self

    async def disconnect(self):
        await self.client.disconnect()

    async def come_back(self, **options):
        """Starts anew from the session file, as a program started again does."""
        self._options.update(options)
        self._make_client()
        return await self.connect()

    async def sign_up(self):
        """Makes the account and comes back with it; Telethon itself has no sign-up any more, only the raw method."""
        sent = await self.client.send_code_request(self.phone)
        code = await self._server.code_for(self.phone)
        try:
            await self.client.sign_in(self.phone, code)
            raise Failed("signed in to an account that should not exist")
        except PhoneNumberUnoccupiedError:
            pass
        made = await self.client(
            functions.auth.SignUpRequest(self.phone, sent.phone_code_hash, self.name, "")
        )
        require(made.user.is_self, "auth.signUp answered a user without the flag `self`")
        await self.disconnect()
        await self.come_back()
        return await self.learn_self()

    async def sign_in(self):
        """Signs in to an account that exists, from this session."""
        await self.client.send_code_request(self.phone)
        await self.client.sign_in(self.phone, await self._server.code_for(self.phone))
        return await self.learn_self()

    async def learn_self(self):
        self.me = await self.client.get_me()
        require(self.me is not None, "get_me says nobody is signed in")
        return self

    async def import_contact(self, user):
        """Adds another user by number and answers what Telethon needs to write to them."""
        contact = types.InputPhoneContact(client_id=7, phone=user.phone, first_name=user.name, last_name="")
        result = await self.client(functions.contacts.ImportContactsRequest([contact]))
        require(len(result.imported) == 1 and len(result.users) == 1, f"nobody imported: {type(result).__name__}")
        require(result.imported[0].client_id == 7, "the answer's client_id is not the one asked with")
        return result.users[0]

    async def saw_text(self, text, seconds=None):
        """The next incoming message with this text."""
        options = {} if seconds is None else {"seconds": seconds}
        return await self.events.next(
            lambda e: isinstance(e, events.NewMessage.Event) and e.raw_text == text,
            f"the text {text!r} at {self.name}'s",
            **options,
        )

    async def saw(self, event, wanted):
        """The next event of this kind for which `wanted` holds."""
        what = f"{event.__qualname__} at {self.name}'s"
        return await self.events.next(lambda e: isinstance(e, event) and wanted(e), what)

    def pts(self):
        """Where the client itself counts that its box stands."""
        return self.client._message_box.map[ENTRY_ACCOUNT].pts

    async def caught_up(self, pts):
        """Waits until the client has counted up to here, whatever the updates were that it was told."""
        while self.pts() < pts:
            await self.updates.next(lambda _: True, f"an update that leads to {pts}; {self.name} stands at {self.pts()}")

    async def saw_read(self, up_to, inbox=False):
        """The mark that all messages up to an id were read: by the other side, or by another session of one's own."""
        return await self.events.next(
            lambda e: isinstance(e, events.MessageRead.Event) and e.inbox == inbox and e.max_id >= up_to,
            f"the read mark up to {up_to} at {self.name}'s",
        )

    async def saw_typing(self, user_id):
        return await self.events.next(
            lambda e: isinstance(e, events.UserUpdate.Event) and e.typing and e.user_id == user_id,
            f"the typing at {self.name}'s",
        )
