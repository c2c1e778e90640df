"""Five vaults in networks of their own, 50 ms away, are killed, cut off, put back and replaced while Telethon and TDLib chat.

Nothing is lost, nothing that was deleted comes back, and the operator is told of each.
"""

import asyncio
import re
import time

from telethon import functions, utils
from telethon.errors import RPCError

from .friends import Friend, done, say
from .report import EVENT_SECONDS, Failed, Log, require, require_equal
from .scenario_durable import each_once, has_each, no_code, reconnected, write
from .scenario_mixed import first_text, import_alice, import_bob, sign_up_tdlib, sign_up_telethon
from .scenario_vaults import final, until
from .server import FLAGS, Server, binary
from .stage import both_clients
from .tdlib_user import text_of
from .telethon_user import TelethonUser

# Three of them open a key, three have to say that a deletion is final, and four take new keys.
VAULTS = 5

# Rounds of one text and its answer before a step counts as one in which both chatted.
ROUNDS = 8

FRIENDS = []


async def start_server(folder):
    """With five friends as vaults."""
    flags = tuple(flag for flag in FLAGS if flag != "--dev-processes")
    return await Server.start(folder, flags, begin)


async def begin(folder):
    server_key = (await say("vault", "invite", "--data", folder / "data")).strip()
    FRIENDS.extend(Friend(number, folder, server_key) for number in range(1, VAULTS + 1))
    await asyncio.gather(*(friend.begin() for friend in FRIENDS))
    return [word for friend in FRIENDS for word in ("--vault", friend.line)]


async def run(report, server):
    world = await both_clients(report, server, pfs=True)
    patient = {"connection_retries": 1000}
    alice = TelethonUser(server, "15550100001", "Alice", server.folder / "Alice.session", **patient)
    bob = world.user("Bob", "+15550100002")
    carol = TelethonUser(server, "15550100003", "Carol", server.folder / "Carol.session", **patient)
    await report.check("sign-up of Alice with Telethon", sign_up_telethon(alice), vital=True)
    await report.check("sign-up of Bob with TDLib", sign_up_tdlib(bob), vital=True)
    await report.check("sign-up of Carol, who leaves", signed_up_and_gone(carol), vital=True)
    await report.check("Alice imports both", import_both(alice, bob, carol), vital=True)
    await report.check("a text reaches Bob", first_text(alice, bob), vital=True)
    await report.check("Bob imports Alice", import_alice(bob, alice), vital=True)
    drill = Drill(server, alice, bob, carol)
    try:
        await play(report, drill)
    finally:
        await drill.end()
    await alice.disconnect()
    await bob.close()
    await carol.disconnect()


async def play(report, drill):
    await report.check("one vault is killed: deletions are final without it, and it is named", drill.one_killed())
    await report.check("two are cut off: both chat on, and deletions wait until they are back", drill.two_cut_off())
    await report.check("the server is killed: both chat on", drill.server_killed(), vital=True)
    await report.check("three are cut off: who is warm chats on, who is cold is told to come again", drill.three_cut_off())
    await report.check("they are back: so is who was cold, without signing in", drill.cold_comes_back(), vital=True)
    await report.check("one vault is put back to an old copy: it is named", drill.one_put_back())
    await report.check("that vault is replaced: all keys are shared anew while both chat", drill.one_replaced())
    await report.check("the server is killed once more: nothing that was deleted is there", drill.nothing_resurrected())
    await report.check("the chat comes to its end", drill.chat.end(), vital=True)
    await report.check("every text that was accepted is there once, in Telethon", drill.once_in_telethon())
    await report.check("every text that was accepted is there once, in TDLib", drill.once_in_tdlib())
    await report.check("both have it in the same order", drill.same_order())
    await report.check("nobody has been sent another code", no_code(drill.alice, drill.bob, drill.server))
    await report.check("all folders together open what is alive and nothing that was deleted", drill.dug_up())


