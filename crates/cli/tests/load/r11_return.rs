//! R11: the server is killed, and all its clients come back at once. Their temporary keys died with it, so each makes a new
//! one, and waits for a share of half a core or what others leave idle; whoever is refused comes again a little later, as
//! clients do.
//!
//! `R11_CLIENTS` sets how many; acceptance is 10,000, of whom 95 of 100 are back within 60 s (`heliograph bench --clients 10000
//! returns` measures the same). Red with `R11_SETTING=limits.connections=30`.
use std::net::Ipv4Addr;
use std::time::Duration;

use client::{Client, Clock, Identity, Options};
use tokio::task::JoinSet;
use tokio::time::interval;

use crate::crowd::{leave_a_key, options_of};
use crate::support::process::{Folder, Process};
use crate::{program, size, tell};

/// 95 of 100 are back within this.
const BACK_MAX: Duration = Duration::from_secs(60);
/// How often a client that was refused tries again.
const TRIES: Duration = Duration::from_millis(500);
/// Life of a temporary key.
const PFS_S: u32 = 86_400;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r11_everybody_is_back_soon_after_a_crash() {
    let clients: u16 = size("R11_CLIENTS", 60);
    let setting = size("R11_SETTING", "limits.salt_s=1800".to_owned());
    leave_and_come_back(clients, &[&setting], |_, options| options).await;
}

/// Ten behind each address, which may begin twelve exchanges and no more, while nearly nobody finds room: were those who are
/// turned away charged for it, few would come back. Red without `exchanges_no_keys` in `Link::start`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r11_who_finds_no_room_loses_nothing_of_what_his_address_may() {
    let settings = [
        "limits.handshakes_waiting=4",
        "limits.handshake_cpu_percent=15",
        "threads.handshakes_idle=0",
        "limits.handshakes_per_address_burst=12",
        "limits.handshakes_per_address_per_minute=1",
    ];
    leave_and_come_back(60, &settings, |number, options| {
        let [_, address] = (number / 10).to_be_bytes();
        Options { local: Some(Ipv4Addr::new(127, 2, 1, address).into()), ..options }
    })
    .await;
}

/// So many sign up, the server is killed and started with these settings, and all come back at once.
async fn leave_and_come_back(clients: u16, settings: &[&str], from: impl Fn(u16, Options) -> Options) {
    let flags = ["--log-level", "error", "--set", "limits.handshake_cpu_percent=100"];
    let folder = Folder::new().expect("a folder");
    let server = Process::start_in(&program(), folder, &flags, &[]).unwrap_or_else(|why| panic!("{why}"));
    let mut keys = Vec::new();
    for number in 0..clients {
        keys.push(leave_a_key(&server, number).await);
    }
    let folder = server.kill().expect("its end").folder;
    let mut flags = vec!["--log-level", "error"];
    settings.iter().for_each(|setting| flags.extend(["--set", setting]));
    let server = Process::start_in(&program(), folder, &flags, &[]).unwrap_or_else(|why| panic!("{why}"));
    let clock = Clock::start();
    let mut tasks = JoinSet::new();
    for (number, identity) in (0..clients).zip(keys) {
        let options = from(number, options_of(&server, number, Some(PFS_S)));
        tasks.spawn(come_back(options, identity, clock));
    }
    let (mut back, staying): (Vec<_>, Vec<_>) = tasks.join_all().await.into_iter().flatten().unzip();
    back.sort_unstable();
    let wanted = usize::from(clients) * 95 / 100;
    assert!(back.len() >= wanted, "{} of {clients} are back after {BACK_MAX:?}", back.len());
    tell(&format!("{wanted} of {clients} were back after {:?}", back.get(wanted.saturating_sub(1))));
    // They are logged in, and not only connected.
    for client in &staying {
        client.call(&tl::updates::GetState {}).await.expect("an answer");
    }
}

/// Connects until a call was answered, or it has taken too long.
async fn come_back(options: Options, identity: Identity, clock: Clock) -> Option<(Duration, Client)> {
    let coming = async {
        let mut tries = interval(TRIES);
        loop {
            tries.tick().await;
            if let Ok(client) = Client::resume(options.clone(), identity.clone()).await
                && client.call(&tl::updates::GetState {}).await.is_ok()
            {
                return client;
            }
        }
    };
    let client = tokio::time::timeout(BACK_MAX, coming).await.ok()?;
    Some((clock.elapsed(), client))
}
