//! How many keys a vault gives, whoever asks and whatever happens to it meanwhile (P15).

use custody::wire::{Ended, LASTING_EPOCH, Op, Reply, Stage};
use ids::limits::VAULT_BUDGET;
use vault::DiskError;

use crate::ground::{Ground, commit, get, handle, piece, put, stage, try_ask};

const BUDGET: u32 = 100;
const HOUR_MS: u64 = 3_600_000;
/// In which one key comes back.
const KEY_MS: u64 = HOUR_MS / BUDGET as u64;

fn ground(keys: u64) -> Ground {
    let mut ground = Ground::new();
    ground.ask((0..keys).map(put).collect());
    ground.vault.limit(BUDGET, 0).expect("a good disk");
    ground
}

/// The same vault after the process was killed, its clock begun anew.
fn killed(ground: &Ground) -> Ground {
    let mut again = ground.again();
    again.vault.limit(BUDGET, 0).expect("a good disk");
    again
}

/// Whether this key is given; one that lies there is given or said to be withheld.
fn is_given(ground: &mut Ground, n: u64) -> bool {
    let reply = ground.ask_one(get(n));
    let is_withheld = matches!(reply, Reply::Withheld);
    assert!(is_withheld || matches!(reply, Reply::Get { current: Some(_), .. }), "the key is there");
    !is_withheld
}

fn given(ground: &mut Ground, keys: std::ops::Range<u64>) -> usize {
    keys.filter(|n| is_given(ground, *n)).count()
}

fn is_open(ground: &Ground) -> bool {
    ground.vault.budget().expect("a budget").is_open
}

#[test]
fn p15_ten_budgets_asked_for_are_one_given_until_the_operator_says_otherwise() {
    let mut ground = ground(1_000);
    assert_eq!(given(&mut ground, 0..1_000), 100);
    assert!(is_open(&ground));
    // Neither time nor a death closes it.
    for _ in 0..3 {
        ground.vault.at(50 * HOUR_MS);
        assert_eq!(given(&mut ground, 500..1_000), 0);
        ground = killed(&ground);
        assert!(is_open(&ground));
        assert_eq!(given(&mut ground, 0..1_000), 0, "what was given is not known any more either");
    }
    ground.vault.resume().expect("a good disk");
    ground = killed(&ground);
    assert!(!is_open(&ground));
    assert_eq!(given(&mut ground, 0..1_000), 100);
    // Nothing else depends on it.
    assert!(matches!(ground.ask_one(put(5_000)), Reply::Put { kept: true }));
    assert!(matches!(ground.ask_one(Op::Destroy { handle: handle(3) }), Reply::Destroy));
}

/// Red when epoch 0 alone counts.
#[test]
fn p15_a_lasting_key_counts_however_often_it_was_shared_anew_and_x_of_a_box_does_not() {
    for (to, counted) in [(LASTING_EPOCH, 100), (u32::MAX - 2, 100), (1, 300), (LASTING_EPOCH - 1, 300)] {
        let mut ground = ground(300);
        let anew = |n| {
            let stage = Stage {
                handle: handle(n),
                from: Some(0),
                to,
                piece: piece(n, to),
                sheet: Vec::new(),
                pages: Vec::new(),
                ended: Ended::AllOthers,
            };
            [Op::Stage(Box::new(stage)), commit(n, to)]
        };
        let replies = ground.ask((0..300).flat_map(anew).collect());
        let is_committed = |reply: &&Reply| matches!(reply, Reply::Commit { committed: true, .. });
        assert_eq!(replies.iter().filter(is_committed).count(), 300);
        assert_eq!(given(&mut ground, 0..300), counted, "epoch {to}");
    }
}

#[test]
fn p15_many_keys_in_one_request_are_counted_one_by_one() {
    let mut ground = ground(300);
    let replies = ground.ask((0..300).map(get).collect());
    let withheld = replies.iter().filter(|reply| matches!(reply, Reply::Withheld)).count();
    assert_eq!(withheld, 200);
}

