//! F9: the way between a server and a vault, from its frames to the files that either end keeps of the other (R5, A10, A18).
//!
//! What has a check is read as it comes and with its check made right, so that what is behind it is read as well. What is read
//! is written again: the same bytes where a form is the only one, and the same facts everywhere. Source: docs/keys.md 2, 5.4, 6.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::io;
use std::pin::{Pin as Pinned, pin};
use std::sync::LazyLock;
use std::task::{Context, Poll, Waker};

use crypto::sign::{SigningKey, VerifyingKey};
use crypto::{aead, hkdf, passphrase};
use custody::wire::{Commitment, Handle, Op, Piece, Request, RequestId};
use custody::{Member, Roster, RosterError, VaultNo};
use link::{AskError, FrameError, FrameReader, FrameWriter, Pin};
use tokio::io::{AsyncRead, ReadBuf};
use vault::testing::Ram;
use vault::{Tally, Vault};
use vault_node::{AuditError, Head};
use xxhash_rust::xxh3::xxh3_64;
use zeroize::Zeroizing;

use crate::own_files::{self, Lies};
use crate::{Input, Seeded, listed};

/// What a reader of frames may have room for beside what has come (`STEP` in `link`).
const FRAME_ROOM: usize = 64 << 10;
const METER_MAGIC: &[u8; 5] = b"HGVM\x01";
/// Of a vault that gives so many keys an hour.
const BUDGET: u32 = 4;

/// The key of a vault that everybody knows.
static SIGNER: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::from_seed(&[7; 32]));

type Files = BTreeMap<String, Vec<u8>>;

/// A vault's folder with three shares more than its budget has keys.
static FOLDER: LazyLock<Files> = LazyLock::new(|| {
    let disk = Ram::default();
    let mut vault = Vault::init_on(Box::new(disk.clone()), Box::new(Seeded::new(1))).expect("an empty disk");
    let put = |n| {
        let piece = Piece { share: Zeroizing::new([n; 32]), commitments: vec![Commitment([n; 16])] };
        Op::Put { handle: Handle([n; 16]), epoch: 0, piece }
    };
    exchange(&mut vault, 1, (0..handles()).map(put).collect());
    disk.files()
});

fn handles() -> u8 {
    u8::try_from(BUDGET).expect("few") + 3
}

fn exchange(vault: &mut Vault, order: u64, ops: Vec<Op>) {
    let request = Request { deployment: Handle([0xdd; 16]), id: RequestId([0; 16]), order, ops };
    vault.exchange(&request.encode()).expect("a good disk");
}

/// Keeps what all runs share from being made in the first one.
pub fn prepare() {
    LazyLock::force(&SIGNER);
    LazyLock::force(&FOLDER);
}

/// A line that brings its bytes in pieces and sees how much room is held out for them.
struct Line<'a> {
    left: &'a [u8],
    cuts: &'a [u8],
    came: &'a Cell<usize>,
}

impl AsyncRead for Line<'_> {
    fn poll_read(
        mut self: Pinned<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        assert!(into.remaining() <= self.came.get() + FRAME_ROOM, "room for what did not come");
        let mut most = into.remaining();
        if let Some((cut, cuts)) = self.cuts.split_first() {
            self.cuts = cuts;
            if *cut == 0 {
                // Nothing has come yet, and then something.
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            most = most.min(usize::from(*cut));
        }
        let (piece, left) = self.left.split_at(most.min(self.left.len()));
        into.put_slice(piece);
        self.left = left;
        self.came.set(self.came.get() + piece.len());
        Poll::Ready(Ok(()))
    }
}

/// Runs what waits for nobody else.
fn run<T>(task: impl Future<Output = T>) -> T {
    let mut task = pin!(task);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(done) = task.as_mut().poll(&mut context) {
            return done;
        }
    }
}

