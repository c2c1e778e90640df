//! The rules of the messenger, as functions over a transaction.
