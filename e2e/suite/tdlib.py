"""TDLib as its JSON interface has it: the shared library with our public key in it, and instances of its client.

The library is the one in the PyPI package `tdjson`, changed in one thing: its built-in public keys are replaced with
ours of equal length (https://core.telegram.org/tdlib, https://core.telegram.org/mtproto/auth_key).
"""

import asyncio
import collections
import ctypes
import importlib.util
import itertools
import json
import pathlib
import re
import threading

from .report import EVENT_SECONDS, Failed, Mailbox, require

VERSION = "1.8.67"

# A 2048-bit key with the exponent 65537, without a newline at its end. One more PEM in the library has 427 bytes: it
# signs configurations fetched through other channels and is none of MTProto's.
PEM_BYTES = 425
PEM = re.compile(rb"-----BEGIN RSA PUBLIC KEY-----[A-Za-z0-9+/=\n]+-----END RSA PUBLIC KEY-----")

# Production and test environment have one key each.
PEMS_IN_LIBRARY = 2

# 0 fatal, 1 errors, 2 warnings, 3 informational; level 3 is needed to see why a step failed.
LOG_VERBOSITY = 3
LOG_BYTES_MAX = 256 << 20

# What of that level says nothing about a failed step.
LOG_CHATTER = r"\[(Client|ConnectionCreator|MessageDb)\.cpp:\d+\]|^\[ [34]\].*\[&(net_query|td_requests|config_recoverer)\]"

RECEIVE_SECONDS = 0.5


class TdError(Exception):
    """TDLib's answer `error`."""

    def __init__(self, code, message):
        super().__init__(f"{code} {message}")
        self.code = code
        self.message = message


def library_with_key(pem, folder):
    """Writes a copy of the library that trusts the key in `pem` and returns its path."""
    key = pem.strip().encode()
    require(len(key) == PEM_BYTES, f"the public key's PEM has {len(key)} bytes instead of {PEM_BYTES}")
    package = pathlib.Path(importlib.util.find_spec("tdjson").submodule_search_locations[0])
    originals = list((package.parent / "tdjson.libs").glob("libtdjson*"))
    require(len(originals) == 1, f"expected one library of TDLib, found {originals}")
    library = originals[0].read_bytes()
    places = [m.start() for m in PEM.finditer(library) if len(m[0]) == PEM_BYTES]
    require(len(places) == PEMS_IN_LIBRARY, f"expected {PEMS_IN_LIBRARY} public keys in TDLib, found {len(places)}")
    for place in places:
        library = library[:place] + key + library[place + PEM_BYTES :]
    copy = pathlib.Path(folder) / "libtdjson-with-our-key.so"
    copy.write_bytes(library)
    return copy


class Tdlib:
    """The loaded library: hands out instances and brings each one's events into the running event loop."""

    def __init__(self, path, log):
        self._library = ctypes.CDLL(str(path))
        self._library.td_create_client_id.restype = ctypes.c_int
        self._library.td_send.argtypes = [ctypes.c_int, ctypes.c_char_p]
        self._library.td_receive.argtypes = [ctypes.c_double]
        self._library.td_receive.restype = ctypes.c_char_p
        self._library.td_execute.argtypes = [ctypes.c_char_p]
        self._library.td_execute.restype = ctypes.c_char_p
        stream = {"@type": "logStreamFile", "path": str(log), "max_file_size": LOG_BYTES_MAX, "redirect_stderr": False}
        self._execute({"@type": "setLogStream", "log_stream": stream})
        self._execute({"@type": "setLogVerbosityLevel", "new_verbosity_level": LOG_VERBOSITY})
        self._instances = {}
        self._loop = asyncio.get_running_loop()
        threading.Thread(target=self._receive, daemon=True).start()

    def instance(self):
        """A new client of the library, which waits for its parameters."""
        client_id = self._library.td_create_client_id()
        instance = Instance(lambda query: self._library.td_send(client_id, json.dumps(query).encode()))
        self._instances[client_id] = instance
        return instance

    def _execute(self, query):
        answer = json.loads(self._library.td_execute(json.dumps(query).encode()))
        require(answer["@type"] == "ok", f"{query['@type']}: {answer}")

    def _receive(self):
        while True:
            if event := self._library.td_receive(RECEIVE_SECONDS):
                self._loop.call_soon_threadsafe(self._deliver, json.loads(event))

    def _deliver(self, event):
        instance = self._instances.get(event.pop("@client_id"))
        if instance is not None:
            instance.deliver(event)


