"""What an account's chats are: kept from updates alone, asked of the server, and told by TDLib's database, in one form.

A view is a dict of chats, by the other's user id; each chat is a dict of what a person sees of it. Marks of what was
read are told as the messages that are unread or read: clients name the last one differently.
"""

import datetime

from telethon import functions, types
from telethon._updates.messagebox import ENTRY_ACCOUNT, MessageBox

# Messages asked for at a time.
PAGE = 100


class TappedBox(MessageBox):
    """Telethon's own counting of updates, which shows a mirror all that it lets pass, in its order.

    Telethon itself hands out neither what its own calls answered nor edits, deletions and marks of a difference.
    """

    __slots__ = ("mirror", "in_difference")

    def __init__(self, log, mirror):
        super().__init__(log)
        self.mirror = mirror
        self.in_difference = False
        # A client that was given up may go on for a while; the mirror is this one's from now on.
        mirror.box = self

    def load(self, session_state, channel_states):
        """The mirror and its counter belong together, whatever a client that was given up saved last."""
        super().load(session_state, channel_states)
        if self.mirror.pts and ENTRY_ACCOUNT in self.map:
            self.map[ENTRY_ACCOUNT].pts = self.mirror.pts

    def apply_pts_info(self, update, *, reset_deadlines):
        applied = super().apply_pts_info(update, reset_deadlines=reset_deadlines)
        if applied is not None and not self.in_difference and self.mirror.box is self:
            self.mirror.apply(applied)
            self.count()
        return applied

    def apply_difference_type(self, diff, chat_hashes):
        self.in_difference = True
        try:
            result = super().apply_difference_type(diff, chat_hashes)
        finally:
            self.in_difference = False
        if self.mirror.box is self:
            for message in diff.new_messages:
                self.mirror.put(message)
            for update in diff.other_updates:
                self.mirror.apply(update)
            self.count()
        return result

    def count(self):
        if ENTRY_ACCOUNT in self.map:
            self.mirror.counted(self.map[ENTRY_ACCOUNT].pts)


class Mirror:
    """An account as updates alone tell of it."""

    def __init__(self, me):
        self.me = me
        self.box = None
        self.pts = 0
        # What calls have done whose answers say no more than the counter, by the counter.
        self.own = {}
        self.chats = {}
        # The pinned chats of the main list and of the archive, in their order.
        self.pinned = {0: [], 1: []}

    def chat(self, peer):
        return self.chats.setdefault(peer, Chat())

    def put(self, message):
        if not (isinstance(message, types.MessageEmpty) or marks_clearing(message)):
            self.chat(message.peer_id.user_id).messages[message.id] = of_telethon(message)

    def delete(self, ids):
        for chat in self.chats.values():
            for one in ids:
                chat.messages.pop(one, None)

    def own_change(self, affected, make):
        """Makes a change of one's own when all that came before it is there: updates may still be under way."""
        if affected.pts_count:
            self.own[affected.pts] = make
            self.counted(self.pts)

    def counted(self, pts):
        """The mirror stands at `pts` now."""
        self.pts = pts
        for due in sorted(one for one in self.own if one <= pts):
            self.own.pop(due)()

    def find(self, message_id):
        found = (chat.messages.get(message_id) for chat in self.chats.values())
        return next((message for message in found if message), None)

    def unpin_chat(self, peer):
        for order in self.pinned.values():
            if peer in order:
                order.remove(peer)

    def pin_chat(self, peer):
        self.unpin_chat(peer)
        self.pinned[self.chat(peer).folder].insert(0, peer)

    def move(self, peer, folder):
        if self.chat(peer).folder != folder:
            self.unpin_chat(peer)
            self.chat(peer).folder = folder

    def apply(self, update):
        """Takes an update; kinds that say nothing about chats are passed over."""
        match update:
            case types.UpdateNewMessage() | types.UpdateEditMessage():
                self.put(update.message)
            case types.UpdateDeleteMessages():
                self.delete(update.messages)
            case types.UpdateReadHistoryInbox():
                self.chat(update.peer.user_id).read_in = update.max_id
            case types.UpdateReadHistoryOutbox():
                self.chat(update.peer.user_id).read_out = update.max_id
            case types.UpdatePinnedMessages():
                for one in filter(None, map(self.find, update.messages)):
                    one["pinned"] = bool(update.pinned)
            case types.UpdateMessageReactions():
                if one := self.find(update.msg_id):
                    one["reactions"] = reactions(update.reactions)
            case types.UpdateDraftMessage():
                self.chat(update.peer.user_id).draft = draft(update.draft)
            case types.UpdateDialogPinned():
                peer = update.peer.peer.user_id
                self.pin_chat(peer) if update.pinned else self.unpin_chat(peer)
            case types.UpdatePinnedDialogs():
                self.pinned[update.folder_id or 0] = [one.peer.user_id for one in update.order or []]
            case types.UpdateFolderPeers():
                for one in update.folder_peers:
                    self.move(one.peer.user_id, one.folder_id)
            case types.UpdateDialogUnreadMark():
                self.chat(update.peer.peer.user_id).marked = bool(update.unread)
            case types.UpdatePeerHistoryTTL():
                self.chat(update.peer.user_id).timer = update.ttl_period or 0

    def view(self):
        return {
            peer: chat.view(self.me == peer, peer in self.pinned[chat.folder]) for peer, chat in self.chats.items()
        }


