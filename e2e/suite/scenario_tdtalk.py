"""The other way round than `talk`: Bob of TDLib, with two devices, does it all, and Alice of Telethon sees it."""

from telethon import events, functions, types

from .report import require, require_equal
from .scenario_talk import by_place, marked, meet, sign_up, tells
from .stage import both_clients
from .tdlib_user import ARCHIVE_LIST, MAIN_LIST, content, text_of
from .telethon_user import TelethonUser

DAY = 86_400


async def run(report, server):
    world = await both_clients(report, server, pfs=False)

    alice = TelethonUser(server, "15550100001", "Alice", server.folder / "Alice.session")
    bob = world.user("Bob", "+15550100002")
    tablet = world.user("tablet", bob.phone)
    await report.check("sign-up of both", sign_up(alice, bob), vital=True)
    await report.check("they meet", meet(alice, bob), vital=True)
    await report.check("a second device signs in and has the same history", second_device(bob, tablet), vital=True)
    await report.check("an answer from TDLib says what it answers", reply(alice, bob, tablet))
    await report.check("every mark from TDLib arrives byte for byte", marks(alice, bob, tablet))
    await report.check("an edit from TDLib shows in Telethon and on the other device", edit(alice, bob, tablet))
    await report.check("a reaction from TDLib shows in Telethon and on the other device", reaction(alice, bob, tablet))
    await report.check("both are given the drawings of the reactions", drawings(alice, bob))
    await report.check("who deletes for himself leaves the other's copy, from TDLib", delete_for_me(alice, bob, tablet))
    await report.check("a pinned message is pinned for both, from TDLib", pin(alice, bob, tablet))
    await report.check("a draft from TDLib shows on the other device and goes when it is sent", draft(alice, bob, tablet))
    await report.check("saved messages from TDLib are on the other device", saved(alice, bob, tablet))
    await report.check("a pinned chat from TDLib is pinned on the other device", pin_chat(bob, tablet))
    await report.check("an archived chat from TDLib is archived on the other device", archive(bob, tablet))
    await report.check("a folder from TDLib shows on the other device", folder(bob, tablet))
    await report.check("a timer from TDLib is on what is sent then", timer(alice, bob, tablet))
    await report.check("whom TDLib blocks reaches nobody until he is not", block(alice, bob, tablet))
    laptop = world.user("laptop", bob.phone)
    await report.check("history pages of TDLib meet without gap or overlap", pages(bob, laptop))
    await alice.disconnect()
    await bob.close()
    await tablet.close()


async def second_device(bob, tablet):
    await tablet.open()
    await tablet.connect()
    await tablet.sign_in()
    tablet.chat = bob.chat
    require_equal([text_of(m) for m in await tablet.history(tablet.chat)], ["Hello Bob"], "the history")
    await tablet.td.call("openChat", chat_id=tablet.chat["id"])


async def answer(user, message, **fields):
    """Sends a message with these fields besides, and returns it as it was accepted."""
    pending = await user.td.call(
        "sendMessage", chat_id=user.chat["id"], input_message_content=message, **fields
    )
    return await user.sent(pending)


async def on_tablet(tablet, sent):
    """The other device's own copy of what was sent."""
    update = await tablet.td.update("updateNewMessage", lambda u: u["message"]["id"] == sent["id"])
    return update["message"]


async def reply(alice, bob, tablet):
    first, got = await tells(alice, bob, "did you see that?")
    sent = await answer(
        bob, content("I did"), reply_to={"@type": "inputMessageReplyToMessage", "message_id": got["id"]}
    )
    header = (await alice.saw_text("I did")).message.reply_to
    require_equal((header.reply_to_msg_id, header.quote), (first.id, False), "what is answered")
    copy = await on_tablet(tablet, sent)
    require_equal(copy["reply_to"]["message_id"], got["id"], "what is answered, on the other device")


async def marks(alice, bob, tablet):
    text, expected, entities = marked()
    message = content(text)
    message["text"]["entities"] = entities
    sent = await answer(bob, message)
    require_equal(sent["content"]["text"]["entities"], entities, "marks of the sender's own copy")
    seen = await alice.saw_text(text)
    require_equal(by_place(seen.message.entities), by_place(expected), "marks in Telethon")
    copy = await on_tablet(tablet, sent)
    require_equal(copy["content"]["text"], sent["content"]["text"], "text and marks on the other device")