class Instance:
    """One client of TDLib: requests are awaited, updates wait in `events`."""

    def __init__(self, send):
        self._send = send
        self._answers = {}
        self._numbers = itertools.count(1)
        self.events = Mailbox()
        self._states = Mailbox()

    def ask(self, kind, **fields):
        """Sends a request; its answer can be awaited."""
        number = next(self._numbers)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        self._send({"@type": kind, "@extra": number, **fields})
        return answer

    async def call(self, kind, **fields):
        """Sends a request and returns its answer; an error is raised as `TdError`."""
        try:
            answer = await asyncio.wait_for(self.ask(kind, **fields), EVENT_SECONDS)
        except asyncio.TimeoutError:
            raise Failed(f"{kind} was not answered within {EVENT_SECONDS} s") from None
        if answer["@type"] == "error":
            raise TdError(answer["code"], answer["message"])
        return answer

    async def authorization(self, state):
        """Waits until the authorization is in this state (named without its prefix) and returns it."""
        name = f"authorizationState{state}"
        return await self._states.next(lambda s: s["@type"] == name, name)

    async def update(self, kind, wanted=lambda update: True):
        """The next update of this kind for which `wanted` holds."""
        return await self.events.next(lambda u: u["@type"] == kind and wanted(u), kind)

    def forget(self, kind):
        """Drops the updates of this kind that came so far, so that the next awaited one is a new one."""
        self.events.taken(lambda u: u["@type"] == kind)

    def deliver(self, event):
        if (number := event.pop("@extra", None)) is not None:
            answer = self._answers.pop(number)
            if not answer.done():
                answer.set_result(event)
        elif event["@type"] == "updateAuthorizationState":
            self._states.put(event["authorization_state"])
        else:
            self.events.put(event)


# A line of TDLib's log of level 1 or below: thread, time, then place and text. A query that was refused follows on the
# next line.
LOG_ERROR = re.compile(r"^\[ ?-?[01]\]\[t ?\d+\]\[[\d.]+\](\[\w+\.cpp:\d+\])\S*\s(.*)")
OF_MESSAGE = re.compile(r"server message \d+")
QUERY = re.compile(r"^[0-9a-f]{8}\b")

# What no server can keep TDLib from saying: another device was faster and had emptied the chat, or deleted what this one had
# just read or sent, or an answer came in one packet with updates: those that stand before it are told first, but TDLib takes the
# answer first.
OVERTAKEN = re.compile(
    r"Receive error for ToggleDialogUnreadMarkQuery: \[Error : 400 : PEER_ID_INVALID\]"
    r"|Receive error for ToggleDialogPinQuery: \[Error : 400 : PEER_HISTORY_EMPTY\]"
    r"|Ignore server message \d+ in chat \d+ received not through update from on_get_topic_history\."
    r"|Failed to repair server unread count in chat \d+, because receive read_inbox_max_message_id"
    r"|Server message count become negative in \[topic of chat \d+\]"
    r"|Receive error \[Error : 400 : RANDOM_ID_DUPLICATE\] about successfully sent message"
    r"|Receive messageEmpty instead of missing server message \d+"
    r"|Attach server message \d+ before server message \d+ .* from updateNewMessage with an awaited message"
)

# What TDLib sent, was answered, and keeps for after the difference that it is asking for: should that difference leave the
# message out, since it is deleted by then, it is kept all the same.
KEPT = re.compile(
    r"New server message (\d+) in chat (\d+) from updateNewMessage with an awaited message has identifier less than"
)


def kept_for_ever(log):
    """The messages, as chat and number, that TDLib kept although they were deleted: no difference tells it of them."""
    with log.open(errors="replace") as lines:
        return {(int(found[2]), int(found[1])) for found in map(KEPT.search, lines) if found}


# An answer that says how many are unread, which TDLib takes before the updates in its packet, though it has counted them: they
# are counted once more.
RECOUNTED = re.compile(r"Repaired server unread count in chat (\d+) from")


def recounted(log):
    """Chats whose unread messages TDLib asked the server to count, and may count otherwise since."""
    with log.open(errors="replace") as lines:
        return {int(found[1]) for found in map(RECOUNTED.search, lines) if found}


async def clean_log(log):
    """TDLib says at level 1 and below what a server must not do."""
    errors = collections.Counter()
    too_late = set()
    with log.open(errors="replace") as lines:
        for line in lines:
            if "Can't add auto-deleted" in line:
                too_late.add(OF_MESSAGE.search(line)[0])
            if error := LOG_ERROR.match(line):
                query = QUERY.match(next(lines, ""))
                if OVERTAKEN.match(error[2]) or KEPT.match(error[2]):
                    continue
                if "Unread count became negative" in error[2] and OF_MESSAGE.search(error[2])[0] in too_late:
                    # It was told of a message whose time was over by then, and counts it out without having counted it.
                    continue
                errors[f"{error[1]} {error[2]} {query[0] if query else ''}".strip()] += 1
    require(not errors, "; ".join(f"{n} x {text}" for text, n in errors.most_common()))
