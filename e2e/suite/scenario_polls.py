"""Polls between Alice of Telethon and Bob of TDLib, a search over all chats, and saved messages by where they come from."""

from telethon import events, functions, types

from .report import require, require_equal
from .scenario_talk import meet, sign_up
from .stage import both_clients
from .telethon_user import TelethonUser


async def run(report, server):
    world = await both_clients(report, server, pfs=False)

    alice = TelethonUser(server, "15550100001", "Alice", server.folder / "Alice.session")
    bob = world.user("Bob", "+15550100002")
    await report.check("sign-up of both", sign_up(alice, bob), vital=True)
    await report.check("they meet", meet(alice, bob), vital=True)
    await report.check("a poll from Telethon is answered by TDLib, live", poll_telethon(alice, bob))
    await report.check("a quiz from Telethon tells TDLib what is right once it has answered, and ends", quiz(alice, bob))
    await report.check("a poll of TDLib with itself is answered, taken back and ended", poll_tdlib(bob))
    await report.check("a search over all chats finds a word in each, from both", search_all(alice, bob))
    await report.check("saved messages of TDLib stand under where they come from", saved_topics(alice, bob))
    await alice.disconnect()
    await bob.close()


def words(text):
    return types.TextWithEntities(text, [])


def formatted(text):
    return {"@type": "formattedText", "text": text, "entities": []}


async def saw_poll(bob, poll_id, wanted):
    """The next state of a poll, as TDLib has it, for which `wanted` holds."""

    def has(update):
        poll = update["new_content"].get("poll")
        return poll is not None and poll["id"] == poll_id and wanted(poll)

    return (await bob.td.update("updateMessageContent", has))["new_content"]["poll"]


async def told_poll(alice, poll_id, wanted):
    return await alice.updates.next(
        lambda u: isinstance(u, types.UpdateMessagePoll) and u.poll_id == poll_id and wanted(u), "updateMessagePoll"
    )


async def poll_telethon(alice, bob):
    answers = [types.PollAnswer(words("Hills"), b"h"), types.PollAnswer(words("Sea"), b"s")]
    poll = types.Poll(id=0, question=words("Where to?"), answers=answers, hash=0, public_voters=True)
    sent = await alice.client.send_message(alice.bob, file=types.InputMediaPoll(poll))
    got = await bob.td.update("updateNewMessage", lambda u: u["message"]["content"]["@type"] == "messagePoll")
    got = got["message"]
    shown = got["content"]["poll"]
    require_equal([o["text"]["text"] for o in shown["options"]], ["Hills", "Sea"], "the options")
    require(not shown["is_anonymous"] and shown["total_voter_count"] == 0, "not the poll that was sent")
    await bob.td.call("setPollAnswer", chat_id=bob.chat["id"], message_id=got["id"], option_ids=[1])
    told = await told_poll(alice, sent.media.poll.id, lambda u: u.results.total_voters == 1)
    require(all(r.voters is None for r in told.results.results), "who has not voted sees what others chose")
    answer = await alice.client(functions.messages.SendVoteRequest(alice.bob, sent.id, [b"h"]))
    results = next(u for u in answer.updates if isinstance(u, types.UpdateMessagePoll)).results
    require_equal([(r.chosen, r.voters) for r in results.results], [(True, 1), (False, 1)], "the results")
    seen = await saw_poll(bob, shown["id"], lambda p: p["total_voter_count"] == 2)
    require_equal([o["voter_count"] for o in seen["options"]], [1, 1], "the votes")
    voters = await bob.td.call(
        "getPollVoters", chat_id=bob.chat["id"], message_id=got["id"], option_id=0, offset=0, limit=10
    )
    require_equal(voters["total_count"], 1, "who voted for the hills")
    votes = await alice.client(functions.messages.GetPollVotesRequest(alice.bob, sent.id, limit=10))
    require_equal(sorted(v.option for v in votes.votes), [b"h", b"s"], "who voted for what")