async def edit(alice, bob, tablet):
    sent = await bob.send(bob.chat, "tihrd")
    seen = await alice.saw_text("tihrd")
    await bob.td.call(
        "editMessageText", chat_id=bob.chat["id"], message_id=sent["id"], input_message_content=content("third")
    )
    edited = await alice.saw(events.MessageEdited.Event, lambda e: e.message.id == seen.message.id)
    require_equal(edited.raw_text, "third", "the text")
    update = await tablet.td.update("updateMessageContent", lambda u: u["message_id"] == sent["id"])
    require_equal(update["new_content"]["text"]["text"], "third", "the text on the other device")


FIRE = {"@type": "reactionTypeEmoji", "emoji": "\N{FIRE}"}


async def reaction(alice, bob, tablet):
    sent, got = await tells(alice, bob, "do you like that?")
    offered = await bob.td.call("getMessageAvailableReactions", chat_id=bob.chat["id"], message_id=got["id"], row_size=8)
    emoji = [one["type"]["emoji"] for one in offered["top_reactions"]]
    require_equal((emoji[0], len(emoji)), ("\N{THUMBS UP SIGN}", 26), "what TDLib offers")
    here = {"chat_id": bob.chat["id"], "message_id": got["id"], "reaction_type": FIRE}
    await bob.td.call("addMessageReaction", **here, is_big=False, update_recent_reactions=False)
    told = await reactions_of(alice, sent)
    require_equal([(r.reaction.emoticon, r.count) for r in told.results], [("\N{FIRE}", 1)], "reactions in Telethon")
    require_equal(await shown_on(tablet, got), [("\N{FIRE}", 1, True)], "reactions on the other device")
    # Hers beside his own, then his own away.
    heart = [types.ReactionEmoji("\N{HEAVY BLACK HEART}")]
    await alice.client(functions.messages.SendReactionRequest(alice.bob, sent.id, reaction=heart))
    both = [("\N{FIRE}", 1, True), ("\N{HEAVY BLACK HEART}", 1, False)]
    require_equal(sorted(await shown_on(tablet, got, 2)), sorted(both), "reactions of both")
    await bob.td.call("removeMessageReaction", **here)
    require_equal(await shown_on(tablet, got), [("\N{HEAVY BLACK HEART}", 1, False)], "what is left")


async def reactions_of(alice, sent):
    is_told = lambda u: isinstance(u, types.UpdateMessageReactions) and u.msg_id == sent.id
    return (await alice.updates.next(is_told, "updateMessageReactions")).reactions


async def shown_on(tablet, message, how_many=1):
    """The reactions to a message as the other device shows them, once there are so many kinds."""

    def of(update):
        shown = (update["interaction_info"] or {}).get("reactions") or {"reactions": []}
        return [(r["type"]["emoji"], r["total_count"], r["is_chosen"]) for r in shown["reactions"]]

    update = await tablet.td.update(
        "updateMessageInteractionInfo", lambda u: u["message_id"] == message["id"] and len(of(u)) == how_many
    )
    return of(update)


async def drawings(alice, bob):
    """TDLib reads each of them; of Telethon one is enough, since it asks in smaller parts."""
    fields = [f"{name}_animation" for name in ("appear", "select", "activate", "effect", "around", "center")]
    for emoji in (await bob.td.update("updateActiveEmojiReactions"))["emojis"]:
        whole = await bob.td.call("getEmojiReaction", emoji=emoji)
        require(whole["is_active"] and whole["title"], "what it is called")
        for field, begin in [("static_icon", b"RIFF"), *[(field, b"\x1f\x8b") for field in fields]]:
            sticker = whole[field]
            require_equal(sticker["emoji"], emoji, "what is drawn")
            file = sticker["sticker"]
            got = await bob.td.call("downloadFile", file_id=file["id"], priority=32, offset=0, limit=0, synchronous=True)
            require(got["local"]["is_downloading_completed"], f"{field} is not there")
            with open(got["local"]["path"], "rb") as drawing:
                data = drawing.read()
            require(data.startswith(begin) and len(data) == file["size"], f"{field} is something else")
    listed = await alice.client(functions.messages.GetAvailableReactionsRequest(0))
    still = listed.reactions[0].static_icon
    require_equal(len(await alice.client.download_media(still, bytes)), still.size, "a picture in Telethon")


