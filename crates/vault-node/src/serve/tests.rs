//! A vault on a real socket: whom it lets in, in which order it answers, and what many requests cost its disk.
use std::sync::atomic::AtomicU32;

use crypto::sign::SigningKey;
use custody::wire::{Asked, Body, Commitment, Handle, Op, Piece, Reply, Request, RequestId};
use link::Caller;
use tokio::io::AsyncWriteExt as _;
use zeroize::Zeroizing;

use super::*;
use crate::entropy::OsRng;

/// Longer than anything here takes, but for a machine that stands still.
const PATIENCE: Duration = Duration::from_secs(60);

/// A vault that runs in this process, on a folder of its own.
struct Ground {
    folder: PathBuf,
    node: Arc<Node>,
    address: SocketAddr,
    vault: Pin,
}

fn identity(seed: u8) -> Identity {
    Identity::new(Arc::new(SigningKey::from_seed(&[seed; 32])))
}

impl Ground {
    /// It lets in the servers with the keys of seeds 1 and 4.
    async fn new() -> Ground {
        Ground::with(HANDSHAKE).await
    }

    async fn with(handshake: Duration) -> Ground {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("heliograph-vault-{}-{number}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        let vault = Vault::init(&folder, Box::new(OsRng)).expect("a vault");
        let own = Identity::new(vault.signer());
        let (tasks, inbox) = desk::queue();
        let door = Door::new(&own, vec![identity(1).pin(), identity(4).pin()]).expect("a door");
        let node = Arc::new(Node::new(door, tasks, handshake));
        let (counts, opener) = (node.counts.clone(), Opener::new(&folder, &[]).expect("no passphrase"));
        let setup = desk::Setup { vault, opener, audit: None, counts };
        std::thread::spawn(move || desk::work(setup, inbox, |_| {}));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(accept(node.clone(), listener));
        Ground { folder, node, address, vault: own.pin() }
    }

    async fn line(&self) -> TcpStream {
        TcpStream::connect(self.address).await.expect("a connection")
    }

    /// Connects as somebody who takes `vault` for the vault's key.
    async fn call(
        &self,
        own: Identity,
        vault: Pin,
    ) -> Result<
        (FrameReader<impl AsyncRead + Unpin + use<>>, FrameWriter<impl AsyncWrite + Unpin + use<>>),
        LinkError,
    > {
        let caller = Caller::new(&own, vault)?;
        let (from, to) = tokio::io::split(caller.call(self.line().await).await?);
        Ok((FrameReader::new(from, VAULT_ANSWER_BYTES_MAX), FrameWriter::new(to)))
    }
}

impl Drop for Ground {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn run(body: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async { timeout(PATIENCE, body).await.expect("it ends in time") });
}

fn request(order: u64, ops: Vec<Op>) -> (Asked, Zeroizing<Vec<u8>>) {
    let mut id = [7; 16];
    id[..8].copy_from_slice(&order.to_be_bytes());
    let request = Request { deployment: Handle([3; 16]), id: RequestId(id), order, ops };
    let bytes = request.encode();
    (Asked::new(&request, &bytes), bytes)
}

fn put(number: u64) -> Op {
    let mut handle = [9; 16];
    handle[..8].copy_from_slice(&number.to_be_bytes());
    let commitments = vec![Commitment([5; 16]); 3];
    Op::Put { handle: Handle(handle), epoch: 0, piece: Piece { share: Zeroizing::new([1; 32]), commitments } }
}

/// What somebody else's words are answered with: nothing, and the end of the line.
async fn is_hung_up_on(mut stream: TcpStream, words: &[u8]) -> bool {
    let _ = stream.write_all(words).await;
    let mut answer = Vec::new();
    let read = tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut answer).await;
    // At most an alert of TLS: 7 bytes in clear.
    read.is_err() || answer.len() <= 7
}

