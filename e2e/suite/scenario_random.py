"""Three people with three devices each, Telethon, TDLib and Heliograph's own client, do what they like while lines break and the server is killed.

At the end every device must have what the server has, though each was told by updates and differences alone. All that is
random comes from one seed, which is printed; what the devices do at the same time, the machine decides.

  E2E_SEED      the seed; 1 without it
  E2E_ACTIONS   how much is done in all; 900 without it
"""

import asyncio
import os
import random
import time

from .devices import ACTIONS as FREQUENCIES
from .devices import TdlibDevice, TelethonDevice
from .mirror import asked, differences
from .own_device import OwnDevice
from .relay import Relay, Socks5
from .report import Failed, require
from .stage import both_clients
from .tdlib import kept_for_ever, recounted
from .telethon_user import TelethonUser

SEED = int(os.environ.get("E2E_SEED", 1))
ACTIONS = int(os.environ.get("E2E_ACTIONS", 900))

# So much is done between two disturbances, and while one lasts.
BETWEEN, DURING = (15, 40), (5, 60)

# How long the devices may take to be level with the server when all is quiet: timers of a second end meanwhile.
LEVEL_SECONDS = 20

# What happens so often must have happened.
FREQUENT = 10

PEOPLE = {
    "Alice": ("15550100001", ("telethon", "telethon", "own")),
    "Bob": ("15550100002", ("tdlib", "tdlib", "telethon")),
    "Carol": ("15550100003", ("telethon", "tdlib", "own")),
}


