"""Two accounts with two devices each; one device of each is away while more than a thousand texts are written."""

import asyncio

from telethon import events

from .report import require, require_equal
from .scenario_talk import meet, second_device, sign_up
from .stage import both_clients
from .tdlib_user import text_of
from .telethon_user import TelethonUser

TEXTS = 1_050

# So many calls of Telethon are on their way at once.
AT_ONCE = 50


async def run(report, server):
    world = await both_clients(report, server, pfs=True)

    alice = TelethonUser(server, "15550100001", "Alice", server.folder / "Alice.session")
    tablet = TelethonUser(server, "15550100001", "Alice", server.folder / "Alice-tablet.session")
    bob = world.user("Bob", "+15550100002")
    await report.check("sign-up of both", sign_up(alice, bob), vital=True)
    await report.check("they meet", meet(alice, bob), vital=True)
    await report.check("a second device signs in and has the same history", second_device(alice, tablet), vital=True)
    await tablet.disconnect()
    await bob.close()
    texts = [f"while you were away {n}" for n in range(TEXTS)]
    await report.check(f"{TEXTS} texts are written", write(alice, texts), vital=True)
    await report.check("TDLib, away, gets on return more than 1,000 texts, each once, in order", returns(bob, texts))
    await report.check(
        "Telethon, away, gets on return more than 1,000 texts, each once, in order", tablet_returns(alice, tablet, texts)
    )
    await alice.disconnect()
    await tablet.disconnect()
    await bob.close()


async def write(alice, texts):
    for at in range(0, len(texts), AT_ONCE):
        await asyncio.gather(*(alice.client.send_message(alice.bob, text) for text in texts[at : at + AT_ONCE]))


def is_one_of_many(text):
    return text is not None and text.startswith("while you were away")


async def returns(bob, texts):
    await bob.come_back()
    got = []
    for _ in texts:
        update = await bob.td.update("updateNewMessage", lambda u: is_one_of_many(text_of(u["message"])))
        got.append(update["message"])
    in_order(texts, [text_of(message) for message in got], [message["id"] for message in got])
    chat = await bob.td.call("getChat", chat_id=bob.chat["id"])
    require_equal(chat["unread_count"], len(texts) + 1, "unread, with the first text of all")


async def tablet_returns(alice, tablet, texts):
    await tablet.come_back(catch_up=True)
    got = []
    for _ in texts:
        event = await tablet.events.next(
            lambda e: isinstance(e, events.NewMessage.Event) and is_one_of_many(e.raw_text), "a text of the many"
        )
        got.append(event.message)
    in_order(texts, [message.message for message in got], [message.id for message in got])
    await tablet.caught_up(alice.pts())
    more = tablet.events.taken(lambda e: isinstance(e, events.NewMessage.Event))
    require_equal([e.raw_text for e in more], [], "what came besides")


def in_order(texts, got, numbers):
    """The texts were written some at a time, so their ids say what their order is."""
    require_equal(sorted(got), sorted(texts), "the texts")
    require(numbers == sorted(numbers), "they did not come in the order of their ids")
