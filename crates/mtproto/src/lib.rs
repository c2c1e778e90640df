//! MTProto 2.0, both roles, without IO: transports, key exchange, sessions.
