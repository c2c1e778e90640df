"""Two people with two devices each, Alice of Telethon and Bob of TDLib, and what they do to what was said."""

import asyncio

from telethon import events, functions, types, utils
from telethon.errors import UsernameOccupiedError

from .report import require, require_equal
from .stage import both_clients
from .tdlib_user import content, text_of
from .telethon_user import TelethonUser

# Each kind of mark, under its name in TDLib and in Telethon.
MARKS = [
    ("Bold", {}, types.MessageEntityBold, {}),
    ("Italic", {}, types.MessageEntityItalic, {}),
    ("Underline", {}, types.MessageEntityUnderline, {}),
    ("Strikethrough", {}, types.MessageEntityStrike, {}),
    ("Spoiler", {}, types.MessageEntitySpoiler, {}),
    ("Code", {}, types.MessageEntityCode, {}),
    ("TextUrl", {"url": "https://example.org/?q=%C3%BC"}, types.MessageEntityTextUrl, {}),
    ("PreCode", {"language": "c"}, types.MessageEntityPre, {}),
    ("BlockQuote", {}, types.MessageEntityBlockquote, {"collapsed": False}),
    ("ExpandableBlockQuote", {}, types.MessageEntityBlockquote, {"collapsed": True}),
]
# A word that has as many letters, code units and bytes as no two of them.
WORD = "w\N{GRINNING FACE}\N{LATIN SMALL LETTER U WITH DIAERESIS}rd"


def marked():
    """A text with every mark on a line of its own: the text, the marks of Telethon and those of TDLib."""
    text, telethon, tdlib = "", [], []
    for name, fields, kind, more in MARKS:
        offset, length = len(text.encode("utf-16-le")) // 2, len(WORD.encode("utf-16-le")) // 2
        telethon.append(kind(offset=offset, length=length, **fields, **more))
        named = {"@type": f"textEntityType{name}", **fields}
        tdlib.append({"@type": "textEntity", "offset": offset, "length": length, "type": named})
        text += WORD + "\nplain\n"
    return text.strip(), telethon, tdlib


def by_place(entities):
    """Marks in their order in the text, with all they say."""
    return sorted((entity.to_dict() for entity in entities), key=lambda entity: entity["offset"])


async def run(report, server):
    world = await both_clients(report, server, pfs=True)

    alice = TelethonUser(server, "15550100001", "Alice", server.folder / "Alice.session")
    tablet = TelethonUser(server, "15550100001", "Alice", server.folder / "Alice-tablet.session")
    bob = world.user("Bob", "+15550100002")
    await report.check("sign-up of both", sign_up(alice, bob), vital=True)
    await report.check("they meet", meet(alice, bob), vital=True)
    await report.check("a second device signs in and has the same history", second_device(alice, tablet), vital=True)
    await report.check("an edit from Telethon shows in TDLib and on the other device", edit_telethon(alice, tablet, bob))
    await report.check("an edit from TDLib shows in Telethon", edit_tdlib(alice, bob))
    await report.check("an answer from Telethon says what it answers", reply_telethon(alice, tablet, bob))
    await report.check("every mark from Telethon arrives byte for byte", marks(alice, tablet, bob))
    await report.check("a quote from TDLib arrives byte for byte", quote_tdlib(alice, bob))
    await report.check("a quote from Telethon arrives byte for byte", quote_telethon(alice, bob))
    await report.check("who deletes for himself leaves the other's copy", delete_for_me(alice, tablet, bob))
    await report.check("who deletes for both leaves none, from Telethon", delete_both_telethon(alice, bob))
    await report.check("who deletes for both leaves none, from TDLib", delete_both_tdlib(alice, tablet, bob))
    await report.check("a forward names who wrote it, from Telethon", forward_telethon(alice, bob))
    await report.check("a forward names who wrote it, from TDLib", forward_tdlib(alice, bob))
    await report.check("saved messages say where they were", saved(alice, tablet, bob))
    await report.check("a pinned message is pinned for both", pin(alice, bob))
    await report.check("a search finds a word in one chat", search(alice, bob))
    await report.check("a draft shows on the other device and goes when it is sent", draft(alice, tablet, bob))
    await report.check("a pinned chat from Telethon is pinned on the other device", pin_chat(alice, tablet, bob))
    await report.check("an archived chat from Telethon is archived on the other device", archive(alice, tablet, bob))
    await report.check("a folder from Telethon shows on the other device", folder(alice, tablet, bob))
    await report.check("a message with a timer goes on both sides", timer(alice, bob))
    await report.check("a die from TDLib fell the same way for both", dice(alice, bob))
    await report.check("a reaction from Telethon shows in TDLib and on the other device", reaction(alice, tablet, bob))
    await report.check("a name that changes shows on the other device", rename(alice, tablet))
    await report.check("a username is found by the other and taken from nobody", usernames(alice, tablet, bob))
    await report.check("a contact gets another name and is deleted", contacts(alice, bob))
    await report.check("who is blocked reaches nobody until he is not", block(alice, bob))
    await report.check("presence: Alice of Telethon comes and goes, and Bob is told", presence_telethon(alice, bob))
    await report.check("presence: Bob of TDLib comes and goes, and Alice is told", presence_tdlib(alice, bob))
    await report.check("presence: whom Alice blocks is not told", presence_blocked(alice, bob))
    await report.check("presence: Bob of TDLib hides the time, and shows it again", presence_hidden(alice, bob))
    await report.check("presence: whose connection is gone is gone", presence_cut(tablet, bob))
    await report.check("another name shows at the other's, who has it not from his book", renamed_to_others(alice, bob))
    await report.check("both devices stand where the server stands", counters(alice, tablet))
    await report.check("what happened while a device was away is all there", away(alice, tablet, bob))
    await alice.disconnect()
    await tablet.disconnect()
    await bob.close()