class Drill:
    """What happens, in its order, and what must come of it."""

    def __init__(self, server, alice, bob, carol):
        self.server, self.alice, self.bob, self.carol = server, alice, bob, carol
        self.chat = Chat(alice, bob)
        self.deleted = []
        self._copy = server.folder / "vault-1-copy"
        # What others may have got hold of.
        self._folders = [self._copy]
        self._carol_comes = None
        self._step = Log("server", server.log)

    async def end(self):
        """Also after a failure."""
        if self._carol_comes is not None:
            self._carol_comes.cancel()
        await self.chat.stop()

    async def one_killed(self):
        self._step.mark()
        friend = FRIENDS[0]
        await friend.kill()
        friend.copy_to(self._copy)
        await self.logged("A vault cannot be reached. vault=1")
        await self.delete("while one is gone")
        await final(self.server)
        await self.chat.goes_on()
        await friend.serve()
        await self.logged("A vault is reached again. vault=1")

    async def two_cut_off(self):
        self._step.mark()
        for friend in FRIENDS[1:3]:
            await friend.cut()
        await self.delete("while two are gone")
        told, _ = await asyncio.gather(self.server.shred(), self.chat.goes_on())
        require(told["open"] > 0, f"a tick with three vaults of five: {told}")
        for friend in FRIENDS[1:3]:
            await self.logged(f"A vault cannot be reached. vault={friend.number}")
            await friend.mend()
        for friend in FRIENDS[1:3]:
            await self.logged(f"A vault is reached again. vault={friend.number}")
        await final(self.server)
        await self.chat.goes_on()

    async def server_killed(self):
        await self.server.restart_after_kill()
        await self.chat.goes_on()

    async def three_cut_off(self):
        self._step.mark()
        for friend in FRIENDS[2:]:
            await friend.cut()
        self._carol_comes = asyncio.create_task(self.carol.come_back())
        await asyncio.gather(self.told_to_come_again(), self.chat.goes_on())
        await self.logged("Keys did not come from the vaults in time")
        for friend in FRIENDS[2:]:
            await self.logged(f"A vault cannot be reached. vault={friend.number}")
        await self.chat.goes_on()
        await self.operator_is_told("state", {3: "away", 4: "away", 5: "away"})
        require(not self._carol_comes.done(), "Carol, whose keys nobody has, is connected, or gave up")

    async def told_to_come_again(self):
        """Straight to the sender: the client itself would do as it is told, and come again."""
        carol = utils.get_input_peer(self.alice.carol)
        to_carol = functions.messages.SendMessageRequest(carol, "from Alice to Carol, too early", random_id=1)
        try:
            await self.alice.client._sender.send(to_carol)
        except RPCError as error:
            require_equal(error.code, 500, f"code of {error}")
        else:
            require(False, "a message to somebody cold was accepted without her keys")

    async def cold_comes_back(self):
        self._step.mark()
        for friend in FRIENDS[2:]:
            await friend.mend()
        await self._carol_comes
        require_equal((await self.carol.client.get_me()).id, self.carol.me.id, "who is signed in")
        require_equal(await self.server.inbox(self.carol.phone), [], "codes sent to Carol by the server that came back")
        await self.alice.client.send_message(self.alice.carol, "from Alice to Carol")
        told = await self.carol.saw_text("from Alice to Carol")
        there = await self.carol.client.get_messages(await told.get_input_chat(), limit=5)
        require_equal([message.message for message in there], ["from Alice to Carol"], "Carol's messages")
        for friend in FRIENDS[2:]:
            await self.logged(f"A vault is reached again. vault={friend.number}")
        await self.chat.goes_on()

    async def one_put_back(self):
        self._step.mark()
        friend = FRIENDS[0]
        await friend.kill()
        friend.put_back(self._copy)
        await friend.serve()
        await self.delete("while one is put back")
        await self.server.shred()
        await self.logged("A vault is at fault. vault=1 fault=rolled-back")
        await self.operator_is_told("faults", {1: "rolled-back", 2: "none", 3: "none", 4: "none", 5: "none"})
        await final(self.server)
        await self.chat.goes_on()

    async def one_replaced(self):
        """By a sixth friend; the one before is gone, and his folder is in the hands of somebody else."""
        self._step.mark()
        old, new = FRIENDS[0], Friend(VAULTS + 1, self.server.folder, FRIENDS[0].server_key)
        await old.kill()
        await new.begin()
        _, old_key, _ = old.line.split()
        data = ("--data", self.server.folder / "data")
        await asyncio.gather(say("admin", *data, "vaults", "replace", old_key, new.line), self.chat.goes_on())
        await self.logged("Another vault takes the place of one; all keys are shared anew. vault=1")
        await self.logged("All keys are shared anew: the shares of the vault that was replaced are of no use. vault=1")
        FRIENDS[0] = new
        self._folders.append(old.folder)
        await self.delete("after one is replaced")
        await final(self.server)
        await self.operator_is_told("state", {number: "here" for number in range(1, VAULTS + 1)})
        await self.chat.goes_on()

    async def nothing_resurrected(self):
        """Everything comes anew from the vaults, one of which is new."""
        await self.server.restart_after_kill()
        await self.chat.goes_on()
        await reconnected(self.alice)
        there = await texts_of_alice(self.alice) + await texts_of_bob(self.bob)
        require(not set(there) & set(self.deleted), "what was deleted is there")

    async def delete(self, when):
        """Alice sends a text and deletes it for both."""
        text = f"from Alice, to be deleted {when}"
        sent = await self.alice.client.send_message(self.alice.bob, text)
        await self.bob.saw_text(text)
        await self.alice.client.delete_messages(self.alice.bob, [sent.id], revoke=True)
        self.deleted.append(text)

    async def once_in_telethon(self):
        await reconnected(self.alice)
        self.all_there(await texts_of_alice(self.alice), "Alice")

    async def once_in_tdlib(self):
        self.all_there(await texts_of_bob(self.bob), "Bob")

    async def same_order(self):
        require(await texts_of_alice(self.alice) == await texts_of_bob(self.bob), "they do not")

    def all_there(self, there, name):
        has_each(set(there), self.chat.written, name)
        each_once(there, self.chat.written)
        require(not set(there) & set(self.deleted), f"at {name}'s: what was deleted")

    async def dug_up(self):
        """By the program that opens all that can be opened."""
        alive = self.chat.written[0][0]
        self.server.kill()
        for friend in FRIENDS:
            await friend.kill()
        now = [friend.folder for friend in FRIENDS]
        of_all = await self.exhume([*self._folders, *now], alive)
        # What was of the vault that was replaced, and one vault less than open a key.
        of_few = await self.exhume([*self._folders, *now[1:3]], alive)
        for friend in FRIENDS:
            await friend.serve()
        await self.server.restart_after_kill()
        require_equal(of_all, [2] + [0] * len(self.deleted), "rows with what is alive, and with each that was deleted")
        require_equal(of_few, [0] * (1 + len(self.deleted)), "such rows with too few vaults")

    async def exhume(self, vaults, alive):
        """How many rows hold what is alive, and each of what was deleted."""
        program = binary().with_name("exhume")
        require(program.is_file(), f"no {program}: build it (cargo build --package exhume)")
        data, ids = self.server.folder / "data", (str(self.alice.me.id), str(self.bob.me["id"]))
        texts = (alive, *self.deleted)
        told = await done(program, "--data", data, "--vault", *vaults, "--id", *ids, "--find", *texts)
        return [int(re.search(f'rows with "{text}": ([0-9]+)', told)[1]) for text in texts]

    async def operator_is_told(self, fact, wanted):
        """Asks as the operator does until this fact of some vaults, by their numbers, is what it must be."""
        deadline = time.monotonic() + EVENT_SECONDS
        while True:
            told = await say("admin", "--data", self.server.folder / "data", "vaults")
            of_each = (part.split("\n", 1) for part in told.split("\nvault ")[1:])
            found = {int(number): re.search(rf"^  {fact} (.*)$", facts, re.MULTILINE)[1] for number, facts in of_each}
            if all(found.get(number) == word for number, word in wanted.items()):
                return
            require(time.monotonic() < deadline, f"{fact} of the vaults: {found} instead of {wanted}")

    async def logged(self, words):
        """Waits for these words in a line of the server's log that was written since this step began."""
        await until(lambda: any(words in line for line in self._step.lines()), f"line {words!r} in the log")


