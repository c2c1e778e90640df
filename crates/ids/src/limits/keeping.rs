//! Limits of what is kept: vaults and the ways to them, the store, keys in memory, ticks and orders. Nobody who calls meets them.

/// Vaults of one deployment (docs/keys.md 2).
pub const VAULTS_MAX: usize = 15;
/// Vaults whose places others have taken, of which a list keeps the keys: a configuration may still name them.
pub const VAULTS_FORMER_MAX: usize = 256;
/// Characters of a jurisdiction.
pub const JURISDICTION_CHARS_MAX: usize = 32;
/// One request to a vault (docs/keys.md 6): a whole state of the largest size fits twice.
pub const VAULT_REQUEST_BYTES_MAX: usize = 16 << 20;
/// One answer of a vault.
pub const VAULT_ANSWER_BYTES_MAX: usize = 16 << 20;
/// Operations in one request to a vault.
pub const VAULT_OPS_MAX: usize = 20_000;
/// Rows of one page on a vault's disk; a larger row has a page of its own (docs/keys.md 6.1).
pub const VAULT_PAGE_BYTES_MAX: usize = 32 << 10;
/// A file of pages on a vault's disk is closed when it has reached this.
pub const VAULT_PACK_BYTES: usize = 4 << 20;
/// Bytes that nothing opens any more in a vault's files of pages: half as many as there are others, and this.
pub const VAULT_DEAD_BYTES_MAX: u64 = 4 << 20;
/// Connections to a vault that have not proved a key yet; beyond, the oldest of them is closed, so that nobody is kept out by
/// those who sit still. With the links they are far fewer than the files that a process may have open.
pub const LINK_HANDSHAKES_MAX: usize = 256;
/// Those of them that come from one address, or from one /64 of IPv6.
pub const LINK_HANDSHAKES_PER_ADDRESS_MAX: usize = 16;
/// How long a handshake between server and vault may take; a server gives up a little later, its name and address included.
pub const LINK_HANDSHAKE_MS_MAX: u64 = 1_000;
/// Links that one server has to a vault at a time: its own, that of somebody who examines its folder, and some whose end it has not
/// noticed. Beyond, the oldest of them is closed.
pub const LINKS_PER_SERVER_MAX: usize = 4;
/// Links that a vault has at a time: only keys that its operator has pinned have any.
pub const LINKS_MAX: usize = VAULT_SERVERS_MAX * LINKS_PER_SERVER_MAX;
/// How long a message that was begun may take to come, and an answer to be taken.
pub const LINK_MESSAGE_MS_MAX: u64 = 30_000;
/// How long a server tries to reach a vault, its name, its address and its handshake together.
pub const LINK_CONNECT_MS_MAX: u64 = 1_200;
/// How long a server waits for the first word of a vault that it has asked: an answer of the largest size is on its way by then.
pub const LINK_SILENCE_MS_MAX: u64 = 6_000;
/// The pause after the first failure to reach a vault; each that follows lasts twice as long.
pub const LINK_PAUSE_MS_MIN: u64 = 50;
/// The longest pause: a vault that is back is found to be so after this.
pub const LINK_PAUSE_MS_MAX: u64 = 2_000;
/// Requests of one connection that wait for their answers; beyond, no more are read.
pub const LINK_REQUESTS_MAX: usize = 64;
/// Bytes of requests that a vault has in memory, all connections together; beyond, no more are read.
pub const LINK_BYTES_MAX: usize = 64 << 20;
/// Requests that a vault carries out together, with one commit.
pub const VAULT_REQUESTS_TOGETHER_MAX: usize = 64;
/// Servers that a vault lets in: the nodes of one deployment.
pub const VAULT_SERVERS_MAX: usize = 32;
/// Operators of a vault who have a passphrase each: every one of them is tried with every share of the root, which takes a third
/// of a second.
pub const VAULT_OPERATORS_MAX: usize = 7;
/// How long a vault's budget of keys takes to fill, and how long a key that it gave is not counted again.
pub const VAULT_BUDGET_MS: u64 = 3_600_000;
/// Keys of epoch 0 that a vault gives at once, and in each hour after, unless its operator says otherwise: 10,000 accounts that
/// come back when nothing of them is in memory, with the keys of their devices (P15, R11).
pub const VAULT_BUDGET: u32 = 30_000;
/// The least. A start of a server alone takes up to 170: its own, and those of blank boxes.
pub const VAULT_BUDGET_MIN: u32 = 50;
/// The most: a vault remembers the keys of an hour.
pub const VAULT_BUDGET_MAX: u32 = 1_000_000;
/// How often a vault that has done anything writes a line of its audit.
pub const AUDIT_MS: u64 = 60_000;
/// A line of it: numbers and a signature.
pub const AUDIT_LINE_BYTES_MAX: u64 = 1_024;
/// A sealed sheet of an erasure state: 5,241 pages (docs/keys.md 5).
pub const STATE_SHEET_BYTES_MAX: usize = 256 << 10;
/// A sealed page of an erasure state: 1,500 nodes take 61,533 bytes (docs/keys.md 5).
pub const STATE_PAGE_BYTES_MAX: usize = 64 << 10;

