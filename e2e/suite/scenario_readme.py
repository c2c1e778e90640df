"""README's own snippet, run as pasted against a server started as `make run` starts it."""

import asyncio
import re
import sys

from .report import EVENT_SECONDS, Failed, require
from .server import Server, root

HEADING = "## Point a client at it"

# What the snippet prints when both texts arrived.
LINES = ["Bob reads: Hello Bob!", "Alice reads: Hello Alice!"]


async def start_server(folder):
    """With its defaults, in a folder of its own: the addresses and the key's path are README's promise."""
    return await Server.start(folder, flags=())


async def run(report, server):
    snippet = await report.check(f"README has a python block under {HEADING!r}", first_block(), vital=True)
    await report.check("the snippet works as pasted", paste(snippet, server.folder))
    await report.check("it works a second time, now that both accounts exist", paste(snippet, server.folder))


async def first_block():
    readme = root() / "README.md"
    require(readme.is_file(), "there is no README.md")
    _, found, section = readme.read_text().partition(f"{HEADING}\n")
    require(found, "the heading is missing")
    block = re.search(r"^```python\n(.*?)^```$", section.split("\n## ")[0], re.DOTALL | re.MULTILINE)
    require(block, "there is no python block under it")
    return block[1]


async def paste(snippet, folder):
    (folder / "snippet.py").write_text(snippet)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "snippet.py",
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        output, _ = await asyncio.wait_for(process.communicate(), 2 * EVENT_SECONDS)
    except asyncio.TimeoutError:
        process.kill()
        raise Failed("it does not end") from None
    printed = output.decode()
    require(process.returncode == 0, f"it left with {process.returncode}: {printed[-600:]}")
    missing = [line for line in LINES if line not in printed.splitlines()]
    require(not missing, f"it did not print {missing}, but: {printed[-600:]}")
