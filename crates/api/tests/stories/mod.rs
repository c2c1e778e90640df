//! Tests of the methods of `stories`.

mod get_peer_max_ids;