async def sign_up(alice, bob):
    await alice.connect()
    await alice.sign_up()
    await bob.open()
    await bob.connect()
    await bob.sign_up()


async def meet(alice, bob):
    alice.bob = await alice.import_contact(bob)
    await alice.client.send_message(alice.bob, "Hello Bob")
    await bob.saw_text("Hello Bob")
    bob.chat = await bob.import_contact(alice)


async def second_device(alice, tablet):
    await tablet.connect()
    await tablet.sign_in()
    # Access hashes belong to an account, not to a device.
    tablet.bob = utils.get_input_peer(alice.bob)
    texts = [message.message for message in await tablet.client.get_messages(tablet.bob, limit=10)]
    require_equal(texts, ["Hello Bob"], "the history")


async def tells(alice, bob, text):
    """A text from Alice, as she and as Bob have it."""
    sent = await alice.client.send_message(alice.bob, text)
    return sent, await bob.saw_text(text)


async def edit_telethon(alice, tablet, bob):
    sent, got = await tells(alice, bob, "frist")
    await alice.client.edit_message(alice.bob, sent.id, "first, and **bold**")
    update = await bob.td.update("updateMessageContent", lambda u: u["message_id"] == got["id"])
    text = update["new_content"]["text"]
    require_equal(text["text"], "first, and bold", "the text")
    require_equal([e["type"]["@type"] for e in text["entities"]], ["textEntityTypeBold"], "entities")
    await tablet.saw(events.MessageEdited.Event, lambda e: e.message.id == sent.id)


async def edit_tdlib(alice, bob):
    sent = await bob.send(bob.chat, "secnod")
    seen = await alice.saw_text("secnod")
    await bob.td.call(
        "editMessageText",
        chat_id=bob.chat["id"],
        message_id=sent["id"],
        input_message_content=content("second"),
    )
    edited = await alice.saw(events.MessageEdited.Event, lambda e: e.message.id == seen.message.id)
    require_equal(edited.raw_text, "second", "the text")
    require(edited.message.edit_date is not None, "no date of the edit")


async def reply_telethon(alice, tablet, bob):
    first = await bob.send(bob.chat, "what is the time?")
    seen = await alice.saw_text("what is the time?")
    sent = await alice.client.send_message(alice.bob, "noon", reply_to=seen.message)
    got = await bob.saw_text("noon")
    require_equal(got["reply_to"]["message_id"], first["id"], "what is answered")
    copy = await tablet.saw_text("noon")
    require_equal((copy.message.id, copy.message.reply_to.reply_to_msg_id), (sent.id, seen.message.id), "the copy")


async def marks(alice, tablet, bob):
    text, entities, expected = marked()
    request = functions.messages.SendMessageRequest(alice.bob, text, entities=entities)
    await alice.client(request)
    got = await bob.saw_text(text)
    require_equal(got["content"]["text"], {"@type": "formattedText", "text": text, "entities": expected}, "in TDLib")
    copy = await tablet.saw_text(text)
    require_equal(by_place(copy.message.entities), by_place(entities), "on the other device")