#[test]
fn a18_who_has_no_pinned_key_is_let_in_by_neither_side() {
    run(async {
        let ground = Ground::new().await;
        // The right server.
        let (mut from, mut to) = ground.call(identity(1), ground.vault).await.expect("a link");
        let (asked, bytes) = request(1, vec![Op::Status]);
        to.write(&bytes).await.expect("a request");
        to.flush().await.expect("sent");
        let answer = from.next().await.expect("an answer").expect("an answer");
        let signed = |signed: &[u8], signature: &[u8; 64]| ground.vault.0.verify(signed, signature).is_ok();
        assert!(asked.open(&answer, signed).is_ok());
        // Somebody else: the handshake is over for him before the vault has looked at his key, and then the line breaks.
        let foreign = ground.call(identity(2), ground.vault).await;
        if let Ok((mut from, mut to)) = foreign {
            let _ = to.write(&bytes).await;
            let _ = to.flush().await;
            assert!(!matches!(from.next().await, Ok(Some(_))), "a foreign server is answered");
        }
        // An impostor of the vault: the server hangs up before it has sent anything.
        assert!(ground.call(identity(1), identity(3).pin()).await.is_err());
        assert!(is_hung_up_on(ground.line().await, b"GET / HTTP/1.0\r\n\r\n").await);
        assert!(is_hung_up_on(ground.line().await, &[0; 600]).await);
        while ground.node.refused() < 4 {
            tokio::task::yield_now().await;
        }
        assert_eq!(ground.node.counts.answered.load(Ordering::Relaxed), 1);
    });
}

#[test]
fn requests_in_flight_are_answered_in_their_order_and_share_commits() {
    run(async {
        let ground = Ground::new().await;
        let (mut from, mut to) = ground.call(identity(1), ground.vault).await.expect("a link");
        const MANY: u64 = 400;
        let requests: Vec<_> = (1..=MANY).map(|order| request(order, vec![put(order)])).collect();
        let (asked, bytes): (Vec<_>, Vec<_>) = requests.into_iter().unzip();
        let sending = tokio::spawn(async move {
            for request in bytes {
                to.write(&request).await.expect("a request");
            }
            to.flush().await.expect("sent");
            to
        });
        for asked in asked {
            let answer = from.next().await.expect("an answer").expect("an answer");
            let receipt =
                asked.open(&answer, |signed, signature| ground.vault.0.verify(signed, signature).is_ok());
            let Ok(Body::Done(replies)) = receipt.map(|receipt| receipt.body) else {
                panic!("not carried out")
            };
            assert!(matches!(replies[..], [Reply::Put { kept: true }]));
        }
        drop(sending.await);
        let commits = ground.node.counts.commit.load(Ordering::Relaxed);
        assert!(commits < MANY / 2, "{commits} commits for {MANY} requests");
        assert_eq!(ground.node.counts.rows.load(Ordering::Relaxed), MANY);
    });
}

#[test]
fn a7_a_request_that_is_too_long_ends_its_connection_and_no_other() {
    run(async {
        let ground = Ground::new().await;
        let caller = Caller::new(&identity(1), ground.vault).expect("a caller");
        let mut stream = caller.call(ground.line().await).await.expect("a link");
        let (mut from, mut to) = ground.call(identity(1), ground.vault).await.expect("another link");
        stream.write_all(&u32::MAX.to_be_bytes()).await.expect("a length");
        stream.flush().await.expect("sent");
        let mut rest = Vec::new();
        // Closed without an answer, whichever way TLS calls that.
        let _ = tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut rest).await;
        assert!(rest.is_empty());
        let (_, bytes) = request(1, vec![Op::Status]);
        to.write(&bytes).await.expect("a request");
        to.flush().await.expect("sent");
        assert!(matches!(from.next().await, Ok(Some(answer)) if !answer.is_empty()));
        while ground.node.connected() > 2 {
            tokio::task::yield_now().await;
        }
    });
}

/// Whether the vault answers over a link.
async fn is_answered(
    from: &mut FrameReader<impl AsyncRead + Unpin>,
    to: &mut FrameWriter<impl AsyncWrite + Unpin>,
) -> bool {
    let (_, bytes) = request(1, vec![Op::Status]);
    // A line that is broken says so when it is read from at the latest.
    let _ = to.write(&bytes).await;
    let _ = to.flush().await;
    matches!(from.next().await, Ok(Some(answer)) if !answer.is_empty())
}