async def quiz(alice, bob):
    answers = [types.InputPollAnswer(words("Hills")), types.InputPollAnswer(words("Sea"))]
    poll = types.Poll(id=0, question=words("Where is it warm?"), answers=answers, hash=0, quiz=True)
    media = types.InputMediaPoll(poll, correct_answers=[1], solution="At the sea.", solution_entities=[])
    answer = await alice.client(functions.messages.SendMediaRequest(alice.bob, media, ""))
    sent = next(u for u in answer.updates if isinstance(u, types.UpdateNewMessage)).message
    got = await bob.td.update(
        "updateNewMessage", lambda u: u["message"]["content"].get("poll", {}).get("type", {}).get("@type") == "pollTypeQuiz"
    )
    got = got["message"]
    await bob.td.call("setPollAnswer", chat_id=bob.chat["id"], message_id=got["id"], option_ids=[0])
    known = await saw_poll(bob, got["content"]["poll"]["id"], lambda p: p["type"]["correct_option_ids"])
    require_equal(known["type"]["correct_option_ids"], [1], "what is right")
    require_equal(known["type"]["explanation"]["text"], "At the sea.", "the solution")
    told = await told_poll(alice, sent.media.poll.id, lambda u: u.results.total_voters == 1)
    require(told.results.recent_voters is None, "an anonymous poll names who voted")
    closed = types.InputMediaPoll(types.Poll(id=sent.media.poll.id, question=words(""), answers=[], hash=0, closed=True))
    await alice.client(functions.messages.EditMessageRequest(alice.bob, sent.id, media=closed))
    await saw_poll(bob, known["id"], lambda p: p["is_closed"])


async def poll_tdlib(bob):
    """TDLib sends polls to bots and to itself only."""
    own = await bob.td.call("createPrivateChat", user_id=bob.me["id"], force=False)
    asked = {
        "@type": "inputMessagePoll",
        "question": formatted("Where to?"),
        "options": [{"@type": "inputPollOption", "text": formatted(text)} for text in ("Hills", "Sea")],
        "is_anonymous": False,
        "allows_multiple_answers": True,
        "allows_revoting": True,
        "type": {"@type": "inputPollTypeRegular"},
    }
    sent = await bob.sent(await bob.td.call("sendMessage", chat_id=own["id"], input_message_content=asked))
    poll_id = sent["content"]["poll"]["id"]
    place = {"chat_id": own["id"], "message_id": sent["id"]}
    await bob.td.call("setPollAnswer", option_ids=[0, 1], **place)
    poll = await saw_poll(bob, poll_id, lambda p: p["total_voter_count"] == 1)
    require_equal([o["voter_count"] for o in poll["options"]], [1, 1], "the votes")
    await bob.td.call("setPollAnswer", option_ids=[], **place)
    await saw_poll(bob, poll_id, lambda p: p["total_voter_count"] == 0)
    await bob.td.call("stopPoll", **place)
    await saw_poll(bob, poll_id, lambda p: p["is_closed"])


async def search_all(alice, bob):
    await bob.send(bob.chat, "a haystack with a pin in it")
    await alice.saw_text("a haystack with a pin in it")
    await alice.client.send_message("me", "another haystack")
    found = [m.message async for m in alice.client.iter_messages(None, search="HAYSTACK", limit=10)]
    require_equal(found, ["another haystack", "a haystack with a pin in it"], "what Telethon found")
    answer = await bob.td.call("searchMessages", query="haystack", offset="", limit=10)
    texts = [m["content"]["text"]["text"] for m in answer["messages"]]
    require_equal(texts, ["a haystack with a pin in it"], "what TDLib found")


async def saved_topics(alice, bob):
    message = await alice.client.send_message(alice.bob, "worth keeping")
    got = await bob.saw_text("worth keeping")
    own = await bob.td.call("createPrivateChat", user_id=bob.me["id"], force=False)
    await bob.send(own, "a note")
    forwarded = await bob.td.call(
        "forwardMessages",
        chat_id=own["id"],
        from_chat_id=bob.chat["id"],
        message_ids=[got["id"]],
        send_copy=False,
        remove_caption=False,
    )
    await bob.sent(forwarded["messages"][0])
    await bob.td.call("loadSavedMessagesTopics", limit=10)
    update = await bob.td.update(
        "updateSavedMessagesTopic",
        lambda u: u["topic"]["type"]["@type"] == "savedMessagesTopicTypeSavedFromChat" and u["topic"].get("last_message"),
    )
    topic = update["topic"]
    require_equal(topic["type"]["chat_id"], bob.chat["id"], "the origin")
    history = await bob.td.call(
        "getSavedMessagesTopicHistory", saved_messages_topic_id=topic["id"], from_message_id=0, offset=0, limit=10
    )
    require_equal([m["content"]["text"]["text"] for m in history["messages"]], ["worth keeping"], "what was saved")
    require(message.id > 0, "Alice's message has no number")
