//! A client of the tests: blocking, one connection, from an address of its own.
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::sync::Arc;

use client::{Clock, OsRng};
use crypto::Rng;
use crypto::rsa::PublicKey;
use ids::SessionId;
use mtproto::client::{CallError, Conn, Event, Output, Session, SessionStart};
use mtproto::handshake::client::{FirstRequest, RsaPadding, Wanted};
use mtproto::handshake::{KeyKind, NewKey};
use mtproto::transport::{Kind, Obfuscation};
use socket2::{Domain, Type};
use tl::mt::DestroyAuthKeyRes;
use tl::{Decode, Encode, Raw};

use crate::process::{PATIENCE, Server};
use crate::socket::Socket;

/// The address clients have that do not care.
pub(crate) const HERE: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 1);

/// A connection to a server.
pub(crate) struct Peer {
    socket: Socket,
    pub(crate) conn: Conn,
    pub(crate) clock: Clock,
    session: Option<Session>,
    /// Updates that came while something else was waited for.
    pub(crate) updates: Vec<Vec<u8>>,
    /// How often the server said that it has begun the session anew.
    pub(crate) sessions_begun: u32,
}

/// How a connection went silent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum End {
    Closed,
    Late,
}

/// Connects from an address of the loopback network.
pub(crate) fn connect_from(source: Ipv4Addr, to: SocketAddr) -> std::io::Result<TcpStream> {
    let socket = socket2::Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.bind(&SocketAddr::new(IpAddr::V4(source), 0).into())?;
    socket.connect(&to.into())?;
    let stream = TcpStream::from(socket);
    stream.set_read_timeout(Some(PATIENCE))?;
    Ok(stream)
}

/// What a permanent key is asked for with.
pub(crate) const PERMANENT: Wanted = Wanted {
    kind: KeyKind::Permanent,
    dc: Some(2),
    first: FirstRequest::ReqPqMulti,
    padding: RsaPadding::RsaPad,
};

impl Peer {
    pub(crate) fn connect(server: &Server, source: Ipv4Addr, kind: Kind, obfuscated: bool) -> Self {
        let stream = connect_from(source, server.mtproto).expect("the server is reached");
        Self::over(Socket::Tcp(stream), server, kind, obfuscated)
    }

    /// A connection over a stream that was upgraded to a WebSocket.
    pub(crate) fn over_websocket(stream: TcpStream, server: &Server) -> Self {
        Self::over(Socket::Websocket(stream), server, Kind::Intermediate, true)
    }

    fn over(socket: Socket, server: &Server, kind: Kind, obfuscated: bool) -> Self {
        let pem = std::fs::read_to_string(&server.public_key).expect("the public key is read");
        let trusted: Arc<[PublicKey]> = Arc::new([PublicKey::from_pem(&pem).expect("a public key")]);
        let obfuscation = obfuscated.then_some(Obfuscation { secret: None, dc: 2 });
        let conn = Conn::new(kind, obfuscation, trusted, &mut OsRng).expect("a transport");
        Self { socket, conn, clock: Clock::start(), session: None, updates: Vec::new(), sessions_begun: 0 }
    }

    /// A connection over a plain framing.
    pub(crate) fn simple(server: &Server, source: Ipv4Addr) -> Self {
        Self::connect(server, source, Kind::Intermediate, false)
    }

