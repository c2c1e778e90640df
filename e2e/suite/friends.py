"""Vaults as friends in other places run them: processes of their own, each in its own network at the end of a slow line.

A network namespace lasts for as long as a process is in it, and with it the two ends of the cable that leads there. All
these processes end with ours, however that ends, so nothing is left behind. Private addresses on those cables are the only
ones dialled.
"""

import asyncio
import shutil
import signal
import sys

from .report import EVENT_SECONDS, require, require_equal
from .server import binary, end_with_parent

# From the server to a vault and back.
ROUND_TRIP_MS = 50

# Where the line listens in each namespace, and the vault behind it.
LINE_PORT, VAULT_PORT = 8444, 8445


class Friend:
    """One vault. Its number is the one that the server's log names it by, unless it took another's place."""

    def __init__(self, number, ground, server_key):
        self.number = number
        self.server_key = server_key
        # The words by which the server knows it: jurisdiction, key and address.
        self.line = None
        self.folder = ground / f"vault-{number}"
        self._log = ground / f"vault-{number}.log"
        self._cable = self._vault = None

    async def begin(self):
        """Lays the cable, makes the vault, lets the server in and starts it."""
        await self._lay_cable()
        where = f"10.77.{self.number}.2:{LINE_PORT}"
        folder = ("--folder", self.folder)
        await say("vault", "init", *folder, "--jurisdiction", f"L{self.number}", "--address", where)
        enrolled = await say("vault", "enroll", *folder, self.server_key)
        self.line = enrolled.splitlines()[-1]
        await self.serve()

    async def _lay_cable(self):
        ports = (str(LINE_PORT), str(VAULT_PORT), str(ROUND_TRIP_MS))
        line = ("unshare", "--net", sys.executable, "-m", "suite.slow_line", *ports)
        self._cable = await self._started("listening", *line)
        cable, net = f"vault{self.number}", f"10.77.{self.number}"
        await done("ip", "link", "add", cable, "type", "veth", "peer", "name", "server", "netns", str(self._cable.pid))
        await done("ip", "address", "add", f"{net}.1/30", "dev", cable)
        await done("ip", "link", "set", cable, "up")
        await self._inside("ip", "address", "add", f"{net}.2/30", "dev", "server")
        await self._inside("ip", "link", "set", "lo", "up")
        await self.mend()

    async def serve(self):
        """Starts the vault's process and waits until it listens."""
        listen = ("--listen", f"127.0.0.1:{VAULT_PORT}")
        self._vault = await self._started(
            "listening", *self._enter(), binary(), "vault", "serve", "--folder", self.folder, *listen
        )

    async def kill(self):
        """Ends the vault's process as a power cut does."""
        self._vault.send_signal(signal.SIGKILL)
        await self._vault.wait()

    async def cut(self):
        """Nothing passes the cable any more, and nobody is told."""
        await self._inside("ip", "link", "set", "server", "down")

    async def mend(self):
        await self._inside("ip", "link", "set", "server", "up")

    def copy_to(self, place):
        """A copy of all that the vault has, which must not run meanwhile."""
        require(self._vault.returncode is not None, "the vault runs")
        # The socket that its process left is no part of it.
        shutil.copytree(self.folder, place, ignore=shutil.ignore_patterns("control"))

    def put_back(self, place):
        """Puts the folder back to a copy of it."""
        require(self._vault.returncode is not None, "the vault runs")
        shutil.rmtree(self.folder)
        shutil.copytree(place, self.folder)

    async def end(self):
        for process in (self._vault, self._cable):
            if process is not None and process.returncode is None:
                process.kill()
                await process.wait()

    def _enter(self):
        return ("nsenter", f"--net=/proc/{self._cable.pid}/ns/net")

    async def _inside(self, *command):
        await done(*self._enter(), *command)

    async def _started(self, word, *command):
        """A process that has said that it listens."""
        with self._log.open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=log,
                preexec_fn=end_with_parent,
            )
        said = await asyncio.wait_for(process.stdout.readline(), EVENT_SECONDS)
        require(said.decode().startswith(word), f"{command[0]} said {said!r}; see {self._log}")
        return process


async def say(*arguments):
    """What a command of the program prints."""
    return await done(binary(), *arguments)


async def done(*command):
    """Runs a command, which must succeed; what it printed."""
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    printed, complaint = await asyncio.wait_for(process.communicate(), EVENT_SECONDS)
    require_equal(process.returncode, 0, f"status of {command}, which says {complaint.decode()!r}")
    return printed.decode()