async def quote_tdlib(alice, bob):
    sent, got = await tells(alice, bob, "a \N{GRINNING FACE} long sentence")
    answer = await bob.td.call(
        "sendMessage",
        chat_id=bob.chat["id"],
        reply_to={
            "@type": "inputMessageReplyToMessage",
            "message_id": got["id"],
            "quote": {
                "@type": "inputTextQuote",
                "text": {"@type": "formattedText", "text": "\N{GRINNING FACE} long"},
                "position": 2,
            },
        },
        input_message_content=content("why?"),
    )
    await bob.sent(answer)
    header = (await alice.saw_text("why?")).message.reply_to
    require_equal((header.reply_to_msg_id, header.quote), (sent.id, True), "what is answered")
    require_equal((header.quote_text, header.quote_offset), ("\N{GRINNING FACE} long", 2), "the quote")


async def quote_telethon(alice, bob):
    sent = await bob.send(bob.chat, "one two three")
    seen = await alice.saw_text("one two three")
    await alice.client(
        functions.messages.SendMessageRequest(
            peer=alice.bob,
            message="only two",
            reply_to=types.InputReplyToMessage(seen.message.id, quote_text="two", quote_offset=4),
        )
    )
    got = await bob.saw_text("only two")
    reply = got["reply_to"]
    require_equal(reply["message_id"], sent["id"], "what is answered")
    require_equal((reply["quote"]["text"]["text"], reply["quote"]["position"]), ("two", 4), "the quote")


async def delete_for_me(alice, tablet, bob):
    sent, got = await tells(alice, bob, "mine alone")
    await alice.client.delete_messages(alice.bob, [sent.id], revoke=False)
    await tablet.saw(events.MessageDeleted.Event, lambda e: sent.id in e.deleted_ids)
    require(await alice.client.get_messages(alice.bob, ids=sent.id) is None, "Alice still has it")
    there = await bob.td.call("getMessage", chat_id=bob.chat["id"], message_id=got["id"])
    require_equal(text_of(there), "mine alone", "Bob's copy")
    require(text_of((await bob.history(bob.chat))[0]) == "mine alone", "Bob's history lost it")


async def delete_both_telethon(alice, bob):
    sent, got = await tells(alice, bob, "for neither of us")
    await alice.client.delete_messages(alice.bob, [sent.id], revoke=True)
    await bob.td.update("updateDeleteMessages", lambda u: u["is_permanent"] and got["id"] in u["message_ids"])
    require("for neither of us" not in [text_of(m) for m in await bob.history(bob.chat)], "Bob still has it")


async def delete_both_tdlib(alice, tablet, bob):
    sent = await bob.send(bob.chat, "nor this")
    seen = await alice.saw_text("nor this")
    await bob.td.call("deleteMessages", chat_id=bob.chat["id"], message_ids=[sent["id"]], revoke=True)
    for device in (alice, tablet):
        await device.saw(events.MessageDeleted.Event, lambda e: seen.message.id in e.deleted_ids)
    require(await alice.client.get_messages(alice.bob, ids=seen.message.id) is None, "Alice still has it")


async def forward_telethon(alice, bob):
    sent, _ = await tells(alice, bob, "worth repeating")
    await alice.client.forward_messages(alice.bob, sent)
    got = await bob.saw_text("worth repeating")
    require_equal(got["forward_info"]["origin"]["sender_user_id"], alice.me.id, "who wrote it")


async def forward_tdlib(alice, bob):
    sent, got = await tells(alice, bob, "say that again")
    answer = await bob.td.call(
        "forwardMessages",
        chat_id=bob.chat["id"],
        from_chat_id=bob.chat["id"],
        message_ids=[got["id"]],
        send_copy=False,
        remove_caption=False,
    )
    await bob.sent(answer["messages"][0])
    seen = await alice.saw_text("say that again")
    require_equal(seen.message.fwd_from.from_id, types.PeerUser(alice.me.id), "who wrote it")
    require(seen.message.fwd_from.date == sent.date, "the date is not that of the first")


async def saved(alice, tablet, bob):
    sent = await bob.send(bob.chat, "keep this")
    seen = await alice.saw_text("keep this")
    await alice.client.forward_messages("me", seen.message)
    noted = await tablet.updates.next(
        lambda u: isinstance(u, types.UpdateNewMessage) and u.message.peer_id == types.PeerUser(alice.me.id),
        "the note on the other device",
    )
    header = noted.message.fwd_from
    require_equal((header.from_id.user_id, header.saved_from_msg_id), (bob.me["id"], seen.message.id), "the origin")
    require(sent["is_outgoing"], "Bob's message is not his")