    /// The next thing the server says.
    pub(crate) fn next(&mut self) -> Result<Output, End> {
        loop {
            while let Some(output) = self.conn.poll_output() {
                match output {
                    Output::Transmit(bytes) => self.socket.send(&bytes).map_err(|_| End::Closed)?,
                    said => return Ok(said),
                }
            }
            match self.socket.receive() {
                Ok(bytes) if bytes.is_empty() => return Err(End::Closed),
                Ok(bytes) => self.conn.handle_input(&bytes, self.clock.now(), &mut OsRng),
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                    return Err(End::Late);
                }
                Err(_) => return Err(End::Closed),
            }
        }
    }

    /// Makes a key, if the server lets it.
    pub(crate) fn make_key(&mut self, wanted: Wanted) -> Option<NewKey> {
        self.conn.make_key(wanted, self.clock.now(), &mut OsRng);
        match self.next() {
            Ok(Output::KeyMade { key, .. }) => Some(key),
            _ => None,
        }
    }

    /// Begins a session under a key.
    pub(crate) fn begin(&mut self, key: &NewKey) {
        self.session = Some(Session::new(SessionStart {
            key: key.key.clone(),
            session: SessionId(OsRng.u64()),
            salt: key.first_salt,
            ahead_ns: 0,
        }));
    }

    /// A client with a permanent key and a session.
    pub(crate) fn introduced(server: &Server, source: Ipv4Addr) -> Self {
        let mut peer = Self::simple(server, source);
        let key = peer.make_key(PERMANENT).expect("a key");
        peer.begin(&key);
        peer
    }

    /// Calls a method in the canonical layer and waits for its answer.
    pub(crate) fn call<F: tl::Function>(&mut self, query: &F) -> Result<F::Result, CallError> {
        self.calls(std::slice::from_ref(query)).remove(0)
    }

    /// The same, inside invokeWithoutUpdates.
    pub(crate) fn call_without_updates<F: tl::Function>(
        &mut self,
        query: &F,
    ) -> Result<F::Result, CallError> {
        let quiet = tl::InvokeWithoutUpdates { query: Raw(query.to_bytes()) };
        self.answers::<F>(vec![in_layer(&quiet)]).remove(0)
    }

    /// Makes a call whose bytes are not what the schema says.
    pub(crate) fn call_spoiled<F: tl::Function>(&mut self, body: Vec<u8>) -> Result<F::Result, CallError> {
        self.answers::<F>(vec![in_layer(&Raw(body))]).remove(0)
    }

    /// Makes calls all at once and waits for their answers, which come in the order of the calls.
    pub(crate) fn calls<F: tl::Function>(&mut self, queries: &[F]) -> Vec<Result<F::Result, CallError>> {
        self.answers::<F>(queries.iter().map(|query| in_layer(query)).collect())
    }

    fn answers<F: tl::Function>(&mut self, bodies: Vec<Vec<u8>>) -> Vec<Result<F::Result, CallError>> {
        let session = self.session.as_mut().expect("a session");
        let asked: Vec<_> = bodies.into_iter().map(|body| session.call(body)).collect();
        let mut answers: Vec<_> = asked.iter().map(|_| None).collect();
        loop {
            self.send_all();
            let session = self.session.as_mut().expect("a session");
            while let Some(event) = session.poll_event() {
                match event {
                    Event::Answer { call, result } => {
                        let index = asked.iter().position(|asked| *asked == call).expect("a call of these");
                        let read =
                            |bytes: Vec<u8>| F::Result::from_bytes(&bytes).expect("an answer of its type");
                        answers[index] = Some(result.map(read));
                    }
                    Event::Update(update) => self.updates.push(update),
                    Event::NewSession { .. } => self.sessions_begun += 1,
                    _ => {}
                }
                if answers.iter().all(Option::is_some) {
                    return answers.into_iter().flatten().collect();
                }
            }
            self.receive();
        }
    }

    /// Waits for the next update.
    pub(crate) fn update(&mut self) -> tl::Updates {
        loop {
            if !self.updates.is_empty() {
                let update = self.updates.remove(0);
                return tl::Updates::from_bytes(&update).expect("an Updates");
            }
            let session = self.session.as_mut().expect("a session");
            while let Some(event) = session.poll_event() {
                if let Event::Update(update) = event {
                    self.updates.push(update);
                }
            }
            if self.updates.is_empty() {
                self.receive();
            }
        }
    }

    /// The packet of a call, for those who want to send it themselves.
    pub(crate) fn sealed_call(&mut self, query: &impl Encode) -> Vec<u8> {
        let now = self.clock.now();
        let session = self.session.as_mut().expect("a session");
        session.call(in_layer(query));
        session.poll_transmit(now, &mut OsRng).expect("a packet")
    }

    /// The packet of a message that is no content, whatever it says.
    pub(crate) fn sealed_message(&mut self, body: Vec<u8>) -> Vec<u8> {
        let now = self.clock.now();
        let session = self.session.as_mut().expect("a session");
        session.service(body, false);
        session.poll_transmit(now, &mut OsRng).expect("a packet")
    }

    /// Sends packets in one write.
    pub(crate) fn send_at_once(&mut self, packets: &[Vec<u8>]) {
        packets.iter().for_each(|packet| self.conn.send(packet, &mut OsRng));
        let mut bytes = Vec::new();
        while let Some(Output::Transmit(frame)) = self.conn.poll_output() {
            bytes.extend_from_slice(&frame);
        }
        self.socket.send(&bytes).expect("the server takes it");
    }

    /// Has the key destroyed, and waits until the server says that it is.
    pub(crate) fn destroy_key(&mut self) {
        let answers = self.ask_to_destroy_key(1);
        assert!(matches!(answers[..], [DestroyAuthKeyRes::DestroyAuthKeyOk]));
    }

    /// Asks so often, in one packet, that the key be destroyed, and waits for as many answers.
    pub(crate) fn ask_to_destroy_key(&mut self, times: usize) -> Vec<DestroyAuthKeyRes> {
        let session = self.session.as_mut().expect("a session");
        (0..times).for_each(|_| session.service(tl::mt::DestroyAuthKey {}.to_bytes(), false));
        let mut answers = Vec::new();
        loop {
            self.send_all();
            let session = self.session.as_mut().expect("a session");
            while let Some(event) = session.poll_event() {
                if let Event::Service(answer) = event {
                    answers.push(DestroyAuthKeyRes::from_bytes(&answer).expect("an answer to this"));
                }
            }
            if answers.len() >= times {
                return answers;
            }
            self.receive();
        }
    }

    fn send_all(&mut self) {
        let session = self.session.as_mut().expect("a session");
        while let Some(packet) = session.poll_transmit(self.clock.now(), &mut OsRng) {
            self.conn.send(&packet, &mut OsRng);
        }
    }

    fn receive(&mut self) {
        match self.next() {
            Ok(Output::Packet(packet)) => {
                let now = self.clock.now();
                let session = self.session.as_mut().expect("a session");
                session.handle_packet(&packet, now).expect("a packet of this session");
            }
            Ok(Output::ServerError(code)) => panic!("the server answers {code}"),
            Ok(_) => {}
            Err(end) => panic!("the connection ended: {end:?}"),
        }
    }
}

