"""What is promised to work with both clients, and the checks that show it: the one list.

Each line names who acts. A run of all scenarios fails when one of these checks did not run; a run of some scenarios,
when one of theirs did not.
"""

# What, then the check of Telethon and the check of TDLib, each as "scenario: title".
BOTH = {
    "sign-up": ("telethon: sign-up of Alice", "tdlib: sign-up of Bob"),
    "QR code": (
        "mixed: TDLib lets in who shows a QR code with Telethon",
        "mixed: Telethon lets in who shows a QR code with TDLib",
    ),
    "import": ("telethon: Alice imports Bob", "tdlib: Alice imports Bob and opens a chat"),
    "text, one way": ("telethon: a text from Alice reaches Bob live", "tdlib: a text from Alice reaches Bob live"),
    "text, the other way": ("telethon: a text from Bob reaches Alice live", "tdlib: a text from Bob reaches Alice live"),
    "text, to the other client": (
        "mixed: a text reaches Bob, who never heard of Alice",
        "mixed: a text from TDLib reaches Telethon live",
    ),
    "edit": (
        "talk: an edit from Telethon shows in TDLib and on the other device",
        "tdtalk: an edit from TDLib shows in Telethon and on the other device",
    ),
    "delete for me": (
        "talk: who deletes for himself leaves the other's copy",
        "tdtalk: who deletes for himself leaves the other's copy, from TDLib",
    ),
    "delete for both": (
        "talk: who deletes for both leaves none, from Telethon",
        "talk: who deletes for both leaves none, from TDLib",
    ),
    "reply": (
        "talk: an answer from Telethon says what it answers",
        "tdtalk: an answer from TDLib says what it answers",
    ),
    "reactions": (
        "talk: a reaction from Telethon shows in TDLib and on the other device",
        "tdtalk: a reaction from TDLib shows in Telethon and on the other device",
    ),
    "quote": ("talk: a quote from Telethon arrives byte for byte", "talk: a quote from TDLib arrives byte for byte"),
    "forward": (
        "talk: a forward names who wrote it, from Telethon",
        "talk: a forward names who wrote it, from TDLib",
    ),
    "entities byte for byte": (
        "talk: every mark from Telethon arrives byte for byte",
        "tdtalk: every mark from TDLib arrives byte for byte",
    ),
    "read marks": (
        "mixed: a read mark from Telethon shows in TDLib",
        "mixed: a read mark from TDLib shows in Telethon",
    ),
    "typing": ("mixed: typing from Telethon shows in TDLib", "mixed: typing from TDLib shows in Telethon"),
    "history paging": (
        "telethon: history pages meet without gap or overlap",
        "tdtalk: history pages of TDLib meet without gap or overlap",
    ),
    "dialogs": ("telethon: dialogs of both sides", "tdlib: the chat lists of both sides"),
    "drafts": (
        "talk: a draft shows on the other device and goes when it is sent",
        "tdtalk: a draft from TDLib shows on the other device and goes when it is sent",
    ),
    "pinned messages": (
        "talk: a pinned message is pinned for both",
        "tdtalk: a pinned message is pinned for both, from TDLib",
    ),
    "pinned chats": (
        "talk: a pinned chat from Telethon is pinned on the other device",
        "tdtalk: a pinned chat from TDLib is pinned on the other device",
    ),
    "archive": (
        "talk: an archived chat from Telethon is archived on the other device",
        "tdtalk: an archived chat from TDLib is archived on the other device",
    ),
    "folders": (
        "talk: a folder from Telethon shows on the other device",
        "tdtalk: a folder from TDLib shows on the other device",
    ),
    "saved messages": (
        "talk: saved messages say where they were",
        "tdtalk: saved messages from TDLib are on the other device",
    ),
    "timers": (
        "talk: a message with a timer goes on both sides",
        "tdtalk: a timer from TDLib is on what is sent then",
    ),
    "second device": (
        "telethon: Bob signs in on a second device",
        "tdlib: Bob signs in on a second device and sees his chat",
    ),
    "catching up on more than 1,000": (
        "long: Telethon, away, gets on return more than 1,000 texts, each once, in order",
        "long: TDLib, away, gets on return more than 1,000 texts, each once, in order",
    ),
    "presence": (
        "talk: presence: Alice of Telethon comes and goes, and Bob is told",
        "talk: presence: Bob of TDLib comes and goes, and Alice is told",
    ),
    "kill -9 in the middle": (
        "durable: kill -9 number 0: Telethon has all that both wrote",
        "durable: kill -9 number 0: TDLib has all that both wrote",
    ),
    "each text once after kills": (
        "durable: each text is there once after all kills, in Telethon",
        "durable: each text is there once after all kills, in TDLib",
    ),
    "each text once though vaults fail": (
        "drill: every text that was accepted is there once, in Telethon",
        "drill: every text that was accepted is there once, in TDLib",
    ),
    "log-out": ("telethon: Alice logs out", "tdlib: Alice logs out"),
    "block": (
        "talk: who is blocked reaches nobody until he is not",
        "tdtalk: whom TDLib blocks reaches nobody until he is not",
    ),
}

# Checks in which both clients act at once, or that are of one client so far.
TOGETHER = {
    "polls": "polls: a poll from Telethon is answered by TDLib, live",
    "quizzes": "polls: a quiz from Telethon tells TDLib what is right once it has answered, and ends",
    "search over all chats": "polls: a search over all chats finds a word in each, from both",
    "whatever clients do, each has what the server has": "random: all devices of Bob have what the server has",
    "nothing final without keys": "drill: they are back: so is who was cold, without signing in",
    "nothing resurrected": "drill: the server is killed once more: nothing that was deleted is there",
    "a vault is replaced": "drill: that vault is replaced: all keys are shared anew while both chat",
    "a vault that is put back is named": "drill: one vault is put back to an old copy: it is named",
    "saved messages by origin": "polls: saved messages of TDLib stand under where they come from",
}


def promised(scenarios):
    """The titles of all promised checks of these scenarios."""
    titles = [title for pair in BOTH.values() for title in pair] + list(TOGETHER.values())
    return [title for title in titles if title.split(":")[0] in scenarios]


def missing(scenarios, ran):
    """Which promised checks of these scenarios did not run."""
    return [title for title in promised(scenarios) if title not in ran]