class Chat:
    def __init__(self):
        self.messages = {}
        self.read_in = 0
        self.read_out = 0
        self.draft = None
        self.marked = False
        self.folder = 0
        self.timer = 0

    def read_by_other(self):
        return sorted(n for n, one in self.messages.items() if one["out"] and n <= self.read_out)

    def view(self, is_own, is_pinned):
        incoming = [] if is_own else [n for n, one in self.messages.items() if not one["out"]]
        return {
            "messages": self.messages,
            "unread": sorted(n for n in incoming if n > self.read_in),
            "read by the other": [] if is_own else self.read_by_other(),
            "draft": self.draft,
            "marked": self.marked,
            "archived": self.folder == 1,
            "pinned": is_pinned,
            "timer": self.timer,
        }


async def asked(client, me):
    """The mirror of an account as the server has it now, and how many unread messages it counts in each chat."""
    mirror, counts = Mirror(me), {}
    for folder in (0, 1):
        request = functions.messages.GetDialogsRequest(None, 0, types.InputPeerEmpty(), PAGE, 0, folder_id=folder)
        answer = await client(request)
        users = {user.id: user for user in answer.users}
        for dialog in answer.dialogs:
            peer = dialog.peer.user_id
            chat = mirror.chat(peer)
            chat.read_in, chat.read_out = dialog.read_inbox_max_id, dialog.read_outbox_max_id
            chat.draft, chat.marked = draft(dialog.draft), bool(dialog.unread_mark)
            chat.folder, chat.timer = dialog.folder_id or 0, dialog.ttl_period or 0
            counts[peer] = dialog.unread_count
            if dialog.pinned:
                mirror.pinned[chat.folder].append(peer)
            async for message in history(client, types.InputPeerUser(peer, users[peer].access_hash)):
                mirror.put(message)
    return mirror, counts


async def history(client, peer):
    before = 0
    while True:
        page = await client(functions.messages.GetHistoryRequest(peer, before, None, 0, PAGE, 0, 0, 0))
        for message in page.messages:
            yield message
        if not page.messages:
            return
        before = page.messages[-1].id


def of_telethon(message):
    """A message as a person sees it."""
    reply, forward = message.reply_to, getattr(message, "fwd_from", None)
    edited = getattr(message, "edit_date", None)
    service = isinstance(message, types.MessageService)
    return {
        "out": bool(message.out),
        "service": service,
        "text": None if service else message.message,
        "marks": sorted((e.offset, e.length) for e in getattr(message, "entities", None) or []),
        "edited": stamp(edited) if edited else 0,
        "reply": (reply.reply_to_msg_id, reply.quote_text or "") if reply else None,
        "forward": forward.from_id.user_id if forward else None,
        "reactions": reactions(getattr(message, "reactions", None)),
        "pinned": bool(getattr(message, "pinned", False)),
    }


def marks_clearing(message):
    """What stands in a chat that was cleared: no client shows it, and who clears a chat is not told of it."""
    return isinstance(getattr(message, "action", None), types.MessageActionHistoryClear)


def stamp(date):
    return int(date.timestamp()) if isinstance(date, datetime.datetime) else int(date)


