"""One named line for each check, with the logs of both sides when it fails.

A scenario is a coroutine that reads from top to bottom: each step is `await report.check("what must hold", step)`.
A failed step lets the next one run; a step marked `vital` ends its scenario, since nothing after it could tell
anything.
"""

import asyncio
import collections
import pathlib
import re
import time
import traceback
from contextlib import suppress

# How long one awaited event may take. Generous, since an unoptimised server may share two cores with a compiler.
EVENT_SECONDS = 30

# How long one check may take in all; a check awaits a handful of events.
CHECK_SECONDS = 90

LOG_TAIL_LINES = 40


class Failed(Exception):
    """A check's condition does not hold."""


class ScenarioEnded(Exception):
    """A vital check failed: the rest of the scenario means nothing."""


class Report:
    """Counts and prints the checks of one scenario."""

    def __init__(self, scenario):
        self.scenario = scenario
        self.passed = 0
        self.failed = 0
        self._logs = []

    def show_on_failure(self, name, path, without=None):
        """Registers a log whose new lines, but for those that match `without`, are printed when a check fails."""
        self._logs.append(Log(name, pathlib.Path(path), without))

    async def check(self, title, step, vital=False, seconds=CHECK_SECONDS):
        """Awaits `step`, prints its line and returns what it returned (None when it failed)."""
        for log in self._logs:
            log.mark()
        started = time.monotonic()
        try:
            result = await asyncio.wait_for(step, seconds)
        except Exception as problem:
            self._fail(title, problem)
            if vital:
                raise ScenarioEnded(title) from None
            return None
        self.passed += 1
        print(f"ok {self.scenario}: {title} ({time.monotonic() - started:.2f} s)")
        return result

    def _fail(self, title, problem):
        self.failed += 1
        print(f"FAIL {self.scenario}: {title}: {described(problem)}")
        frames = [f for f in traceback.extract_tb(problem.__traceback__) if "/suite/" in f.filename]
        for frame in frames:
            print(f"    {pathlib.Path(frame.filename).name}:{frame.lineno}: {frame.line}")
        for log in self._logs:
            for line in log.tail():
                print(f"    {log.name} | {line}")


class Log:
    """A file that somebody else appends to; `lines` and `tail` give what came since `mark`."""

    def __init__(self, name, path, without=None):
        self.name = name
        self._path = path
        self._without = re.compile((without or "$.").encode())
        self._offset = 0

    def mark(self):
        with suppress(FileNotFoundError):
            self._offset = self._path.stat().st_size

    def lines(self):
        """All since `mark`, for as long as somebody wants more."""
        with suppress(FileNotFoundError), self._path.open("rb") as file:
            file.seek(self._offset)
            for line in file:
                if not self._without.search(line):
                    yield line.decode("utf-8", "replace").rstrip()

    def tail(self):
        return list(collections.deque(self.lines(), LOG_TAIL_LINES))


def described(problem):
    """The problem in one line."""
    if isinstance(problem, Failed):
        return str(problem)
    if isinstance(problem, asyncio.TimeoutError) and not str(problem):
        return "not done in time"
    return f"{type(problem).__name__}: {problem}"


def require(condition, otherwise):
    """Fails the running check, saying `otherwise`, unless the condition holds."""
    if not condition:
        raise Failed(otherwise)


def require_equal(found, expected, what):
    """Fails the running check unless both values are the same."""
    require(found == expected, f"{what}: {found!r} instead of {expected!r}")


class Mailbox:
    """Events of one client in the order they came; each is handed out once."""

    def __init__(self):
        self._waiting = []
        self._arrived = asyncio.Event()

    def put(self, event):
        self._waiting.append(event)
        self._arrived.set()

    async def next(self, wanted, what, seconds=EVENT_SECONDS):
        """The first event for which `wanted` holds, present or to come; `what` names it when it never comes."""
        deadline = time.monotonic() + seconds
        while True:
            for idx, event in enumerate(self._waiting):
                if wanted(event):
                    return self._waiting.pop(idx)
            self._arrived.clear()
            left = deadline - time.monotonic()
            try:
                await asyncio.wait_for(self._arrived.wait(), left)
            except asyncio.TimeoutError:
                raise Failed(f"{what} did not come within {seconds} s; {self._contents()}") from None

    def taken(self, wanted):
        """Takes out and returns all events present for which `wanted` holds."""
        found = [event for event in self._waiting if wanted(event)]
        self._waiting = [event for event in self._waiting if not wanted(event)]
        return found

    def _contents(self):
        if not self._waiting:
            return "nothing else came either"
        kinds = collections.Counter(kind(event) for event in self._waiting)
        return "what came: " + ", ".join(f"{n} x {name}" for name, n in kinds.most_common())


def kind(event):
    """The name of an event's type, of TDLib's JSON as of Telethon's objects."""
    if isinstance(event, dict):
        return event.get("@type", "?")
    return type(event).__qualname__