#[test]
fn keys_come_back_with_time_and_one_given_within_the_hour_is_not_counted_again() {
    let mut ground = ground(300);
    assert_eq!(given(&mut ground, 0..100), 100);
    assert_eq!(given(&mut ground, 0..100), 100, "the same again");
    assert!(!is_open(&ground), "nobody has asked for more than there is");
    ground.vault.at(10 * KEY_MS);
    assert_eq!(given(&mut ground, 100..110), 10);
    ground.vault.at(HOUR_MS - 1);
    assert_eq!(given(&mut ground, 0..100), 100);
    let before = ground.vault.budget().expect("a budget");
    ground.vault.at(HOUR_MS + KEY_MS);
    assert_eq!(given(&mut ground, 0..50), 50);
    let after = ground.vault.budget().expect("a budget");
    assert_eq!((before.given, after.given), (110, 160), "an hour later they count");
    assert!(!after.is_open && after.left < before.left);
}

#[test]
fn p15_death_at_any_moment_gives_no_key_back() {
    for (every, least) in [(1, 10), (7, 40), (33, 80)] {
        let mut ground = ground(1_000);
        let (mut all, mut asked) = (0, 0);
        while !is_open(&ground) {
            all += given(&mut ground, asked..asked + every);
            asked += every;
            ground = killed(&ground);
        }
        assert!((least..=100).contains(&all), "{all} of 100, killed after each {every}");
    }
}

#[test]
fn p15_what_cannot_be_counted_is_not_given() {
    let mut ground = ground(10);
    // The file, its name, the folder.
    for at in 0..3 {
        // Reading the page of the key comes before.
        ground.disk.fail_after(1 + at, DiskError::Failed(std::io::ErrorKind::Other));
        assert!(try_ask(&mut ground.vault, vec![get(at)]).is_err(), "step {at}");
    }
    assert_eq!(ground.vault.budget().expect("a budget").given, 0);
    assert!(is_given(&mut ground, 0));
}

/// A C that has something staged beside it is still one: whoever could stage could else take it for nothing.
#[test]
fn p15_a_stage_beside_a_key_does_not_make_it_free_and_a_ticked_one_is() {
    let mut ground = ground(300);
    assert_eq!(given(&mut ground, 200..300), 100);
    assert!(!is_given(&mut ground, 199));
    assert!(matches!(ground.ask_one(stage(1, 0)), Reply::Stage { staged: true, .. }));
    assert!(!is_given(&mut ground, 1));
    let tag = piece(1, 1).tag();
    assert!(matches!(
        ground.ask_one(Op::Commit { handle: handle(1), to: 1, tag }),
        Reply::Commit { committed: true, .. }
    ));
    assert!(is_given(&mut ground, 1), "an X of epoch 1 opens nothing without its C");
}

#[test]
fn r5_a_meter_that_does_not_open_is_taken_for_one_that_has_opened_its_breaker() {
    let mut ground = ground(10);
    assert!(is_given(&mut ground, 0));
    let files = ground.disk.files();
    let file = &files["meter"];
    let opens = |bytes: Vec<u8>| {
        let mut files = files.clone();
        files.insert("meter".to_owned(), bytes);
        let mut ground = Ground::on(files).expect("a vault");
        ground.vault.limit(BUDGET, 0).expect("a good disk");
        !is_open(&ground)
    };
    assert!(opens(file.clone()));
    for bit in 0..file.len() * 8 {
        let mut turned = file.clone();
        turned[bit / 8] ^= 1 << (bit % 8);
        assert!(!opens(turned), "bit {bit}");
    }
    assert!((0..file.len()).all(|len| !opens(file[..len].to_vec())), "cut");
}

/// What the default must not stand in the way of: everybody comes back at once, and the server dies and asks for all of it again.
#[test]
fn r11_ten_thousand_accounts_that_come_back_cold_are_within_the_default_and_so_are_those_of_a_crash_after_it()
{
    let keys = u64::from(VAULT_BUDGET);
    assert!(keys >= 3 * 10_000, "C, X and the key of a device");
    let mut ground = Ground::new();
    let each = 10_000;
    for first in (0..keys).step_by(10_000) {
        ground.ask((first..first + each).map(put).collect());
    }
    ground.vault.limit(VAULT_BUDGET, 0).expect("a good disk");
    let done = ground.disk.done();
    for minute in 0..2 {
        ground.vault.at(60_000 * minute);
        for first in (0..keys).step_by(10_000) {
            let replies = ground.ask((first..first + each).map(get).collect());
            assert!(replies.iter().all(|reply| matches!(reply, Reply::Get { current: Some(_), .. })));
        }
    }
    assert!(!is_open(&ground));
    // Counting them costs the disk a few small files, not one for each key.
    let writes = ground.disk.done() - done;
    assert!(writes < 1_000, "{writes} operations on the disk, those that read pages included");
}