/// Table blocks that the embedded store keeps in memory. What it lacks the system mostly has, a read away.
pub const STORE_CACHE_BYTES: u64 = 12 << 20;
/// Writes that the embedded store gathers in memory before they become a table; up to five times that in a burst, and on the
/// heap they take twice as much. The smaller, the more often rows are merged: the engine's threads took 9 us for a message with
/// 16 MiB, 15 with 8, and 27 with 4.
pub const STORE_MEMTABLE_BYTES: u64 = 8 << 20;
/// Bytes of a table of the embedded store. While the last one of a merge is finished and synced everybody waits: some 5 ms
/// of this size, and 90 ms of 64 MiB. But the list of tables is written anew with each change, 30 bytes for each.
pub const STORE_TABLE_BYTES: u64 = 4 << 20;
/// Tables of one memtable each that the embedded store gathers before it merges them with those below.
pub const STORE_FRESH_TABLES: u8 = 8;
/// Journals of the embedded store before it writes memtables early. A start reads all of them.
pub const STORE_JOURNAL_BYTES_MAX: u64 = 64 << 20;
/// Free space below which the embedded store takes no write: what waits in memory must still fit.
pub const STORE_FREE_BYTES_MIN: u64 = 256 << 20;
/// Tables that the embedded store holds open.
pub const STORE_OPEN_FILES_MAX: usize = 256;
/// Rows that the embedded store keeps in memory, sealed, because somebody who wrote had asked for them; and as many last
/// rows of tables.
pub const STORE_RECENT_ROWS_MAX: usize = 8_192;
/// Bytes of the longest value among them. So they take 20 MB at most, and some 4 MB as rows are.
pub const STORE_RECENT_VALUE_BYTES_MAX: usize = 1_024;
/// Threads with which the embedded store writes and merges tables.
pub const STORE_WORKERS: usize = 2;
/// How long a vault may take to answer: its disk has synced by then, or it is away.
pub const VAULT_ANSWER_MS_MAX: u64 = 5_000;
/// How long until a vault that did not answer is asked again.
pub const VAULT_RETRY_MS: u64 = 1_000;
/// How long until more vaults are asked than are necessary, and until late ones are no longer waited for.
pub const VAULT_HEDGE_MS: u64 = 250;
/// How long one exchange with the vaults may take in all, repetitions included.
pub const VAULT_WHOLE_MS_MAX: u64 = 30_000;
/// Keys released, minted or destroyed in one exchange.
pub const KEYS_PER_EXCHANGE_MAX: usize = 4_096;
/// Boxes ticked together; what is kept of each is one key in locked memory and its change.
pub const TICK_BOXES_MAX: usize = 512;
/// Bytes of changes of boxes ticked together; the first box has room in any case.
pub const TICK_CHANGE_BYTES_MAX: usize = 4 << 20;