async def run(report, server):
    world = await both_clients(report, server, pfs=False, proxy=False)
    people = await report.check("everybody signs in, on all devices", gather(server, world), vital=True)
    devices = [device for person in people for device in person.devices]
    title = f"seed {SEED}: {ACTIONS} things are done while lines break and the server is killed"
    await report.check(title, disturbed(server, devices), vital=True, seconds=60 + ACTIONS // 5)
    for name, kind in (("Telethon", TelethonDevice), ("TDLib", TdlibDevice), ("our own client", OwnDevice)):
        mine = [device for device in devices if isinstance(device, kind)]
        await report.check(f"of {name} something of each frequent kind was done", all_kinds(mine))
    log = server.folder / "tdlib.log"
    for person in people:
        await report.check(f"all devices of {person.name} have what the server has", level(person, log))
    for person in people:
        for device in person.devices:
            await device.leave()
            await device.end()
        await person.witness.disconnect()


class Person:
    """An account: its devices, and a session that only looks what the server has."""

    def __init__(self, name, phone):
        self.name = name
        self.phone = phone
        self.devices = []


async def gather(server, world):
    people = []
    for name, (phone, _) in PEOPLE.items():
        person = Person(name, phone)
        person.witness = TelethonUser(server, phone, name, server.folder / f"{name} witness.session", connection_retries=400)
        await person.witness.connect()
        await person.witness.sign_up()
        people.append(person)
    for person in people:
        person.hashes = {person.witness.me.id: person.witness.me.access_hash}
        for other in people:
            if other is not person:
                found = await person.witness.import_contact(other)
                person.hashes[found.id] = found.access_hash
    for person in people:
        for peer in person.hashes:
            await person.witness.client.send_message(peer, f"Hello from {person.name}")
    for person in people:
        for n, kind in enumerate(PEOPLE[person.name][1]):
            device = await signed_in(server, world, person, f"{person.name} {kind} {n}", kind)
            person.devices.append(device)
    return people


async def signed_in(server, world, person, name, kind):
    if kind == "own":
        device = OwnDevice(SEED, server, person.phone, name, await Relay.start(server))
        await device.connect()
        await device.sign_in()
        await device.begin(person.hashes)
    elif kind == "telethon":
        device = TelethonDevice(SEED, server, person.phone, name, await Relay.start(server))
        await device.connect()
        await device.sign_in()
        await device.begin(person.hashes)
    else:
        device = TdlibDevice(SEED, world, "+" + person.phone, name, await Socks5.start(server))
        await device.user.open()
        await device.user.connect()
        await device.user.sign_in()
        await device.begin(person.hashes)
    return device


class Course:
    """Counts what is done, so that disturbances come after things and not after a time."""

    def __init__(self, total):
        self.total = total
        self.count = 0
        self._changed = asyncio.Condition()

    async def done(self):
        async with self._changed:
            self.count += 1
            self._changed.notify_all()

    def over(self):
        return self.count >= self.total

    async def after(self, more):
        """Waits until so many more things are done, or all."""
        goal = min(self.total, self.count + more)
        async with self._changed:
            await self._changed.wait_for(lambda: self.count >= goal)


async def disturbed(server, devices):
    course = Course(ACTIONS)
    await asyncio.gather(
        lines(course, devices), kills(course, server), *(acts(course, device) for device in devices)
    )


async def acts(course, device):
    while not course.over():
        await device.act()
        await course.done()


async def lines(course, devices):
    """One device after the other loses its line for a while, or is closed for a while."""
    chance = random.Random(f"{SEED} lines")
    while not course.over():
        await course.after(chance.randint(*BETWEEN))
        device = chance.choice(devices)
        if chance.random() < 0.5:
            device.relay.cut()
            await course.after(chance.randint(*DURING))
            device.relay.mend()
        else:
            async with device.gate:
                await device.leave()
                await course.after(chance.randint(*DURING))
                await device.back()


async def kills(course, server):
    chance = random.Random(f"{SEED} kills")
    while not course.over():
        await course.after(chance.randint(ACTIONS // 8, ACTIONS // 4))
        if not course.over():
            await server.restart_after_kill()


async def all_kinds(devices):
    done, refused = {}, {}
    for device in devices:
        for total, counts in ((done, device.done), (refused, device.refused)):
            for name, n in counts.items():
                total[name] = total.get(name, 0) + n
    print("     " + ", ".join(f"{n} x {name}" for name, n in sorted(done.items())))
    if refused:
        print("     refused: " + ", ".join(f"{n} x {name}" for name, n in sorted(refused.items())))
    idle = [name for name, weight in FREQUENCIES.items() if weight >= FREQUENT and not done.get(name)]
    require(not idle, f"nobody did any of {idle}")


async def level(person, log):
    """Each device is told of a note and so has been told of all before it; then it must have what the server has."""
    note = f"the end of {person.name}"
    await again(person.witness, lambda: person.witness.client.send_message("me", note))
    for device in person.devices:
        await device.saw_note(note)
    deadline = time.monotonic() + LEVEL_SECONDS
    while True:
        mirror, counts = await again(person.witness, lambda: asked(person.witness.client, person.witness.me.id))
        expected = mirror.view()
        told = [f"the server counts: {one}" for one in differences(expected, expected, counts)]
        for device in person.devices:
            found, counted = await device.seen()
            told += [f"{device.name}: {one}" for one in differences(found, expected, counted, person.witness.me.id)]
        kept = {f"chat {chat}, message {n}: too many" for chat, n in kept_for_ever(log)} if told else set()
        told = [one for one in told if one.partition(": ")[2] not in kept]
        doubtful = tuple(f"chat {chat}: " for chat in recounted(log)) if told else ()
        told = [one for one in told if not is_recount(one, doubtful)]
        if not told:
            return
        if time.monotonic() > deadline:
            raise Failed(f"{len(told)} differences: " + "; ".join(told[:20]))
        # What TDLib ends by its own clock gives no event.
        await asyncio.sleep(0.05)


def is_recount(told, doubtful):
    """Whether TDLib alone counts what is unread otherwise, in one of these chats."""
    device, _, what = told.partition(": ")
    return " tdlib " in f" {device} " and what.startswith(doubtful) and " unread counted " in what


async def again(user, call):
    """Telethon gives a call up when its connection ends."""
    while True:
        try:
            return await call()
        except ConnectionError:
            await user.connect()
