"""One user of TDLib: a database folder, a proxy that leads to our server, and what the user does."""

from .report import require
from .tdlib import TdError

# Any numbers do: a server of one's own hands out no application ids.
APPLICATION = {"api_id": 1, "api_hash": "heliograph"}

DEVICE = {"system_language_code": "en", "device_model": "test", "system_version": "1", "application_version": "1"}

MAIN_LIST = {"@type": "chatListMain"}
ARCHIVE_LIST = {"@type": "chatListArchive"}


class World:
    """What all users of a scenario share: one library, one server, one way to it."""

    def __init__(self, tdlib, server, proxy, pfs):
        self.server = server
        self.proxy = proxy
        self._tdlib = tdlib
        self._pfs = pfs

    def user(self, name, phone="+15550100000", proxy=None):
        """A user with a database of their own; `proxy` is TDLib's, and SOCKS5 without it."""
        return TdlibUser(
            self._tdlib, self.server, phone, name, self.server.folder / name, proxy or socks5(self.proxy), self._pfs
        )


class TdlibUser:
    """Someone who may close TDLib and come back with the same database."""

    def __init__(self, tdlib, server, phone, name, folder, proxy, pfs):
        self.phone = phone
        self.name = name
        self._tdlib = tdlib
        self._server = server
        self._folder = folder
        self._proxy = proxy
        self._pfs = pfs

    async def open(self):
        """Starts an instance and waits until it knows whether it is signed in."""
        self.td = self._tdlib.instance()
        # Both are kept until the parameters are there, and then done before the first connection.
        proxy = self.td.ask("addProxy", proxy=self._proxy, enable=True)
        pfs = self.td.ask("setOption", name="use_pfs", value={"@type": "optionValueBoolean", "value": self._pfs})
        await self.td.call(
            "setTdlibParameters",
            database_directory=str(self._folder / "database"),
            files_directory=str(self._folder / "files"),
            use_file_database=True,
            use_chat_info_database=True,
            use_message_database=True,
            use_secret_chats=False,
            **APPLICATION,
            **DEVICE,
        )
        require((await proxy)["@type"] == "addedProxy", f"addProxy: {proxy.result()}")
        require((await pfs)["@type"] == "ok", f"setOption use_pfs: {pfs.result()}")
        return self

    async def connect(self):
        """Makes a first call, for which TDLib exchanges keys."""
        await self.td.authorization("WaitPhoneNumber")
        await self.td.call("getCountryCode")
        await self.td.update("updateConnectionState", lambda u: u["state"]["@type"] == "connectionStateReady")

    async def ask_for_code(self):
        await self.td.call("setAuthenticationPhoneNumber", phone_number=self.phone)
        await self.td.authorization("WaitCode")
        return await self._server.code_for(self.phone)

    async def sign_up(self, code=None):
        """Makes the account, with a code asked for before or a fresh one."""
        await self.td.call("checkAuthenticationCode", code=code or await self.ask_for_code())
        await self.td.authorization("WaitRegistration")
        await self.td.call("registerUser", first_name=self.name, last_name="")
        return await self.signed_in()

    async def sign_in(self):
        await self.td.call("checkAuthenticationCode", code=await self.ask_for_code())
        return await self.signed_in()

    async def signed_in(self):
        await self.ready()
        # The chat list waits for the first state of the updates: what is sent before that is never new to TDLib.
        await self.all_chats()
        return self

    async def ready(self):
        await self.td.authorization("Ready")
        self.me = await self.td.call("getMe")
        return self

    async def close(self):
        """Ends the instance; its database stays."""
        await self.td.call("close")
        await self.td.authorization("Closed")

    async def come_back(self):
        await self.open()
        return await self.ready()

    async def import_contact(self, user):
        """Adds another user by number and opens a chat with them; answers the chat."""
        contact = {"phone_number": user.phone, "first_name": user.name, "last_name": ""}
        answer = await self.td.call("importContacts", contacts=[contact])
        require(answer["user_ids"] != [0], f"{user.name} was not imported")
        chat = await self.td.call("createPrivateChat", user_id=answer["user_ids"][0], force=False)
        await self.td.call("openChat", chat_id=chat["id"])
        # With that it asks for the history by itself. Should a text be in the answer already, it is told of before, in one
        # packet, but TDLib takes the answer first, and calls it no new message any more.
        await self.history(chat)
        return chat

    async def send(self, chat, text):
        """Sends a text and returns the message as the server accepted it."""
        pending = await self.td.call("sendMessage", chat_id=chat["id"], input_message_content=content(text))
        return await self.sent(pending)

    async def sent(self, pending):
        """The message as the server accepted it. One that another device deletes at once may never be told as sent."""
        done = await self.td.events.next(
            lambda u: u.get("old_message_id") == pending["id"]
            or (u["@type"] == "updateDeleteMessages" and u["is_permanent"] and pending["id"] in u["message_ids"]),
            "updateMessageSendSucceeded",
        )
        require(done["@type"] == "updateMessageSendSucceeded", f"sending failed: {done.get('error')}")
        return done["message"]

    async def saw_text(self, text):
        """The next incoming message with this text."""
        update = await self.td.update(
            "updateNewMessage", lambda u: not u["message"]["is_outgoing"] and text_of(u["message"]) == text
        )
        return update["message"]

    async def saw_read(self, chat, up_to):
        return await self.td.update(
            "updateChatReadOutbox",
            lambda u: u["chat_id"] == chat["id"] and u["last_read_outbox_message_id"] >= up_to,
        )

    async def saw_typing(self, chat):
        return await self.td.update(
            "updateChatAction",
            lambda u: u["chat_id"] == chat["id"] and u["action"]["@type"] == "chatActionTyping",
        )

    async def read(self, chat, message):
        await self.td.call("viewMessages", chat_id=chat["id"], message_ids=[message["id"]], force_read=True)

    async def history(self, chat, limit=50):
        """The whole history, newest first. TDLib answers as few messages as it likes, but none only at the end."""
        found, before = [], 0
        while True:
            answer = await self.td.call(
                "getChatHistory", chat_id=chat["id"], from_message_id=before, offset=0, limit=limit, only_local=False
            )
            if not answer["messages"]:
                return found
            found += answer["messages"]
            before = found[-1]["id"]

    async def all_chats(self, chat_list=MAIN_LIST):
        """The ids of a list, loaded to its end, which TDLib tells with 404."""
        try:
            while True:
                await self.td.call("loadChats", chat_list=chat_list, limit=50)
        except TdError as end:
            require(end.code == 404, f"loadChats: {end}")
        return (await self.td.call("getChats", chat_list=chat_list, limit=50))["chat_ids"]


def content(text):
    """A text as TDLib wants it for sending."""
    return {"@type": "inputMessageText", "text": {"@type": "formattedText", "text": text}}


def text_of(message):
    """The text of a message; None when it is something else."""
    if message["content"]["@type"] != "messageText":
        return None
    return message["content"]["text"]["text"]


def socks5(proxy):
    return {"server": proxy.host, "port": proxy.port, "type": {"@type": "proxyTypeSocks5"}}


def secret_proxy(proxy, secret):
    return {"server": proxy.host, "port": proxy.port, "type": {"@type": "proxyTypeMtproto", "secret": secret}}
