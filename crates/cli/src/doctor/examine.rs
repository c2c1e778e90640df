//! The examination: from the address to the first answered call, until something fails.
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;

use client::{Clock, OsRng};
use crypto::Rng;
use crypto::rsa::PublicKey;
use ids::{SessionId, UnixTime};
use mtproto::client::{Event, Output, Session, SessionStart};
use mtproto::handshake::client::{ExchangeError, FirstRequest, RsaPadding, Wanted};
use mtproto::handshake::{KeyKind, NewKey};
use tl::{Decode, Encode, Raw};

use super::verdict::Verdict;
use super::wire::{Silence, WAYS, Way, Wire};

/// Difference of clocks from which on messages are refused (docs: security guidelines).
const CLOCK_S_MAX: i64 = ids::limits::MSG_ID_FUTURE_S_MAX;

/// What a probe of one transport found.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Probe {
    Answered,
    Unanswered,
}

/// Examines the server as a client of data centre `dc` would find it.
pub(super) fn examine(server: &str, key: Option<PublicKey>, dc: i16) -> Verdict {
    let Some(address) = server.to_socket_addrs().ok().and_then(|mut addresses| addresses.next()) else {
        return Verdict::NoAddress;
    };
    let clock = Clock::start();
    let mut answered = Vec::new();
    let mut blocked = Vec::new();
    for way in WAYS {
        match probe(address, way, dc, clock) {
            Ok(Probe::Answered) => answered.push(way),
            Ok(Probe::Unanswered) => blocked.push(way.name),
            Err(verdict) => return verdict,
        }
    }
    let Some(way) = answered.first() else {
        return if speaks_http(address) { Verdict::Http } else { Verdict::NotMtproto };
    };
    let found = match key {
        None => Verdict::TransportsWell,
        Some(key) => exchange(address, *way, dc, key, clock).unwrap_or_else(|verdict| verdict),
    };
    if found.is_well() && !blocked.is_empty() { Verdict::Blocked(blocked) } else { found }
}

/// Asks for nothing but the first answer of a key exchange, which every server gives to everybody.
fn probe(address: SocketAddr, way: Way, dc: i16, clock: Clock) -> Result<Probe, Verdict> {
    let mut wire = Wire::open(address, way, dc, Arc::new([]), clock).map_err(|error| unreachable(&error))?;
    wire.conn.make_key(wanted(dc), clock.now(), &mut OsRng);
    Ok(match wire.next() {
        // Nobody is trusted here, so this is the answer of a server that understood.
        Ok(Output::ExchangeFailed(ExchangeError::UnknownKeys)) => Probe::Answered,
        Ok(_) | Err(Silence::Closed | Silence::Late) => Probe::Unanswered,
    })
}

fn unreachable(error: &std::io::Error) -> Verdict {
    if error.kind() == ErrorKind::ConnectionRefused { Verdict::NothingListens } else { Verdict::Unreachable }
}

fn speaks_http(address: SocketAddr) -> bool {
    let patience = Duration::from_secs(2);
    let Ok(mut stream) = TcpStream::connect_timeout(&address, patience) else { return false };
    let mut start = [0; 5];
    let heard = stream
        .set_read_timeout(Some(patience))
        .and_then(|()| stream.write_all(b"GET / HTTP/1.0\r\n\r\n"))
        .and_then(|()| stream.read_exact(&mut start));
    heard.is_ok() && &start == b"HTTP/"
}

fn wanted(dc: i16) -> Wanted {
    Wanted {
        kind: KeyKind::Permanent,
        dc: Some(dc.into()),
        first: FirstRequest::ReqPqMulti,
        padding: RsaPadding::RsaPad,
    }
}

/// Makes a key and calls help.getConfig under it. Both arms say how that ended; the first is the good one.
fn exchange(
    address: SocketAddr,
    way: Way,
    dc: i16,
    trusted: PublicKey,
    clock: Clock,
) -> Result<Verdict, Verdict> {
    let mut wire =
        Wire::open(address, way, dc, Arc::new([trusted]), clock).map_err(|error| unreachable(&error))?;
    wire.conn.make_key(wanted(dc), clock.now(), &mut OsRng);
    let (key, server_time) = match wire.next() {
        Ok(Output::KeyMade { key, server_time }) => (key, server_time),
        Ok(Output::ExchangeFailed(ExchangeError::UnknownKeys)) => return Err(Verdict::WrongKey),
        Ok(Output::ExchangeFailed(error)) => return Err(Verdict::BadExchange(error)),
        Ok(Output::ServerError(-444)) => return Err(Verdict::ForeignDc(dc)),
        Ok(
            Output::ServerError(_)
            | Output::Transmit(_)
            | Output::Packet(_)
            | Output::QuickAck(_)
            | Output::Close(_),
        )
        | Err(Silence::Closed | Silence::Late) => return Err(Verdict::Refused),
    };
    let server_ahead_s = server_time.get() - clock.now().unix().get();
    if server_ahead_s.abs() > CLOCK_S_MAX {
        return Err(Verdict::Clock { server_ahead_s });
    }
    let told = this_dc(&mut wire, key, server_time).ok_or(Verdict::NoAnswer)?;
    if told == i32::from(dc) { Ok(Verdict::Well) } else { Err(Verdict::OtherDc { dialled: dc, told }) }
}

/// What the server says of itself in help.getConfig.
fn this_dc(wire: &mut Wire, key: NewKey, server_time: UnixTime) -> Option<i32> {
    let ahead_s = server_time.get() - wire.clock.now().unix().get();
    let mut session = Session::new(SessionStart {
        key: key.key,
        session: SessionId(OsRng.u64()),
        salt: key.first_salt,
        ahead_ns: ahead_s * 1_000_000_000,
    });
    session.call(introduced(&tl::help::GetConfig {}));
    loop {
        while let Some(packet) = session.poll_transmit(wire.clock.now(), &mut OsRng) {
            wire.conn.send(&packet, &mut OsRng);
        }
        while let Some(event) = session.poll_event() {
            if let Event::Answer { result, .. } = event {
                let tl::Config::Config(config) = tl::Config::from_bytes(&result.ok()?).ok()?;
                return Some(config.this_dc);
            }
        }
        match wire.next() {
            Ok(Output::Packet(packet)) => session.handle_packet(&packet, wire.clock.now()).ok()?,
            Ok(_) | Err(Silence::Closed | Silence::Late) => return None,
        }
    }
}

/// The query in the wrappers that a client puts around its first one.
fn introduced(query: &impl Encode) -> Vec<u8> {
    let connection = tl::InitConnection {
        api_id: 1,
        device_model: "doctor".into(),
        system_version: String::new(),
        app_version: env!("CARGO_PKG_VERSION").into(),
        system_lang_code: "en".into(),
        lang_pack: String::new(),
        lang_code: "en".into(),
        proxy: None,
        params: None,
        query: Raw(query.to_bytes()),
    };
    let layer = i32::from(ids::limits::LAYER_CANONICAL);
    tl::InvokeWithLayer { layer, query: Raw(connection.to_bytes()) }.to_bytes()
}
