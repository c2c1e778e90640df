//! Our own client against the real binary, in every layer that is promised.
mod support;

#[tokio::test]
async fn smoke() {
    let server = support::start(&[]);
    let alice = support::sign_up(&server, support::options(&server, 1), 1).await;
    assert!(alice.own.self_);
}
