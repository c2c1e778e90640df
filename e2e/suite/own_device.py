"""A device of Heliograph's own client: a program that is driven line by line, and keeps what it has by updates alone.

What it asks is made by Telethon's schema, so that it does what the devices of Telethon do; what it is told it keeps itself.
"""

import asyncio
import json

from telethon import functions, types
from telethon.errors import rpc_message_to_error
from telethon.extensions import BinaryReader
from telethon.tl.alltlobjects import LAYER

from .devices import TelethonActions
from .report import Failed, require
from .server import binary

# What is answered in one line: the chats of an account, whole.
LINE_BYTES = 64 << 20


def program():
    """The device, which is built with the tests, beside the server."""
    path = binary().parent / "examples" / "device"
    if not path.is_file():
        raise Failed(f"no {path}: build it (cargo build --package client --example device)")
    return path


class RpcFault:
    """An error in the form in which Telethon makes exceptions of it."""

    def __init__(self, code, name):
        self.error_code, self.error_message = code, name


class OwnDevice(TelethonActions):
    def __init__(self, seed, server, phone, name, relay):
        super().__init__(seed, name, relay)
        self._server = server
        self.phone = phone
        self._turn = asyncio.Lock()

    async def connect(self):
        key = self._server.folder / f"{self.name} key.pem"
        key.write_text(self._server.public_key)
        address = f"{self.relay.host}:{self.relay.port}"
        log = (self._server.folder / f"{self.name}.log").open("w")
        pipe = asyncio.subprocess.PIPE
        self._process = await asyncio.create_subprocess_exec(
            program(), address, key, str(LAYER), stdin=pipe, stdout=pipe, stderr=log, limit=LINE_BYTES
        )

    async def order(self, name, argument=None):
        async with self._turn:
            self._process.stdin.write(json.dumps({name: argument}).encode() + b"\n")
            line = await self._process.stdout.readline()
        require(line, f"the program of {self.name} has ended")
        return json.loads(line)

    async def call(self, request):
        answer = await self.order("call", bytes(request).hex())
        if "error" in answer:
            raise rpc_message_to_error(RpcFault(*answer["error"]), request)
        with BinaryReader(bytes.fromhex(answer["answer"])) as reader:
            return request.read_result(reader)

    async def sign_in(self):
        settings = types.CodeSettings()
        sent = await self.call(functions.auth.SendCodeRequest(self.phone, 1, "heliograph", settings))
        code = await self._server.code_for(self.phone)
        await self.call(functions.auth.SignInRequest(self.phone, sent.phone_code_hash, code))

    async def begin(self, hashes):
        self.hashes, self.peers = hashes, list(hashes)
        me = await self.call(functions.users.GetUsersRequest([types.InputUserSelf()]))
        self.my_id = me[0].id
        await self.order("read", self.my_id)
        await self.look()

    async def look(self):
        shown = await self.order("show")
        self.pts = shown["pts"]
        self.view = {int(peer): with_numbers(chat) for peer, chat in shown["chats"].items()}

    async def act(self):
        # It is away from the time at which it is closed until it is back.
        async with self.gate:
            await self.look()
        await super().act()

    def messages(self, peer):
        return self.view.get(peer, {}).get("messages", {})

    def read_up_to(self, peer, one, affected):
        """The program knows what its calls have done."""

    deleted = cleared = read_up_to

    async def leave(self):
        await self.order("leave")

    async def back(self):
        await self.order("back")

    async def end(self):
        self._process.stdin.close()
        await self._process.wait()

    async def saw_note(self, note):
        while True:
            await self.look()
            if any(one["text"] == note for one in self.messages(self.my_id).values()):
                return
            await self.call(functions.help.GetNearestDcRequest())

    async def seen(self):
        await self.look()
        return self.view, {}


def with_numbers(chat):
    """A chat as the others show theirs: JSON has texts for keys, and lists for pairs."""
    messages = {}
    for n, one in chat["messages"].items():
        pairs = {field: [tuple(pair) for pair in one[field]] for field in ("marks", "reactions")}
        messages[int(n)] = {**one, **pairs, "marks": sorted(pairs["marks"]), "reply": one["reply"] and tuple(one["reply"])}
    return {**chat, "messages": messages}