/// Anything as frames of a link, in any pieces.
pub fn frames(input: &mut Input<'_>) {
    let max = match input.below(3) {
        0 => usize::from(input.u16()),
        1 => ids::limits::FRAME_BYTES_MAX,
        _ => usize::MAX,
    };
    let cuts = input.piece();
    // A frame whose length is right, before whatever else comes.
    let framed = input.piece();
    let mut stream = Vec::new();
    run(FrameWriter::new(&mut stream).write(framed)).expect("a vector takes anything");
    assert!(stream.split_first_chunk::<4>().is_some_and(|(_, body)| body == framed));
    stream.extend_from_slice(input.rest());
    let whole = hear(&stream, &[], max);
    assert!(whole == hear(&stream, cuts, max), "what is heard depends on the cuts");
    let (heard, end) = whole;
    assert!(framed.len() > max || heard.first().is_some_and(|first| first[..] == *framed));
    let mut again = Vec::new();
    for frame in &heard {
        assert!(frame.len() <= max);
        run(FrameWriter::new(&mut again).write(frame)).expect("a vector takes anything");
    }
    assert!(stream.starts_with(&again), "something else was said");
    assert!((end == End::Closed) == (again.len() == stream.len()), "a cut line was taken for a closed one");
}

#[derive(PartialEq, Eq)]
enum End {
    Closed,
    TooLong,
    Broken,
}

fn hear(stream: &[u8], cuts: &[u8], max: usize) -> (Vec<Vec<u8>>, End) {
    let came = Cell::new(0);
    let mut reader = FrameReader::new(Line { left: stream, cuts, came: &came }, max);
    let mut heard = Vec::new();
    loop {
        match run(reader.next()) {
            Ok(Some(frame)) => {
                assert!(frame.capacity() <= frame.len().max(1), "room that nobody needs");
                heard.push(frame.to_vec());
            }
            Ok(None) => return (heard, End::Closed),
            Err(FrameError::TooLong) => return (heard, End::TooLong),
            Err(FrameError::Broken(_)) => return (heard, End::Broken),
        }
    }
}

/// Anything as what one end shows the other, and as what is said over the socket in a folder and by an operator.
pub fn words(input: &mut Input<'_>) {
    let kind = input.below(5);
    let bytes = input.rest();
    if kind == 0 {
        if let Some(pin) = link::testing::pin_in(bytes) {
            assert!(link::testing::spki(pin) == bytes, "one key in two forms");
        }
        return;
    }
    let Ok(text) = str::from_utf8(bytes) else { return };
    match kind {
        1 => {
            if let Ok(pin) = text.parse::<Pin>() {
                assert!(pin.to_string() == text.to_ascii_lowercase());
            }
        }
        2 => {
            if let Ok(head) = text.parse::<Head>() {
                assert!(head.to_string().parse() == Ok(head));
            }
        }
        3 => {
            let said = match link::testing::answer_in(text) {
                Ok(done) => Ok(done),
                Err(AskError::Refused(not)) => Err(not),
                Err(AskError::Silent(_)) => return,
            };
            assert!(link::testing::answer_text(&said) == text);
        }
        _ => lines(text),
    }
}

/// The vaults that a configuration names, and where they are now.
fn lines(text: &str) {
    let lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
    let Ok(members) = listed::read(&lines) else { return };
    assert!(members.len() == lines.len());
    let Ok(roster) = listed::roster(members.clone()) else { return };
    same_roster(&roster);
    assert!(listed::moved(&roster, &members).is_ok_and(|moved| moved.is_none()), "nobody has moved");
    let elsewhere: Vec<_> =
        members.iter().map(|member| Member { place: "elsewhere:1".to_owned(), ..member.clone() }).collect();
    if let Some(moved) = listed::moved(&roster, &elsewhere).expect("the same vaults") {
        same_roster(&moved);
    }
    let by = |key| Member { key, ..elsewhere[0].clone() };
    let again = roster.replaced(VaultNo(1), by(elsewhere[1].key));
    assert!(again.err() == Some(RosterError::SameKey), "one vault in two places");
    if let Ok(later) = roster.replaced(VaultNo(1), by(SIGNER.verifying())) {
        assert!(later.newcomer() == Some(VaultNo(1)) && later.was(VaultNo(1), &elsewhere[0].key));
        same_roster(&later);
    }
}