async def delete_for_me(alice, bob, tablet):
    sent = await bob.send(bob.chat, "Bob forgets this")
    seen = await alice.saw_text("Bob forgets this")
    await on_tablet(tablet, sent)
    await bob.td.call("deleteMessages", chat_id=bob.chat["id"], message_ids=[sent["id"]], revoke=False)
    await tablet.td.update("updateDeleteMessages", lambda u: u["is_permanent"] and sent["id"] in u["message_ids"])
    for device in (bob, tablet):
        there = [text_of(m) for m in await device.history(device.chat)]
        require("Bob forgets this" not in there, f"{device.name} still has it")
    copy = await alice.client.get_messages(alice.bob, ids=seen.message.id)
    require_equal(copy.message, "Bob forgets this", "Alice's copy")


async def pin(alice, bob, tablet):
    sent = await bob.send(bob.chat, "this is important")
    seen = await alice.saw_text("this is important")
    await bob.td.call(
        "pinChatMessage",
        chat_id=bob.chat["id"],
        message_id=sent["id"],
        disable_notification=True,
        only_for_self=False,
    )
    for pinned in (True, False):
        told = await alice.updates.next(
            lambda u: isinstance(u, types.UpdatePinnedMessages) and bool(u.pinned) == pinned, "updatePinnedMessages"
        )
        require_equal(told.messages, [seen.message.id], "what is pinned")
        await tablet.td.update(
            "updateMessageIsPinned", lambda u: u["message_id"] == sent["id"] and u["is_pinned"] == pinned
        )
        if pinned:
            await bob.td.call("unpinChatMessage", chat_id=bob.chat["id"], message_id=sent["id"])


async def draft(alice, bob, tablet):
    half = {
        "@type": "draftMessage",
        "content": {
            "@type": "draftMessageContentText",
            "text": {"@type": "formattedText", "text": "half a sen"},
        },
    }
    tablet.td.forget("updateChatDraftMessage")
    await bob.td.call("setChatDraftMessage", chat_id=bob.chat["id"], draft_message=half)
    # TDLib saves the draft of an open chat when that is closed.
    await bob.td.call("closeChat", chat_id=bob.chat["id"])
    told = await tablet.td.update("updateChatDraftMessage", lambda u: u["draft_message"])
    require_equal(told["draft_message"]["content"]["text"]["text"], "half a sen", "the draft")
    await bob.td.call("openChat", chat_id=bob.chat["id"])
    await answer(bob, {**content("half a sentence"), "clear_draft": True})
    await alice.saw_text("half a sentence")
    await tablet.td.update("updateChatDraftMessage", lambda u: not u.get("draft_message"))


async def saved(alice, bob, tablet):
    first, got = await tells(alice, bob, "worth keeping")
    notes = await bob.td.call("createPrivateChat", user_id=bob.me["id"], force=False)
    forwarded = await bob.td.call(
        "forwardMessages",
        chat_id=notes["id"],
        from_chat_id=bob.chat["id"],
        message_ids=[got["id"]],
        send_copy=False,
        remove_caption=False,
    )
    kept = await bob.sent(forwarded["messages"][0])
    await bob.send(notes, "a note of Bob's")
    copy = await on_tablet(tablet, kept)
    require_equal(copy["forward_info"]["origin"]["sender_user_id"], alice.me.id, "who wrote it")
    source = copy["forward_info"]["source"]
    require_equal((source["chat_id"], source["message_id"]), (bob.chat["id"], got["id"]), "where it was")
    there = await tablet.history(await tablet.td.call("createPrivateChat", user_id=bob.me["id"], force=False))
    require_equal([text_of(m) for m in there], ["a note of Bob's", "worth keeping"], "what is saved")
    require(first.out, "Alice's message is not hers")


def position(chat, chat_list, wanted):
    """Whether an update puts the chat into this list so."""
    return lambda u: (
        u["chat_id"] == chat["id"] and u["position"]["list"]["@type"] == chat_list["@type"] and wanted(u["position"])
    )