class Chat:
    """Alice writes, Bob sees it and answers, and so on for as long as it lasts."""

    def __init__(self, alice, bob):
        self._alice, self._bob = alice, bob
        # What was accepted: Alice's texts, and Bob's.
        self.written = [], []
        self._further = asyncio.Event()
        self._is_ending = False
        self._task = asyncio.create_task(self._go())

    async def _go(self):
        at_alice, at_bob = self.written
        try:
            while not self._is_ending:
                n = len(at_bob)
                text, reply = f"drill: from Alice {n}", f"drill: from Bob {n}"
                await write(self._alice, text)
                at_alice.append(text)
                await self._bob.saw_text(text)
                await self._bob.send(self._bob.chat, reply)
                at_bob.append(reply)
                self._further.set()
        finally:
            self._further.set()

    async def goes_on(self):
        """Waits for some more rounds."""
        upto = len(self.written[1]) + ROUNDS
        while len(self.written[1]) < upto:
            if self._task.done():
                self._task.result()
                raise Failed("the chat has ended")
            self._further.clear()
            await self._further.wait()

    async def end(self):
        """Lets the last round end."""
        self._is_ending = True
        await self._task

    async def stop(self):
        """At once."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


async def signed_up_and_gone(carol):
    await sign_up_telethon(carol)
    await carol.disconnect()


async def import_both(alice, bob, carol):
    await import_bob(alice, bob)
    alice.carol = await alice.import_contact(carol)


async def texts_of_alice(alice):
    return [message.message for message in await alice.client.get_messages(alice.bob, limit=None, wait_time=0)]


async def texts_of_bob(bob):
    return [text_of(message) for message in await bob.history(bob.chat)]
