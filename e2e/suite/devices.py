"""Devices that do something at random: what a person can do with a chat, from Telethon and from TDLib."""

import asyncio
import contextlib
import random

from telethon import functions, types
from telethon.errors import RPCError

from .mirror import Mirror, TappedBox, asked, is_sent, of_database
from .report import Failed
from .tdlib import TdError
from .tdlib_user import ARCHIVE_LIST, MAIN_LIST, content, text_of
from .telethon_user import TelethonUser

WORDS = ("ok", "\N{GRINNING FACE}", "здравствуй", "one more", "and \N{HEAVY BLACK HEART} again", "short", "x" * 300)
HEARTS = ("\N{HEAVY BLACK HEART}", "\N{THUMBS UP SIGN}", "\N{FIRE}")
DAY = 86_400
# Longer than any device is away: TDLib miscounts what is unread when it is told of a message whose time is over.
SHORT = 8

# Among so many of the newest messages one is chosen.
NEAR = 12

# What happens how often.
ACTIONS = {
    "send": 30,
    "answer": 8,
    "edit": 10,
    "forward": 5,
    "react": 8,
    "read": 12,
    "write_draft": 6,
    "delete_for_me": 4,
    "delete_for_both": 5,
    "pin": 5,
    "unpin": 4,
    "pin_chat": 4,
    "archive": 4,
    "mark": 4,
    "set_timer": 2,
    "send_with_timer": 2,
    "clear": 1,
}


class Apart:
    """Keeps two kinds of doing apart, each of which may go on many times at once; who comes at the wrong time leaves it."""

    def __init__(self):
        self._under_way = {}

    @contextlib.contextmanager
    def doing(self, kind):
        """Whether it may be done."""
        may = all(n == 0 or other == kind for other, n in self._under_way.items())
        self._under_way[kind] = self._under_way.get(kind, 0) + may
        try:
            yield may
        finally:
            self._under_way[kind] -= may


# TDLib takes the answer to its own edit, which shows the reactions of that time, after what the server said later in the
# same packet; a reaction has no counter by which it could know better.
EDITS_AND_REACTIONS = Apart()


class Device:
    """What both kinds have in common. `peers` are the ids of all whom the account writes to, itself among them."""

    def __init__(self, seed, name, relay):
        self.name = name
        self.relay = relay
        self.random = random.Random(f"{seed} {name}")
        # Who holds it keeps the device from doing anything.
        self.gate = asyncio.Lock()
        self.done = {}
        self.refused = {}

    async def act(self):
        """One thing. That somebody else was faster, so that the server refuses, is no failure."""
        name = self.random.choices(list(ACTIONS), ACTIONS.values())[0]
        if not hasattr(self, name):
            return
        peer = self.random.choice(self.peers)
        async with self.gate:
            try:
                await getattr(self, name)(peer)
                self.done[name] = self.done.get(name, 0) + 1
            except (RPCError, TdError) as refused:
                why = f"{name}: {type(refused).__name__ if isinstance(refused, RPCError) else refused}"
                self.refused[why] = self.refused.get(why, 0) + 1

    async def end(self):
        """Whatever is left of it when it is not needed any more."""

    def text(self):
        return f"{self.random.choice(WORDS)} {self.random.randrange(10_000)}"