async def pin(alice, bob):
    sent, got = await tells(alice, bob, "read this first")
    await alice.client.pin_message(alice.bob, sent, notify=False)
    await bob.td.update("updateMessageIsPinned", lambda u: u["message_id"] == got["id"] and u["is_pinned"])
    full = await alice.client(functions.users.GetFullUserRequest(alice.bob))
    require_equal(full.full_user.pinned_msg_id, sent.id, "the pinned message")
    await alice.client.unpin_message(alice.bob, sent)
    await bob.td.update("updateMessageIsPinned", lambda u: u["message_id"] == got["id"] and not u["is_pinned"])


async def search(alice, bob):
    await tells(alice, bob, "a needle, \N{LATIN SMALL LETTER U WITH DIAERESIS}bermut")
    found = [m.message for m in await alice.client.get_messages(alice.bob, search="NEEDLE", limit=10)]
    require_equal(found, ["a needle, \N{LATIN SMALL LETTER U WITH DIAERESIS}bermut"], "what Telethon finds")
    answer = await bob.td.call(
        "searchChatMessages",
        chat_id=bob.chat["id"],
        query="\N{LATIN CAPITAL LETTER U WITH DIAERESIS}bermut",
        from_message_id=0,
        offset=0,
        limit=10,
        filter={"@type": "searchMessagesFilterEmpty"},
    )
    require_equal(len(answer["messages"]), 1, "how many TDLib finds")


async def draft(alice, tablet, bob):
    await alice.client(functions.messages.SaveDraftRequest(alice.bob, "half a tho"))
    told = await tablet.updates.next(lambda u: isinstance(u, types.UpdateDraftMessage), "the draft")
    require_equal(told.draft.message, "half a tho", "the draft")
    await alice.client.send_message(alice.bob, "half a thought", clear_draft=True)
    await bob.saw_text("half a thought")
    gone = await tablet.updates.next(lambda u: isinstance(u, types.UpdateDraftMessage), "the end of the draft")
    require(isinstance(gone.draft, types.DraftMessageEmpty), "the draft is still there")


async def pin_chat(alice, tablet, bob):
    peer = types.InputDialogPeer(alice.bob)
    for pinned in (True, False):
        await alice.client(functions.messages.ToggleDialogPinRequest(peer, pinned=pinned))
        await tablet.updates.next(
            lambda u: isinstance(u, (types.UpdateDialogPinned, types.UpdatePinnedDialogs)), "the pinned dialog"
        )
        found = {d.id: d for d in await tablet.client.get_dialogs(limit=5)}
        require_equal(bool(found[bob.me["id"]].pinned), pinned, "whether it is pinned")
        require(not pinned or next(iter(found)) == bob.me["id"], "the pinned dialog is not the first")


async def archive(alice, tablet, bob):
    for number in (1, 0):
        await alice.client.edit_folder(alice.bob, number)
        told = await tablet.updates.next(
            lambda u: isinstance(u, types.UpdateFolderPeers) and u.folder_peers, "the archive"
        )
        require_equal([f.folder_id for f in told.folder_peers], [number], "the folder")
        there = [d.id for d in await tablet.client.get_dialogs(folder=1)]
        require_equal(there, [bob.me["id"]] * number, "the archive")


async def folder(alice, tablet, bob):
    chosen = types.DialogFilter(
        id=2,
        title=types.TextWithEntities("Work", []),
        pinned_peers=[],
        include_peers=[utils.get_input_peer(alice.bob)],
        exclude_peers=[],
    )
    await alice.client(functions.messages.UpdateDialogFilterRequest(id=2, filter=chosen))
    told = await tablet.updates.next(lambda u: isinstance(u, types.UpdateDialogFilter), "the folder")
    require_equal(told.filter.include_peers[0].user_id, bob.me["id"], "who is in the folder")


async def timer(alice, bob):
    await alice.client(functions.messages.SetHistoryTTLRequest(alice.bob, 2))
    sent, got = await tells(alice, bob, "this goes by itself")
    require_equal(sent.ttl_period, 2, "the time it has")
    await alice.saw(events.MessageDeleted.Event, lambda e: sent.id in e.deleted_ids)
    await bob.td.update("updateDeleteMessages", lambda u: u["is_permanent"] and got["id"] in u["message_ids"])
    await alice.client(functions.messages.SetHistoryTTLRequest(alice.bob, 0))