/// Who a test's user is.
pub(crate) struct Person<'a> {
    pub(crate) phone: &'a str,
    pub(crate) first_name: &'a str,
    pub(crate) last_name: &'a str,
}

impl Peer {
    /// A client whose user has signed up, and its key.
    pub(crate) fn signed_up(server: &Server, source: Ipv4Addr, person: &Person<'_>) -> (Self, NewKey) {
        let mut peer = Self::simple(server, source);
        let key = peer.make_key(PERMANENT).expect("a key");
        peer.begin(&key);
        peer.sign_up(server, person);
        (peer, key)
    }

    /// Signs a new user up with the code from the inbox.
    pub(crate) fn sign_up(&mut self, server: &Server, person: &Person<'_>) {
        let (phone_code_hash, signed_in) = self.show_code(server, person.phone);
        assert!(matches!(signed_in, tl::auth::Authorization::AuthorizationSignUpRequired { .. }));
        let signed_up = self.call(&tl::auth::SignUp {
            no_joined_notifications: true,
            phone_number: person.phone.into(),
            phone_code_hash,
            first_name: person.first_name.into(),
            last_name: person.last_name.into(),
        });
        assert!(matches!(signed_up, Ok(tl::auth::Authorization::Authorization { .. })));
    }

    /// Signs in on one more device.
    pub(crate) fn sign_in(&mut self, server: &Server, phone: &str) {
        let (_, signed_in) = self.show_code(server, phone);
        assert!(matches!(signed_in, tl::auth::Authorization::Authorization { .. }));
    }

    /// Asks for a code, takes it from the inbox and shows it.
    fn show_code(&mut self, server: &Server, phone: &str) -> (String, tl::auth::Authorization) {
        let sign_in = self.asks_code(server, phone);
        let signed_in = self.call(&sign_in).expect("the code is right");
        (sign_in.phone_code_hash, signed_in)
    }

    /// Asks for a code and takes it from the inbox; what it is shown with.
    pub(crate) fn asks_code(&mut self, server: &Server, phone: &str) -> tl::auth::SignIn {
        let sent = self.call(&tl::auth::SendCode {
            phone_number: phone.into(),
            api_id: 1,
            api_hash: "0123456789abcdef0123456789abcdef".into(),
            settings: tl::CodeSettings::default(),
        });
        let tl::auth::SentCode::SentCode(sent) = sent.expect("a code is sent") else {
            panic!("the code costs something")
        };
        let inbox = server.http_get(&format!("/dev/inbox/{phone}"), "");
        let json = inbox.split("\r\n\r\n").nth(1).expect("a body");
        let letters: serde_json::Value = serde_json::from_str(json).expect("JSON");
        let code = letters[0]["code"].as_str().expect("a code").to_owned();
        tl::auth::SignIn {
            phone_number: phone.into(),
            phone_code_hash: sent.phone_code_hash.clone(),
            phone_code: Some(code),
            email_verification: None,
        }
    }

    /// Puts a number into the contacts and says how its user is written to.
    pub(crate) fn import(&mut self, phone: &str) -> tl::InputPeer {
        let contact = tl::fields::InputPhoneContact {
            client_id: 1,
            phone: phone.into(),
            first_name: "CanaryContact".into(),
            last_name: String::new(),
            note: None,
        };
        let imported = self.call(&tl::contacts::ImportContacts { contacts: vec![contact.into()] });
        let tl::contacts::ImportedContacts::ImportedContacts(imported) = imported.expect("an import");
        let [tl::User::User(user)] = imported.users.as_slice() else { panic!("the number has a user") };
        let access_hash = user.access_hash.expect("an access hash");
        tl::InputPeer::InputPeerUser { user_id: user.id, access_hash }
    }

    /// Its own user id.
    pub(crate) fn own_id(&mut self) -> i64 {
        let own = self.call(&tl::users::GetUsers { id: vec![tl::InputUser::InputUserSelf] });
        match own.as_deref() {
            Ok([tl::User::User(user)]) => user.id,
            _ => panic!("users.getUsers of oneself"),
        }
    }
}

/// The query in the wrappers of a client's first one; servers take them around every one.
fn in_layer(query: &impl Encode) -> Vec<u8> {
    let connection = tl::InitConnection {
        api_id: 1,
        device_model: "CanaryDeviceModel".into(),
        system_version: "CanarySystem".into(),
        app_version: "CanaryApp".into(),
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