/// What is written is read, and says the same.
fn same_roster(roster: &Roster) {
    let text = roster.to_text();
    let read = Roster::parse(&text).unwrap_or_else(|error| panic!("what was written is not read: {error}"));
    assert!(read.to_text() == text && (read.n(), read.k()) == (roster.n(), roster.k()));
    assert!(read.newcomer() == roster.newcomer());
}

/// Text with a last line that is its check, or as it came.
fn checked(input: &mut Input<'_>, purpose: &[u8]) -> Option<String> {
    let is_checked = input.byte() & 1 == 0;
    let text = str::from_utf8(input.rest()).ok()?;
    if !is_checked {
        return Some(text.to_owned());
    }
    let hash = crypto::sha256(&[purpose, text.as_bytes()]);
    let digits: String = hash[..8].iter().map(|byte| format!("{byte:02x}")).collect();
    Some(format!("{text}check {digits}\n"))
}

/// Anything as the list of vaults.
pub fn roster(input: &mut Input<'_>) {
    let Some(text) = checked(input, b"heliograph vaults") else { return };
    let Ok(roster) = Roster::parse(&text) else { return };
    assert!(roster.to_text() == text, "one list in two forms");
    assert!(roster.n() <= ids::limits::VAULTS_MAX && (2..roster.n()).contains(&roster.k()));
    same_roster(&roster.settled());
}

/// Anything as the card of a vault.
pub fn card(input: &mut Input<'_>) {
    let Some(text) = checked(input, b"heliograph card") else { return };
    let Some(card) = vault_node::testing::card_in(&text) else { return };
    assert!(vault_node::testing::card_text(&card) == text, "one card in two forms");
    assert!(card.servers().len() <= ids::limits::VAULT_SERVERS_MAX);
    // What its operator copies into the configuration of a server is understood there.
    assert!(listed::read(&[card.line()]).is_ok_and(|members| members[0].key == card.key().0));
}

/// Anything as the data folder's two files with secrets.
pub fn secrets(input: &mut Input<'_>) {
    let kind = input.below(4);
    let mut file = input.rest().to_vec();
    let purpose = [b"heliograph link".as_slice(), b"heliograph local"][usize::from(kind >> 1)];
    if kind & 1 == 0 {
        let check = crypto::sha256(&[purpose, &file]);
        file.extend_from_slice(&check[..8]);
    }
    if let Some(local) = own_files::local_in(&file) {
        assert!(*own_files::local_file(local) == file);
    }
    let Some(lies) = own_files::link_key_in(&file) else { return };
    assert!(*own_files::link_key_file(&lies) == file, "one key in two forms");
    let is_sealed = match lies {
        Lies::InClear(_) => false,
        Lies::Sealed(sealed) => {
            assert!(sealed.len() == 32 + passphrase::OVERHEAD_BYTES);
            true
        }
    };
    assert!(own_files::is_sealed(&file) == is_sealed);
}

/// Anything as what a torn journal left to be cut out.
pub fn torn(input: &mut Input<'_>) {
    let kind = input.below(3);
    let mut bytes = input.rest().to_vec();
    match kind {
        0 => bytes.extend(xxh3_64(&bytes).to_be_bytes()),
        1 => {}
        _ => {
            let _ = store::testing::torn_item(&bytes);
            return;
        }
    }
    let Some(torn) = store::testing::torn_in(&bytes) else { return };
    let again = store::testing::torn_file(&torn);
    // Written in order and each once; a file with other bytes says no more than it has room for.
    assert!(again.len() <= bytes.len() && store::testing::torn_in(&again) == Some(torn));
}