class TelethonActions(Device):
    """What Telethon's schema can ask for. Whoever asks says what it has (`messages`) and notes what its calls have done."""

    def peer(self, user):
        return types.InputPeerUser(user, self.hashes[user])

    def some(self, peer, wanted=lambda message: not message["service"]):
        """One of the newest messages of a chat, for which `wanted` holds."""
        messages = self.messages(peer)
        near = [n for n in sorted(messages)[-NEAR:] if wanted(messages[n])]
        return self.random.choice(near) if near else None

    def random_id(self):
        return self.random.getrandbits(63)

    async def send(self, peer, **fields):
        half = self.random.random() < 0.3
        request = functions.messages.SendMessageRequest(
            self.peer(peer), self.text(), random_id=self.random_id(), clear_draft=half, **fields
        )
        await self.call(request)

    async def answer(self, peer):
        if one := self.some(peer):
            quote = self.messages(peer)[one]["text"][:1] if self.random.random() < 0.3 else None
            await self.send(peer, reply_to=types.InputReplyToMessage(one, quote_text=quote))

    async def edit(self, peer):
        if one := self.some(peer, lambda m: m["out"] and not m["service"] and m["forward"] is None):
            await self.call(functions.messages.EditMessageRequest(self.peer(peer), one, message=self.text()))

    async def forward(self, peer):
        to = self.random.choice(self.peers)
        if one := self.some(peer):
            await self.call(
                functions.messages.ForwardMessagesRequest(
                    self.peer(peer), [one], self.peer(to), random_id=[self.random_id()]
                )
            )

    async def react(self, peer):
        if one := self.some(peer):
            chosen = [types.ReactionEmoji(self.random.choice(HEARTS))] * self.random.choice((0, 1, 1))
            with EDITS_AND_REACTIONS.doing("reaction") as may:
                if may:
                    await self.call(functions.messages.SendReactionRequest(self.peer(peer), one, reaction=chosen))

    async def read(self, peer):
        incoming = lambda m: not m["out"]  # noqa: E731
        one = self.some(peer, incoming)
        if one and peer != self.my_id:
            affected = await self.call(functions.messages.ReadHistoryRequest(self.peer(peer), one))
            self.read_up_to(peer, one, affected)

    async def write_draft(self, peer):
        half = self.text() if self.random.random() < 0.7 else ""
        await self.call(functions.messages.SaveDraftRequest(self.peer(peer), half))

    async def delete(self, peer, revoke):
        if one := self.some(peer, lambda _: True):
            affected = await self.call(functions.messages.DeleteMessagesRequest([one], revoke=revoke))
            self.deleted(peer, one, affected)

    async def delete_for_me(self, peer):
        await self.delete(peer, revoke=False)

    async def delete_for_both(self, peer):
        await self.delete(peer, revoke=True)

    async def pin(self, peer):
        if one := self.some(peer):
            one_side = self.random.random() < 0.3
            await self.call(
                functions.messages.UpdatePinnedMessageRequest(self.peer(peer), one, pm_oneside=one_side, silent=True)
            )

    async def unpin(self, peer):
        if one := self.some(peer, lambda m: m["pinned"]):
            await self.call(functions.messages.UpdatePinnedMessageRequest(self.peer(peer), one, unpin=True))

    async def pin_chat(self, peer):
        pinned = self.random.random() < 0.5
        dialog = types.InputDialogPeer(self.peer(peer))
        await self.call(functions.messages.ToggleDialogPinRequest(dialog, pinned=pinned))

    async def archive(self, peer):
        if peer != self.my_id:
            folder = [types.InputFolderPeer(self.peer(peer), folder_id=self.random.choice((0, 1)))]
            await self.call(functions.folders.EditPeerFoldersRequest(folder))

    async def mark(self, peer):
        marked = self.random.random() < 0.5
        dialog = types.InputDialogPeer(self.peer(peer))
        await self.call(functions.messages.MarkDialogUnreadRequest(dialog, unread=marked))

    async def set_timer(self, peer):
        if peer != self.my_id:
            await self.call(functions.messages.SetHistoryTTLRequest(self.peer(peer), self.random.choice((0, DAY))))

    async def send_with_timer(self, peer):
        if peer != self.my_id:
            await self.call(functions.messages.SetHistoryTTLRequest(self.peer(peer), SHORT))
            await self.send(peer)
            await self.call(functions.messages.SetHistoryTTLRequest(self.peer(peer), 0))

    async def clear(self, peer):
        """Everything up to a message of some time ago, for both."""
        if (one := self.some(peer, lambda _: True)) and self.random.random() < 0.5:
            request = functions.messages.DeleteHistoryRequest(self.peer(peer), one, just_clear=True, revoke=True)
            affected = await self.call(request)
            self.cleared(peer, one, affected)

