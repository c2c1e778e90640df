"""Runs the scenarios, each in a process of its own against a server of its own, and sums up.

A process of its own: TDLib ends the whole process when it meets what it thinks impossible, and that must be one
failed check, not the end of the run.
"""

import asyncio
import fcntl
import importlib
import logging
import os
import pathlib
import re
import socket
import struct
import subprocess
import sys

from . import promised, tdlib
from .report import Failed, Report, ScenarioEnded, require, require_equal
from .server import Server, binary, root

# Each with its module and coroutine; only the one that runs is imported, and with it the library that it needs.
SCENARIOS = {
    "telethon": ("scenario_telethon", "run"),
    "tdlib": ("scenario_tdlib", "run_without_pfs"),
    "tdlib-pfs": ("scenario_tdlib", "run_with_pfs"),
    "mixed": ("scenario_mixed", "run"),
    "talk": ("scenario_talk", "run"),
    "tdtalk": ("scenario_tdtalk", "run"),
    "polls": ("scenario_polls", "run"),
    "long": ("scenario_long", "run"),
    "random": ("scenario_random", "run"),
    "pyrogram": ("scenario_pyrogram", "run"),
    "durable": ("scenario_durable", "run"),
    "vaults": ("scenario_vaults", "run"),
    "drill": ("scenario_drill", "run"),
    "readme": ("scenario_readme", "run"),
}

# The whole of one scenario; its checks and events have limits of their own, so this one is never met in good order.
SCENARIO_SECONDS = 900

SUMMARY = re.compile(r"^summary (\d+) (\d+)$", re.MULTILINE)

OK = re.compile(r"^ok (.*) \([\d.]+ s\)$")

# linux/sockios.h and linux/if.h.
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1


def main(arguments):
    if arguments == ["--list"]:
        print("\n".join(SCENARIOS))
        return 0
    if arguments[:1] == ["--one"]:
        return run_one(arguments[1])
    unknown = [name for name in arguments if name not in SCENARIOS]
    if unknown:
        print(f"e2e: no such scenario: {', '.join(unknown)}; there are: {', '.join(SCENARIOS)}", file=sys.stderr)
        return 2
    try:
        enter_loopback()
        lock = claim(folder())
        print(f"e2e: testing {binary()}")
    except (Failed, OSError) as problem:
        print(f"e2e: {problem}", file=sys.stderr)
        return 1
    passed = failed = 0
    ran = set()
    chosen = arguments or list(SCENARIOS)
    for name in chosen:
        more_passed, more_failed = run_apart(name, ran)
        passed, failed = passed + more_passed, failed + more_failed
    for title in promised.missing(chosen, ran):
        failed += 1
        print(f"FAIL promised and did not run: {title}")
    print(f"{passed} passed, {failed} failed")
    lock.close()
    return 0 if passed and not failed else 1


def enter_loopback():
    """Makes sure that nothing but loopback can be reached, and that loopback works."""
    names = [name for _, name in socket.if_nameindex()]
    require_equal(names, ["lo"], "refusing to run clients where other networks can be reached; interfaces")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sH14x", b"lo", 0)
        _, flags = struct.unpack("16sH14x", fcntl.ioctl(any_socket, SIOCGIFFLAGS, request))
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", flags | IFF_UP))


def folder():
    """Where servers and clients keep their files and logs; what a run leaves there is emptied by the next one."""
    return pathlib.Path(os.environ.get("E2E_FOLDER", root() / "target" / "e2e"))


def claim(place):
    """Keeps a second run out of the folder for as long as what is returned is held."""
    place.mkdir(parents=True, exist_ok=True)
    lock = (place / "lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Failed(f"another run uses {place}; name another folder in E2E_FOLDER") from None
    return lock


def run_apart(name, ran):
    """Runs a scenario in a process of its own; its lines come through as they are written, its checks are put into `ran`."""
    command = [sys.executable, "-m", "suite", "--one", name]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
    counted = None
    for line in process.stdout:
        if summary := SUMMARY.match(line):
            counted = int(summary[1]), int(summary[2])
        else:
            print(line, end="", flush=True)
            ran.update(title for title in (ran_check(line),) if title)
    status = process.wait()
    if counted is None:
        print(f"FAIL {name}: its process ended with status {status} before the scenario did")
        return 0, 1
    return counted


def ran_check(line):
    """Which check a line tells of, as "scenario: title"; a check that failed did run."""
    if well := OK.match(line):
        return well[1]
    return next((title for title in promised.promised(SCENARIOS) if line.startswith(f"FAIL {title}: ")), None)


def run_one(name):
    report = Report(name)
    asyncio.run(play(report, name))
    print(f"summary {report.passed} {report.failed}", flush=True)
    # The clients' own threads, TDLib's above all, must not hold the process back.
    os._exit(0)


async def play(report, name):
    """One scenario from the server's start to its end."""
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    server = None
    try:
        module_name, coroutine_name = SCENARIOS[name]
        module = importlib.import_module(f".{module_name}", __package__)
        scenario = getattr(module, coroutine_name)
        start = getattr(module, "start_server", Server.start)
        server = await report.check("the server starts and writes its ready file", start(folder() / name), vital=True)
        report.show_on_failure("server", server.log)
        await asyncio.wait_for(scenario(report, server), SCENARIO_SECONDS)
    except ScenarioEnded as ended:
        print(f"     {name}: ends here, since what follows needs {str(ended)!r}")
    except asyncio.TimeoutError:
        await report.check(f"the scenario ends within {SCENARIO_SECONDS} s", failing())
    except Exception as problem:
        await report.check("the scenario runs to its end", failing(problem))
    if server is not None:
        if (tdlib_log := server.folder / "tdlib.log").exists():
            await report.check("tdlib's log holds no error that the server caused", tdlib.clean_log(tdlib_log))
        await report.check("the server's log holds no panic and no error", clean_log(server))
        await report.check("the server's log holds no name, number or text of a user", private_log(server))
        await report.check("the server leaves in order when asked to", leaves_in_order(server))
        server.kill()


async def failing(problem=None):
    raise problem or Failed("it does not")


async def clean_log(server):
    bad = [line for line in server.log_text().splitlines() if re.search(r"panicked at|^\S+Z error\b", line)]
    require(not bad, f"{len(bad)} such lines, the first: {(bad or [''])[0][:300]}")


# Patterns of the names, numbers and texts that the scenarios use; a server has no reason to log anything like them.
PRIVATE = ("Alice", "Bob", "Carol", "to be deleted", r"1555010\d{4}", "Hello Bob", "while you were away", "Hello", "important", "half a", "unread one", "the void", "bold", "second", "Bauer", "bob_the_second")


async def private_log(server):
    require(server.running(), "the server is gone")
    text = server.log_text()
    found = [word for word in PRIVATE if re.search(word, text)]
    require(not found, f"it holds {found}")


async def leaves_in_order(server):
    require_equal(await server.stop(), 0, "exit status")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