/// Red when those who have not proved a key can take all places there are, as they could when links took the same ones.
#[test]
fn a18_strangers_who_sit_still_keep_no_server_out() {
    run(async {
        let ground = Ground::with(2 * PATIENCE).await;
        // From many addresses, and from one: more than there are places, and all of them say nothing.
        let mut silent = Vec::new();
        for number in 0..LINK_HANDSHAKES_MAX + 64 {
            let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
            let [high, low] = u16::try_from(number).expect("a small number").to_be_bytes();
            socket.bind(SocketAddr::from(([127, 18, high, low], 0))).expect("an address of this machine");
            silent.push(socket.connect(ground.address).await.expect("a connection"));
        }
        for _ in 0..64 {
            silent.push(ground.line().await);
        }
        // As a server does: it tries again when its time is over. Nobody's place is free by then.
        let connect = Duration::from_millis(ids::limits::LINK_CONNECT_MS_MAX);
        let (mut from, mut to) = loop {
            if let Ok(Ok(link)) = timeout(connect, ground.call(identity(1), ground.vault)).await {
                break link;
            }
        };
        assert!(is_answered(&mut from, &mut to).await);
        let sitting = ground.node.handshakes.len();
        assert!((1..=LINK_HANDSHAKES_MAX).contains(&sitting), "{sitting}");
        drop(silent);
    });
}

#[test]
fn a18_a_server_with_more_links_than_it_may_have_loses_its_oldest_and_no_other_server_does() {
    run(async {
        let ground = Ground::new().await;
        let mut other = ground.call(identity(4), ground.vault).await.expect("a link");
        assert!(is_answered(&mut other.0, &mut other.1).await);
        let mut links = Vec::new();
        for _ in 0..=LINKS_PER_SERVER_MAX {
            let (mut from, mut to) = ground.call(identity(1), ground.vault).await.expect("a link");
            assert!(is_answered(&mut from, &mut to).await, "the newest");
            links.push((from, to));
        }
        let mut links = links.into_iter();
        let (mut from, mut to) = links.next().expect("the oldest");
        assert!(!is_answered(&mut from, &mut to).await, "the oldest");
        for (mut from, mut to) in links.chain([other]) {
            assert!(is_answered(&mut from, &mut to).await, "a younger one, or another server's");
        }
    });
}

/// What it needs is damaged: the answer is none, in its place, and the vault goes on.
#[test]
fn a_request_that_has_no_answer_is_told_so_and_the_next_one_has_one() {
    run(async {
        let ground = Ground::new().await;
        let (mut from, mut to) = ground.call(identity(1), ground.vault).await.expect("a link");
        let mut ask = async |order, ops| {
            let (_, bytes) = request(order, ops);
            to.write(&bytes).await.expect("a request");
            to.flush().await.expect("sent");
            from.next().await.expect("a line").expect("a frame").len()
        };
        assert!(ask(1, vec![put(1)]).await > 0);
        let pack = std::fs::read_dir(&ground.folder)
            .expect("a folder")
            .filter_map(|file| file.ok())
            .find(|file| file.file_name().to_string_lossy().starts_with("p0"));
        let pack = pack.expect("a pack").path();
        let bytes = std::fs::read(&pack).expect("its bytes");
        std::fs::write(&pack, vec![0; bytes.len()]).expect("damaged");
        assert_eq!(ask(2, vec![put(2)]).await, 0, "no answer");
        // With a passphrase that would take a third of a second of the processor, each time. Red when any fault opens anew.
        let (root, away) = (ground.folder.join("root"), ground.folder.join("away"));
        std::fs::rename(&root, &away).expect("moved");
        assert!(ask(3, vec![Op::Status]).await > 0, "needs no page, and the folder is not opened again");
        std::fs::rename(&away, &root).expect("moved back");
        std::fs::write(&pack, bytes).expect("as it was");
        assert!(ask(4, vec![put(2)]).await > 0);
    });
}