class TelethonDevice(TelethonActions, TelethonUser):
    """Telethon with a mirror behind its counting of updates."""

    def __init__(self, seed, server, phone, name, relay):
        TelethonActions.__init__(self, seed, name, relay)
        self.mirror = Mirror(None)
        path = server.folder / f"{name}.session"
        # Patient enough for a start of the server on a busy machine.
        TelethonUser.__init__(self, server, phone, name.split()[0], path, connection_retries=400, retry_delay=0.05)
        self.name = name
        self.through(relay)
        self.client.session.set_dc(server.dc, relay.host, relay.port)

    def _make_client(self):
        super()._make_client()
        for callback, event in self.client.list_event_handlers():
            self.client.remove_event_handler(callback, event)
        self.client._message_box = TappedBox(self.client._message_box._log, self.mirror)

    async def begin(self, hashes):
        """Takes what there is as where the mirror begins; later it is told by updates alone."""
        fresh, _ = await asked(self.client, self.me.id)
        self.mirror.me, self.mirror.chats, self.mirror.pinned = fresh.me, fresh.chats, fresh.pinned
        self.peers = list(hashes)
        self.hashes = hashes

    async def leave(self):
        await self.disconnect()

    async def back(self):
        await self.come_back(catch_up=True)

    async def call(self, request):
        """Telethon gives a request up when its connection ends; a program that must know makes it again."""
        while True:
            try:
                return await self.client(request)
            except ConnectionError:
                if not self.client.is_connected():
                    await self.begin_anew()
                await self.client.catch_up()

    async def begin_anew(self):
        """Connecting the same client once more would leave two loops that ask for differences."""
        while True:
            try:
                await self.disconnect()
                return await self.back()
            except ConnectionError:
                await asyncio.sleep(0.02)

    @property
    def my_id(self):
        return self.me.id

    def messages(self, peer):
        return self.mirror.chat(peer).messages

    def read_up_to(self, peer, one, affected):
        chat = self.mirror.chat(peer)
        self.mirror.own_change(affected, lambda: setattr(chat, "read_in", max(chat.read_in, one)))

    def deleted(self, _, one, affected):
        self.mirror.own_change(affected, lambda: self.mirror.delete([one]))

    def cleared(self, peer, one, affected):
        messages = self.mirror.chat(peer).messages
        self.mirror.own_change(affected, lambda: self.mirror.delete([n for n in messages if n <= one]))

    async def saw_note(self, note):
        """Waits until the mirror has a note; what came before it is there as well."""
        await self.call(functions.updates.GetStateRequest())
        await self.client.catch_up()
        while all(one["text"] != note for one in self.mirror.chat(self.me.id).messages.values()):
            await self.call(functions.help.GetNearestDcRequest())

    async def seen(self):
        return self.mirror.view(), {}


