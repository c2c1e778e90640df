//! The rules of containers as a table (T16).

use ids::{AuthKeyId, SessionId, WireMsgId};
use tl::codec::Encode;

use super::{ContainerError, MSG_CONTAINER, begin, put_head, unpack};
use crate::Envelope;

const OUTER: u64 = 1000 << 32;

/// The ids of the messages, or why there are none.
type Verdict = Result<Vec<u64>, ContainerError>;

fn envelope(body: Vec<u8>) -> Envelope {
    Envelope { key: AuthKeyId(1), salt: 2, session: SessionId(3), msg_id: WireMsgId(OUTER), seqno: 10, body }
}

fn container(messages: &[(u64, u32, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    begin(&mut body, messages.len());
    for (msg_id, seqno, inner) in messages {
        put_head(&mut body, WireMsgId(*msg_id), *seqno, inner.len());
        body.extend_from_slice(inner);
    }
    body
}

fn verdict(body: Vec<u8>) -> Verdict {
    unpack(envelope(body)).map(|messages| messages.iter().map(|message| message.msg_id.0).collect())
}

#[test]
fn t16_table() {
    let nested = container(&[(OUTER - 8, 1, b"body")]);
    let table: [(&str, Vec<u8>, Verdict); 11] = [
        ("no container", b"some".to_vec(), Ok(vec![OUTER])),
        ("empty", container(&[]), Ok(vec![])),
        (
            "lowest id first",
            container(&[(OUTER - 4, 9, b"body"), (OUTER - 8, 10, b"body")]),
            Ok(vec![OUTER - 8, OUTER - 4]),
        ),
        ("old inner id", container(&[(4, 1, b"body")]), Ok(vec![4])),
        ("inner id of a server", container(&[(OUTER - 7, 1, b"body")]), Err(ContainerError::InnerId)),
        ("inner id equal", container(&[(OUTER, 1, b"body")]), Err(ContainerError::Malformed)),
        ("inner id above", container(&[(OUTER + 4, 1, b"body")]), Err(ContainerError::Malformed)),
        ("inner seqno above", container(&[(OUTER - 4, 11, b"body")]), Err(ContainerError::Malformed)),
        ("container inside", container(&[(OUTER - 4, 1, &nested)]), Err(ContainerError::Malformed)),
        ("length not of words", container(&[(OUTER - 4, 1, b"bod")]), Err(ContainerError::Malformed)),
        ("no body", container(&[(OUTER - 4, 1, b"")]), Err(ContainerError::Malformed)),
    ];
    for (name, body, expected) in table {
        assert_eq!(verdict(body), expected, "{name}");
    }
}

#[test]
fn t16_counts() {
    let many = |count: u64| {
        let messages: Vec<(u64, u32, &[u8])> = (1..=count).map(|n| (n * 4, 1, &b"body"[..])).collect();
        container(&messages)
    };
    assert_eq!(verdict(many(1024)).map(|ids| ids.len()), Ok(1024));
    assert_eq!(verdict(many(1025)), Err(ContainerError::Malformed));
    for count in [1, 2, 0x7fff_ffff, 0xffff_ffff_u32] {
        let mut body = Vec::new();
        MSG_CONTAINER.encode(&mut body);
        count.encode(&mut body);
        assert_eq!(verdict(body), Err(ContainerError::Malformed), "{count} announced, none there");
    }
    let mut trailing = many(1);
    trailing.extend_from_slice(&[0; 4]);
    assert_eq!(verdict(trailing), Err(ContainerError::Malformed));
    assert_eq!(verdict(MSG_CONTAINER.to_le_bytes().to_vec()), Err(ContainerError::Malformed));
}
