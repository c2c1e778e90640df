//! Sharing and joining: what is split comes back, and liars are named.
