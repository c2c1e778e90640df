"""End-to-end checks of a Heliograph server, made with client libraries that know nothing of it."""