async def dice(alice, bob):
    answer = await bob.td.call(
        "sendMessage",
        chat_id=bob.chat["id"],
        input_message_content={"@type": "inputMessageDice", "emoji": "\N{GAME DIE}", "clear_draft": False},
    )
    sent = await bob.sent(answer)
    seen = await alice.saw(events.NewMessage.Event, lambda e: isinstance(e.message.media, types.MessageMediaDice))
    require_equal(seen.message.media.value, sent["content"]["value"], "what came up")
    require(1 <= seen.message.media.value <= 6, "no die has that")


async def reaction(alice, tablet, bob):
    sent = await bob.send(bob.chat, "do you like it?")
    seen = await alice.saw_text("do you like it?")
    heart = [types.ReactionEmoji("\N{HEAVY BLACK HEART}")]
    await alice.client(functions.messages.SendReactionRequest(alice.bob, seen.message.id, reaction=heart))
    update = await bob.td.update(
        "updateMessageInteractionInfo",
        lambda u: u["message_id"] == sent["id"] and u["interaction_info"]["reactions"],
    )
    there = update["interaction_info"]["reactions"]["reactions"]
    require_equal([(r["type"]["emoji"], r["total_count"]) for r in there], [("\N{HEAVY BLACK HEART}", 1)], "reactions")
    told = await tablet.updates.next(
        lambda u: isinstance(u, types.UpdateMessageReactions) and u.msg_id == seen.message.id, "updateMessageReactions"
    )
    require_equal(told.reactions.results[0].count, 1, "how many")


async def rename(alice, tablet):
    await alice.client(functions.account.UpdateProfileRequest(last_name="Bauer", about="by sunlight"))
    update = await tablet.saw(types.UpdateUserName, lambda u: u.user_id == alice.me.id)
    require_equal((update.first_name, update.last_name), ("Alice", "Bauer"), "the name")
    full = await tablet.client(functions.users.GetFullUserRequest("me"))
    require_equal(full.full_user.about, "by sunlight", "what she says of herself")


async def usernames(alice, tablet, bob):
    await alice.client(functions.account.UpdateUsernameRequest("alice_b"))
    await tablet.saw(types.UpdateUserName, lambda u: [n.username for n in u.usernames] == ["alice_b"])
    chat = await bob.td.call("searchPublicChat", username="Alice_B")
    require_equal(chat["id"], bob.chat["id"], "the chat that TDLib finds")
    await bob.td.call("setUsername", username="bob_the_second")
    require_equal((await alice.client.get_entity("bob_the_second")).id, bob.me["id"], "whom Telethon finds")
    try:
        await alice.client(functions.account.UpdateUsernameRequest("BOB_the_second"))
    except UsernameOccupiedError:
        return
    require(False, "a username was given to two")


async def contacts(alice, bob):
    await bob.td.call(
        "addContact",
        user_id=alice.me.id,
        contact={
            "@type": "importedContact",
            "phone_number": alice.phone,
            "first_name": "Alice from work",
            "last_name": "",
        },
        share_phone_number=False,
    )
    await bob.td.update("updateUser", lambda u: u["user"]["first_name"] == "Alice from work")
    await bob.td.call("removeContacts", user_ids=[alice.me.id])
    await bob.td.update("updateUser", lambda u: u["user"]["id"] == alice.me.id and not u["user"]["is_contact"])
    require_equal((await bob.td.call("getContacts"))["user_ids"], [], "contacts")


async def block(alice, bob):
    await alice.client(functions.contacts.BlockRequest(alice.bob))
    await bob.send(bob.chat, "can you hear me?")
    blocked = await alice.client(functions.contacts.GetBlockedRequest(0, 10))
    require_equal([entry.peer_id.user_id for entry in blocked.blocked], [bob.me["id"]], "the list")
    await alice.client(functions.contacts.UnblockRequest(alice.bob))
    await bob.send(bob.chat, "and now?")
    await alice.saw_text("and now?")
    texts = [message.message for message in await alice.client.get_messages(alice.bob, limit=3)]
    require("can you hear me?" not in texts, "what was sent to somebody who had blocked its writer arrived")


async def is_there(alice, here):
    await alice.client(functions.account.UpdateStatusRequest(offline=not here))


async def told_of(bob, user_id, kind):
    """The next status of somebody that TDLib is told of, of this kind."""
    wanted = f"userStatus{kind}"
    return await bob.td.update(
        "updateUserStatus", lambda u: u["user_id"] == user_id and u["status"]["@type"] == wanted
    )