/// How long keys that nobody uses stay in memory: what is not there cannot be taken from it.
pub const KEYS_IDLE_MS_MAX: u64 = 900_000;
/// How long keys stay in memory, used or not.
pub const KEYS_HELD_MS_MAX: u64 = 43_200_000;
/// Pages of its erasure state that a box in memory keeps open; each takes some 72 KB.
pub const OPEN_PAGES_PER_BOX_MAX: usize = 32;
/// Values of a box in memory that are held as they were opened, since whoever writes asks for them again; and bytes of the
/// longest one.
pub const OPENED_PER_BOX_MAX: usize = 16;
/// See above.
pub const OPENED_VALUE_BYTES_MAX: usize = 256;
/// Sheet and pages of one box; a cut that would exceed it moves the survivors first (docs/keys.md 5.2).
pub const ERASURE_STATE_BYTES_MAX: usize = 8 << 20;
/// Values that a start may draw before it gives up: each was taken by another start at the same moment.
pub const DRAWS_MAX: u8 = 32;
/// Ranges of pending numbers cut out of one box in one tick; the rest waits for the next.
pub const TICK_RANGES_MAX: usize = 100_000;
/// How long whoever lacks keys waits for them before he is told to try again: less than 2 s in all (P17).
pub const KEY_WAIT_MS_MAX: u64 = 1_700;
/// One exchange with the vaults on behalf of somebody who waits.
pub const KEY_EXCHANGE_MS_MAX: u64 = 1_500;
/// Those who wait for keys, in all; beyond, a call is told to try again at once.
pub const KEY_WAITERS_MAX: usize = 50_000;
/// Exchanges that release or mint keys at a time: one that is slow does not hold up the next.
pub const KEY_EXCHANGES_MAX: usize = 4;
/// Keys in locked memory (32 bytes each); an account takes two, a device one.
pub const KEYS_IN_MEMORY_MAX: usize = 1 << 17;
/// Blank boxes: when fewer are left, more are minted.
pub const BLANK_BOXES_MIN: usize = 16;
/// Blank boxes after that.
pub const BLANK_BOXES_MAX: usize = 64;
/// Seconds from a deletion to the tick that makes it final (docs/keys.md 5.2), unless the operator says otherwise.
pub const SHRED_S: u64 = 600;
/// The longest that an operator may set (T_shred).
pub const SHRED_S_MAX: u64 = 86_400;
/// How often the durable commit number is reported to the vaults, and keys that nobody uses are dropped.
pub const REPORT_MS: u64 = 60_000;
/// How far apart syncs begin at least.
pub const SYNC_APART_US_MIN: u64 = 1_000;
/// A sync begins so long after the one before it, if anything waits for it; or sooner, when there are enough.
pub const SYNC_APART_US_MAX: u64 = 3_000;
/// Commits that are enough for a sync: at 2,500 messages a second each serves five, and one message waits a millisecond.
pub const SYNC_COMMITS: u64 = 5;
/// How often the engine gives back the space of deleted rows.
pub const UPKEEP_MS: u64 = 300_000;
/// How often the engine frees what it needs no more: some times while it fills a memtable, which takes a second at least.
pub const FREE_MS: u64 = 200;
/// Orders of the outbox done in one go.
pub const ORDERS_MAX: usize = 256;
/// An order whose destruction is not final, or whose key is about to be used, is looked at again after this.
pub const ORDER_AGAIN_MS: u64 = 30_000;
/// One that is final, while some vault still has its share of the key: so rarely that 70,000 of them delay no other.
pub const ORDER_AGAIN_FINAL_MS: u64 = 300_000;
/// One of a kind that this version does not know.
pub const ORDER_UNKNOWN_MS: u64 = 86_400_000;
/// After the wall clock has jumped by more than a day nothing ends by it for this long.
pub const CLOCK_DOUBT_MS: u64 = 3_600_000;
/// Bytes of what an operator asks of a running process over the socket in its folder: a verb and its arguments.
pub const CONTROL_WORDS_BYTES_MAX: usize = 4 << 10;
/// How long whoever asks waits for the answer.
pub const CONTROL_ANSWER_MS_MAX: u64 = 60_000;
/// What is read of its answer; one about five vaults and 32 servers has a few KiB.
pub const CONTROL_ANSWER_BYTES_MAX: usize = 1 << 20;
/// Boxes that are counted one by one for an operator who asks how the vaults are.
pub const STANDING_BOXES_MAX: usize = 10_000;
/// Keys that are shared anew in one exchange, after a vault was replaced; between two of them others are served.
pub const KEYS_RESHARED_TOGETHER_MAX: usize = 64;
/// How long after one for which too few vaults answered the next tick comes: what waits for them is final within a minute of their
/// return (R12).
pub const TICK_AGAIN_MS: u64 = 30_000;
