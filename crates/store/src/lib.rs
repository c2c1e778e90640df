//! Ordered transactional key-value store: trait, engines, typed tables.