/// Anything as the audit of a vault, among lines that it signed.
pub fn audit(input: &mut Input<'_>) {
    let (mut head, mut lines, mut heads) = (Head::default(), Vec::new(), vec![Head::default()]);
    let is_whole = input.byte() & 1 == 0;
    for _ in 0..input.below(4) {
        let tally = Tally { keys: input.u64(), unanswered: input.u64(), ..Tally::default() };
        let (next, line) = vault_node::testing::audit_line(head, &SIGNER, input.u64(), input.u64(), &tally);
        lines.extend_from_slice(line.as_bytes());
        head = next;
        heads.push(head);
    }
    let key: VerifyingKey = SIGNER.verifying();
    let signed = lines.len();
    if is_whole {
        // A line that was cut short.
        lines.extend(input.rest().iter().filter(|byte| **byte != b'\n').take(1_023));
        let (text, found, _) =
            vault_node::testing::audit_in(&lines, &key, Some(head)).expect("what was written is read");
        assert!(found == head && text.len() < signed.max(1) && text.lines().count() as u64 == head.number);
        return;
    }
    let at = usize::from(input.u16()) % (signed + 1);
    let until = at + usize::from(input.byte()).min(signed - at);
    lines.splice(at..until, input.rest().iter().copied());
    match vault_node::testing::audit_in(&lines, &key, None) {
        // Nobody else can write a line, so what is read is the beginning of what was.
        Ok((_, found, _)) => assert!(heads.contains(&found), "a line that nobody signed"),
        Err(error) => {
            assert!(matches!(error, AuditError::Broken(line) if line <= head.number + 1));
        }
    }
}

/// Anything as the meter of a vault, sealed as it must be or not: what it says is kept to, a restart later as well.
pub fn meter(input: &mut Input<'_>) {
    let mut files = FOLDER.clone();
    let is_sealed = input.byte() & 1 == 0;
    let asked = input.below(16);
    let facts = input.rest();
    files.insert("meter".to_owned(), if is_sealed { sealed_meter(&files, facts) } else { facts.to_vec() });
    let disk = Ram::holding(files);
    let open = || {
        let vault = Vault::open_on(Box::new(disk.clone()), Box::new(Seeded::new(2)));
        let mut vault = vault.expect("a folder of this vault");
        vault.limit(BUDGET, 0).expect("a good disk");
        let budget = vault.budget().expect("it was just set");
        (vault, budget)
    };
    let (mut vault, before) = open();
    assert!(before.left <= BUDGET.into() && (before.given, before.withheld) == (0, 0));
    let said = facts.split_first_chunk::<8>().filter(|(_, rest)| is_sealed && rest.len() == 1);
    match said {
        Some((left, [0])) => {
            assert!(!before.is_open && before.left == u64::from_be_bytes(*left).min(BUDGET.into()));
        }
        Some(_) | None => assert!(before.is_open && before.left == 0, "it was not understood and gives keys"),
    }
    let asked = asked.min(handles());
    exchange(&mut vault, 2, (0..asked).map(|n| Op::Get { handle: Handle([n; 16]) }).collect());
    let after = vault.budget().expect("it has one");
    assert!(after.given == before.left.min(asked.into()) && after.given + after.withheld == asked.into());
    assert!(after.is_open == (before.is_open || u64::from(asked) > before.left));
    drop(vault);
    let (mut vault, again) = open();
    assert!(again.left <= after.left && again.is_open == after.is_open, "a restart gave keys back");
    vault.resume().expect("a good disk");
    drop(vault);
    let (_, resumed) = open();
    assert!(!resumed.is_open && resumed.left == BUDGET.into());
}

fn sealed_meter(files: &Files, facts: &[u8]) -> Vec<u8> {
    let key = hkdf::derive(&files["root"][..32], b"", &[b"heliograph vault meter"]);
    let nonce = [0; aead::NONCE_BYTES];
    let mut bytes = [METER_MAGIC, &nonce[..], facts].concat();
    aead::Key::new(&key).seal(&nonce, METER_MAGIC, &mut bytes, METER_MAGIC.len() + nonce.len());
    bytes
}
