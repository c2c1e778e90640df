//! Committed log rows to session updates.
