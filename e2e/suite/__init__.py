"""End-to-end checks of a Heliograph server, made with client libraries that know nothing of it."""

import logging

# Pyrogram says when it is imported that it would rather have a compiled cipher.
logging.getLogger("pyrogram.crypto").setLevel(logging.ERROR)
