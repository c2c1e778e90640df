//! The methods of `stories`: nobody has told any.

mod get_peer_max_ids;