class TdlibDevice(Device):
    """TDLib with a way to the server of its own.

    It archives nothing: it takes the answer to that after what the server said later in the same packet, and folders
    without a look at the counter, so that a chat that comes back at once stays in its archive.
    """

    def __init__(self, seed, world, phone, name, relay):
        super().__init__(seed, name, relay)
        self.user = world.user(name, phone, proxy={"server": relay.host, "port": relay.port, "type": {"@type": "proxyTypeSocks5"}})
        self.user.name = name.split()[0]

    async def begin(self, peers):
        self.peers = list(peers)
        for peer in self.peers:
            await self.user.td.call("createPrivateChat", user_id=peer, force=False)
            # Whatever was said before is asked for once; then the database is kept by updates alone.
            await self.user.history({"id": peer})
        await self.load_lists()

    async def load_lists(self):
        """TDLib places a chat only in a list that was loaded."""
        for chat_list in (MAIN_LIST, ARCHIVE_LIST):
            await self.user.all_chats(chat_list)

    async def leave(self):
        await self.user.close()

    async def back(self):
        await self.user.come_back()

    @property
    def td(self):
        return self.user.td

    async def some(self, peer, wanted=lambda message: True):
        page = await self.td.call(
            "getChatHistory", chat_id=peer, from_message_id=0, offset=0, limit=NEAR, only_local=True
        )
        near = [m for m in page["messages"] if is_sent(m) and wanted(m)]
        return self.random.choice(near) if near else None

    async def post(self, peer, **fields):
        message = content(self.text())
        message["clear_draft"] = self.random.random() < 0.3
        pending = await self.td.call("sendMessage", chat_id=peer, input_message_content=message, **fields)
        try:
            await self.user.sent(pending)
        except Failed as problem:
            if "sending failed" not in str(problem):
                raise
        finally:
            # What is not waited for would only make the next search longer.
            self.td.events.taken(lambda u: not u["@type"].startswith("updateMessageSend"))

    async def send(self, peer):
        await self.post(peer)

    async def answer(self, peer):
        if one := await self.some(peer, text_of):
            await self.post(peer, reply_to={"@type": "inputMessageReplyToMessage", "message_id": one["id"]})

    async def edit(self, peer):
        mine = lambda m: m["is_outgoing"] and text_of(m) and not m.get("forward_info")  # noqa: E731
        if one := await self.some(peer, mine):
            with EDITS_AND_REACTIONS.doing("edit") as may:
                if may:
                    await self.td.call(
                        "editMessageText", chat_id=peer, message_id=one["id"], input_message_content=content(self.text())
                    )

    async def forward(self, peer):
        to = self.random.choice(self.peers)
        if one := await self.some(peer, text_of):
            answer = await self.td.call(
                "forwardMessages",
                chat_id=to,
                from_chat_id=peer,
                message_ids=[one["id"]],
                send_copy=False,
                remove_caption=False,
            )
            if pending := answer["messages"][0]:
                try:
                    await self.user.sent(pending)
                except Failed as problem:
                    if "sending failed" not in str(problem):
                        raise

    async def read(self, peer):
        """TDLib takes a mark as unread away when it is shown what was read before, and does not tell the server."""
        if peer == self.user.me["id"]:
            return
        read = (await self.td.call("getChat", chat_id=peer))["last_read_inbox_message_id"]
        if one := await self.some(peer, lambda m: not m["is_outgoing"] and m["id"] > read):
            await self.td.call("viewMessages", chat_id=peer, message_ids=[one["id"]], force_read=True)

    async def write_draft(self, peer):
        half = None
        if self.random.random() < 0.7:
            text = {"@type": "formattedText", "text": self.text()}
            half = {"@type": "draftMessage", "content": {"@type": "draftMessageContentText", "text": text}}
        await self.td.call("setChatDraftMessage", chat_id=peer, draft_message=half)

    async def delete(self, peer, revoke):
        if one := await self.some(peer):
            await self.td.call("deleteMessages", chat_id=peer, message_ids=[one["id"]], revoke=revoke)

    async def delete_for_me(self, peer):
        await self.delete(peer, revoke=False)

    async def delete_for_both(self, peer):
        await self.delete(peer, revoke=True)

    async def pin(self, peer):
        if one := await self.some(peer, text_of):
            one_side = self.random.random() < 0.3
            await self.td.call(
                "pinChatMessage",
                chat_id=peer,
                message_id=one["id"],
                disable_notification=True,
                only_for_self=one_side,
            )

    async def unpin(self, peer):
        if one := await self.some(peer, lambda m: m["is_pinned"]):
            await self.td.call("unpinChatMessage", chat_id=peer, message_id=one["id"])

    async def pin_chat(self, peer):
        chat = await self.td.call("getChat", chat_id=peer)
        if chat["chat_lists"]:
            await self.td.call(
                "toggleChatIsPinned",
                chat_list=chat["chat_lists"][0],
                chat_id=peer,
                is_pinned=self.random.random() < 0.5,
            )

    async def mark(self, peer):
        marked = self.random.random() < 0.5
        await self.td.call("toggleChatIsMarkedAsUnread", chat_id=peer, is_marked_as_unread=marked)

    async def set_timer(self, peer):
        if peer != self.user.me["id"]:
            await self.td.call(
                "setChatMessageAutoDeleteTime", chat_id=peer, message_auto_delete_time=self.random.choice((0, DAY))
            )

    async def saw_note(self, note):
        await self.td.update("updateNewMessage", lambda u: text_of(u["message"]) == note)

    async def seen(self):
        await self.load_lists()
        return await of_database(self.td, self.user.me["id"], self.peers)
