"""The server under test: started as its command line promises, watched through its ready file, inbox and log."""

import asyncio
import ctypes
import json
import os
import pathlib
import shutil
import signal
import subprocess
import time
import urllib.parse
import urllib.request

from .report import EVENT_SECONDS, Failed, require

# How long the server may take to say that it answers, and to leave when it is told to.
READY_SECONDS = 30
EXIT_SECONDS = 15


def root():
    """The work tree of the project."""
    return pathlib.Path(os.environ["E2E_ROOT"])


def binary():
    """The server's program: the one named by HELIOGRAPH, else the newest one built."""
    named = os.environ.get("HELIOGRAPH")
    if named:
        return pathlib.Path(named).resolve()
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", root() / "target"))
    built = [path for path in (target / kind / "heliograph" for kind in ("release", "debug")) if path.is_file()]
    if not built:
        raise Failed(f"no server in {target}: build it (cargo build --release) or name it in HELIOGRAPH")
    return max(built, key=lambda path: path.stat().st_mtime)


# Any free ports; and all that the server can say, since it must not name a user even then.
# The vaults run as with `make run`.
FLAGS = ("--listen", "127.0.0.1:0", "--http", "127.0.0.1:0", "--data", "data", "--log-level", "trace", "--dev-processes")

# linux/prctl.h
PR_SET_PDEATHSIG = 1


def end_with_parent():
    """Has the kernel end this process when its parent is gone, even when a client library aborted the parent."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def replaced(flags, name, value):
    """The same flags, but for the value of one."""
    flags = list(flags)
    flags[flags.index(name) + 1] = value
    return flags


class Server:
    """One running server with a folder of its own, which is emptied first and kept for a look afterwards."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.log = self.folder / "server.log"
        self._process = None

    @classmethod
    async def start(cls, folder, flags=FLAGS, before=None):
        """Starts the server in its folder and waits until its ready file is there; `flags` follow `serve --dev`, and
        those that `before` answers, which makes in the folder what must be there first."""
        self = cls(folder)
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self._flags = (*flags, *(await before(self.folder) if before else ()))
        await self._run()
        return self

    async def restart_after_kill(self):
        """Ends the server as a power cut would and starts it again on its folder, at the same addresses."""
        self.kill()
        self._flags = replaced(self._flags, "--listen", f"{self.host}:{self.port}")
        self._flags = replaced(self._flags, "--http", self.http.removeprefix("http://"))
        await self._run()

    async def _run(self):
        ready = self.folder / "ready.json"
        # What a killed server left says nothing of the next one.
        ready.unlink(missing_ok=True)
        command = [binary(), "serve", "--dev", *self._flags, "--ready-file", ready]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                preexec_fn=end_with_parent,
            )
        await self._await_ready(ready)

    async def _await_ready(self, ready):
        # A file's appearance can only be polled for; it is written whole, so what is there can be read.
        deadline = time.monotonic() + READY_SECONDS
        while not ready.exists():
            if self._process.poll() is not None:
                raise Failed(f"the server left with {self._process.returncode}: {self._last_lines()}")
            require(time.monotonic() < deadline, f"no ready file within {READY_SECONDS} s: {self._last_lines()}")
            await asyncio.sleep(0.01)
        told = json.loads(ready.read_text())
        host, port = told["mtproto"].rsplit(":", 1)
        self.host, self.port = host, int(port)
        self.http = told["http"].rstrip("/")
        self.public_key = (self.folder / told["public_key"]).read_text()
        self.dc = told["dc"]

    def children(self):
        """The processes that the server has started: its vaults."""
        tasks = pathlib.Path(f"/proc/{self._process.pid}/task")
        lists = [(task / "children").read_text().split() for task in tasks.iterdir()]
        return sorted(int(pid) for pids in lists for pid in pids)

    async def code_for(self, phone):
        """The newest login code sent to a number."""
        letters = await self.inbox(phone)
        require(letters, f"no code in the inbox of {phone}")
        return letters[0]["code"]

    async def inbox(self, phone):
        """What was sent to a number, newest first."""
        url = f"{self.http}/dev/inbox/{urllib.parse.quote(phone)}"
        with await asyncio.to_thread(urllib.request.urlopen, url, timeout=EVENT_SECONDS) as answer:
            return json.load(answer)

    async def shred(self):
        """Has deletions made final at once, and answers what became of that."""
        request = urllib.request.Request(f"{self.http}/dev/shred", method="POST")
        with await asyncio.to_thread(urllib.request.urlopen, request, timeout=EVENT_SECONDS) as answer:
            return json.load(answer)

    def log_text(self):
        return self.log.read_text(errors="replace")

    def running(self):
        return self._process is not None and self._process.poll() is None

    async def stop(self):
        """Asks the server to leave and returns its exit status; what does not leave in time is killed."""
        if self.running():
            self._process.send_signal(signal.SIGTERM)
        try:
            return await asyncio.to_thread(self._process.wait, EXIT_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Failed(f"the server did not leave within {EXIT_SECONDS} s of SIGTERM") from None

    def kill(self):
        """Ends the server at once, if it still runs."""
        if self.running():
            self._process.kill()
            self._process.wait()

    def _last_lines(self):
        return " / ".join(self.log_text().splitlines()[-5:]) or "its log is empty"
