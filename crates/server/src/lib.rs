//! Sockets, clock, randomness, metrics, HTTP: drives mtproto and calls api and push.
