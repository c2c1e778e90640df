//! A value around its ciphertext: header, nonce, AEAD. Source: docs/keys.md 4.2.