def reactions(of):
    if of is None:
        return []
    return sorted((one.reaction.emoticon, one.count, one.chosen_order is not None) for one in of.results)


def draft(of):
    return of.message if isinstance(of, types.DraftMessage) else None


async def of_database(td, me, peers):
    """What TDLib's database has of these chats, without asking the server.

    Which chats are pinned is not among it: when TDLib is started it passes over changes of a list that it has not read from
    its database by then (see `on_update_pinned_dialogs` there), and asks the server for the whole list at all other times.
    """
    view, counts = {}, {}
    for peer in peers:
        chat = await td.call("getChat", chat_id=peer)
        messages = {one["id"] >> 20: of_tdlib(one) async for one in local_history(td, peer) if is_sent(one)}
        read_in, read_out = (chat[f"last_read_{box}_message_id"] >> 20 for box in ("inbox", "outbox"))
        half = chat.get("draft_message")
        others = {} if peer == me else messages
        counts[peer] = chat["unread_count"]
        view[peer] = {
            "messages": messages,
            "unread": sorted(n for n, one in others.items() if not one["out"] and n > read_in),
            "read by the other": sorted(n for n, one in others.items() if one["out"] and n <= read_out),
            "draft": half["content"]["text"]["text"] if half else None,
            "marked": chat["is_marked_as_unread"],
            "archived": {"@type": "chatListArchive"} in chat["chat_lists"],
            "timer": chat["message_auto_delete_time"],
        }
    return view, counts


async def local_history(td, chat_id):
    before = 0
    while True:
        page = await td.call(
            "getChatHistory", chat_id=chat_id, from_message_id=before, offset=0, limit=PAGE, only_local=True
        )
        for message in page["messages"]:
            yield message
        if not page["messages"]:
            return
        before = page["messages"][-1]["id"]


def is_sent(message):
    """What could not be sent stays in the database under a number of its own kind."""
    return message["id"] % (1 << 20) == 0


def of_tdlib(message):
    content, reply, forward = message["content"], message.get("reply_to"), message.get("forward_info")
    text = content.get("text") if content["@type"] == "messageText" else None
    shown = (message.get("interaction_info") or {}).get("reactions")
    quote = (reply or {}).get("quote")
    if content["@type"] == "messagePinMessage" and content["message_id"]:
        reply = content
    return {
        "out": message["is_outgoing"],
        "service": text is None,
        "text": text and text["text"],
        "marks": sorted((e["offset"], e["length"]) for e in text["entities"]) if text else [],
        "edited": message["edit_date"],
        "reply": (reply["message_id"] >> 20, quote["text"]["text"] if quote else "") if reply else None,
        "forward": forward["origin"]["sender_user_id"] if forward else None,
        "reactions": sorted(
            (one["type"]["emoji"], one["total_count"], one["is_chosen"]) for one in (shown or {}).get("reactions", [])
        ),
        "pinned": message["is_pinned"],
    }


def differences(found, expected, counts=None, own=None):
    """In words, without the texts, where a view is not the expected one; the chat with oneself has no direction."""
    told = []
    empty = Chat().view(False, False)
    for peer in sorted(found.keys() | expected.keys()):
        here, there = found.get(peer, empty), expected.get(peer, empty)
        for field in there:
            if field != "messages" and here.get(field, there[field]) != there[field]:
                told.append(f"chat {peer}: {field}: {here[field]!r} instead of {there[field]!r}")
        for n in sorted(here["messages"].keys() | there["messages"].keys()):
            one, other = here["messages"].get(n), there["messages"].get(n)
            if one is None or other is None:
                told.append(f"chat {peer}, message {n}: {'missing' if one is None else 'too many'}")
                continue
            wrong = [f for f in other if one[f] != other[f] and not (f == "out" and peer == own)]
            if one["reply"] is None and other["reply"] and other["reply"][0] not in there["messages"]:
                # TDLib does not show what a message answers when that is gone.
                wrong.remove("reply")
            told += [f"chat {peer}, message {n}: {f}: {one[f]!r} instead of {other[f]!r}" for f in wrong]
        if counts and counts.get(peer, 0) != len(there["unread"]):
            told.append(f"chat {peer}: {counts.get(peer, 0)} unread counted instead of {len(there['unread'])}")
    return told
