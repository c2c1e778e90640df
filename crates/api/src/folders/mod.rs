//! The methods of `folders`.

mod edit_peer_folders;