async def status_told(alice, bob):
    """The next status of Bob that Telethon is told of, whatever it is."""
    told = await alice.updates.next(
        lambda u: isinstance(u, types.UpdateUserStatus) and u.user_id == bob.me["id"], "a status of Bob"
    )
    return told.status


async def presence_telethon(alice, bob):
    bob.td.forget("updateUserStatus")
    await is_there(alice, True)
    await told_of(bob, alice.me.id, "Online")
    await is_there(alice, False)
    await told_of(bob, alice.me.id, "Offline")


async def online(bob, here):
    await bob.td.call("setOption", name="online", value={"@type": "optionValueBoolean", "value": here})


async def presence_tdlib(alice, bob):
    alice.updates.taken(lambda update: isinstance(update, types.UpdateUserStatus))
    await online(bob, True)
    require(isinstance(await status_told(alice, bob), types.UserStatusOnline), "Bob is not online")
    require(isinstance((await seen_by(alice)).status, types.UserStatusOnline), "his user does not say so")
    await online(bob, False)
    require(isinstance(await status_told(alice, bob), types.UserStatusOffline), "Bob is still online")


async def seen_by(alice):
    return (await alice.client(functions.users.GetUsersRequest([alice.bob])))[0]


async def presence_blocked(alice, bob):
    bob.td.forget("updateUserStatus")
    await alice.client(functions.contacts.BlockRequest(alice.bob))
    await is_there(alice, True)
    await alice.client(functions.contacts.UnblockRequest(alice.bob))
    await is_there(alice, False)
    first = await bob.td.update("updateUserStatus", lambda u: u["user_id"] == alice.me.id)
    require_equal(first["status"]["@type"], "userStatusOffline", "the first thing that Bob is told")


async def presence_hidden(alice, bob):
    await shows_status(bob, "RestrictAll")
    status = (await seen_by(alice)).status
    require(isinstance(status, types.UserStatusRecently) and not status.by_me, f"what is hidden shows as {status}")
    await shows_status(bob, "AllowAll")
    require(isinstance((await seen_by(alice)).status, types.UserStatusOffline), "it does not show again")


async def shows_status(bob, rule):
    setting = {"@type": "userPrivacySettingShowStatus"}
    rules = {"@type": "userPrivacySettingRules", "rules": [{"@type": f"userPrivacySettingRule{rule}"}]}
    await bob.td.call("setUserPrivacySettingRules", setting=setting, rules=rules)
    kept = await bob.td.call("getUserPrivacySettingRules", setting=setting)
    # TDLib leaves out a last rule that says what no rule says too.
    left = [] if rule == "RestrictAll" else [f"userPrivacySettingRule{rule}"]
    require_equal([one["@type"] for one in kept["rules"]], left, "the rules")


async def presence_cut(tablet, bob):
    await is_there(tablet, True)
    await told_of(bob, tablet.me.id, "Online")
    await tablet.disconnect()
    await told_of(bob, tablet.me.id, "Offline")
    await tablet.come_back(catch_up=True)


async def renamed_to_others(alice, bob):
    await alice.client(functions.account.UpdateProfileRequest(last_name="Quick"))
    await bob.td.update("updateUser", lambda u: u["user"]["id"] == alice.me.id and u["user"]["last_name"] == "Quick")


async def counters(alice, tablet):
    state = await alice.client(functions.updates.GetStateRequest())
    # The last update may be on its way to the tablet yet; what was pushed to it has been counted by Telethon itself.
    await tablet.caught_up(state.pts)
    require_equal(alice.pts(), state.pts, "Telethon's own counter")


async def away(alice, tablet, bob):
    await tablet.disconnect()
    sent, got = await tells(alice, bob, "before")
    kept, _ = await tells(alice, bob, "kept")
    await alice.client.edit_message(alice.bob, kept.id, "kept and changed")
    await alice.client.delete_messages(alice.bob, [sent.id], revoke=True)
    await alice.client(functions.account.UpdateProfileRequest(last_name=""))
    await tablet.come_back(catch_up=True)
    seen = await tablet.saw(events.NewMessage.Event, lambda e: e.message.id == kept.id)
    require_equal(seen.raw_text, "kept and changed", "the text")
    mine, theirs = await asyncio.gather(
        alice.client.get_messages(alice.bob, limit=100), tablet.client.get_messages(tablet.bob, limit=100)
    )
    require_equal([m.to_dict() for m in theirs], [m.to_dict() for m in mine], "the history")