async def pin_chat(bob, tablet):
    for pinned in (True, False):
        await bob.td.call("toggleChatIsPinned", chat_list=MAIN_LIST, chat_id=bob.chat["id"], is_pinned=pinned)
        await tablet.td.update(
            "updateChatPosition", position(bob.chat, MAIN_LIST, lambda p: p["is_pinned"] == pinned)
        )
        if pinned:
            require_equal((await tablet.all_chats())[0], bob.chat["id"], "the first chat")


async def archive(bob, tablet):
    for chat_list in (ARCHIVE_LIST, MAIN_LIST):
        tablet.td.forget("updateChatPosition")
        await bob.td.call("addChatToList", chat_id=bob.chat["id"], chat_list=chat_list)
        await tablet.td.update("updateChatPosition", position(bob.chat, chat_list, lambda p: p["order"] != "0"))
        lists = (await tablet.td.call("getChat", chat_id=bob.chat["id"]))["chat_lists"]
        require_equal([one["@type"] for one in lists], [chat_list["@type"]], "the lists")


async def folder(bob, tablet):
    work = {
        "@type": "chatFolder",
        "name": {"@type": "chatFolderName", "text": {"@type": "formattedText", "text": "Work"}},
        "included_chat_ids": [bob.chat["id"]],
    }
    tablet.td.forget("updateChatFolders")
    made = await bob.td.call("createChatFolder", folder=work)
    told = await tablet.td.update("updateChatFolders", lambda u: u["chat_folders"])
    require_equal([f["name"]["text"]["text"] for f in told["chat_folders"]], ["Work"], "the folders")
    there = await tablet.td.call("getChatFolder", chat_folder_id=made["id"])
    require_equal(there["included_chat_ids"], [bob.chat["id"]], "who is in it")
    await bob.td.call("deleteChatFolder", chat_folder_id=made["id"], leave_chat_ids=[])
    await tablet.td.update("updateChatFolders", lambda u: not u["chat_folders"])


async def timer(alice, bob, tablet):
    for seconds in (DAY, 0):
        await bob.td.call(
            "setChatMessageAutoDeleteTime", chat_id=bob.chat["id"], message_auto_delete_time=seconds
        )
        await tablet.td.update(
            "updateChatMessageAutoDeleteTime", lambda u: u["message_auto_delete_time"] == seconds
        )
        sent = await bob.send(bob.chat, f"this stays for {seconds}")
        seen = await alice.saw_text(f"this stays for {seconds}")
        require_equal(seen.message.ttl_period or 0, seconds, "the time it has in Telethon")
        copy = await on_tablet(tablet, sent)
        require(seconds - 60 < copy["auto_delete_in"] <= seconds, f"{copy['auto_delete_in']} on the other device")


async def block(alice, bob, tablet):
    sender = {"@type": "messageSenderUser", "user_id": alice.me.id}
    nobody = {"@type": "blockListMain"}
    await bob.td.call("setMessageSenderBlockList", sender_id=sender, block_list=nobody)
    await tablet.td.update("updateChatBlockList", lambda u: u["chat_id"] == bob.chat["id"] and u.get("block_list"))
    await alice.client.send_message(alice.bob, "can you hear me, Bob?")
    blocked = await bob.td.call("getBlockedMessageSenders", block_list=nobody, offset=0, limit=10)
    require_equal([s["user_id"] for s in blocked["senders"]], [alice.me.id], "the list")
    await bob.td.call("setMessageSenderBlockList", sender_id=sender)
    await tablet.td.update("updateChatBlockList", lambda u: not u.get("block_list"))
    await tells(alice, bob, "and now, Bob?")
    texts = [text_of(m) for m in await bob.history(bob.chat)]
    require("can you hear me, Bob?" not in texts, "what a blocked one sent arrived")


async def pages(bob, laptop):
    """A device that was not there asks for the chat in small pages."""
    for n in range(20):
        await bob.send(bob.chat, f"page me {n}")
    whole = [m["id"] for m in await bob.history(bob.chat)]
    require_equal(whole, sorted(set(whole), reverse=True), "newest first, each once")
    await laptop.open()
    await laptop.connect()
    await laptop.sign_in()
    require_equal([m["id"] for m in await laptop.history(bob.chat, limit=7)], whole, "ids of all pages")
    await laptop.close()
