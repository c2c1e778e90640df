//! Who is let in: exactly the keys that were pinned, under one suite and one key agreement.
//!
//! The key agreement is the hybrid one with ML-KEM: what crosses are shares of keys that may open chats for decades, and
//! both ends are of this program, so nothing older need be offered. There is no session to resume and nothing is sent
//! before the handshake is over, so nothing can be replayed. Source: RFC 8446, RFC 7250.

use std::io;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{AlwaysResolvesClientRawPublicKeys, Resumption};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{AlwaysResolvesServerRawPublicKeys, NoServerSessionStorage};
use rustls::{
    CertificateError, ClientConfig, ConnectionCommon, DigitallySignedStruct, DistinguishedName, Error,
    ServerConfig, SignatureScheme,
};
use tokio::net::TcpStream;
use tokio_rustls::{TlsAcceptor, TlsConnector, client, server};

use crate::identity::{Identity, Pin};

/// The language spoken inside: two ends that do not share one part at once.
const LANGUAGE: &[u8] = b"heliograph-vault-2";

/// The end that is called: a vault's.
#[derive(Clone)]
pub struct Door(TlsAcceptor);

/// The end that calls: a server's.
#[derive(Clone)]
pub struct Caller(TlsConnector);

/// A connection to a vault.
pub type Calling = client::TlsStream<TcpStream>;

/// A connection from a server.
pub type Called = server::TlsStream<TcpStream>;

/// Why there is no link.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// The library does not take the settings, which are fixed.
    #[error("TLS cannot be set up: {0}")]
    Setup(Error),
    /// The line broke, or the other end is not who it should be.
    #[error("the handshake failed: {0}")]
    Handshake(io::Error),
}

impl Door {
    /// A door for whoever proves to have one of `pinned`.
    ///
    /// # Errors
    ///
    /// [`LinkError::Setup`].
    pub fn new(own: &Identity, pinned: Vec<Pin>) -> Result<Door, LinkError> {
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(LinkError::Setup)?
            .with_client_cert_verifier(Arc::new(Pinned(pinned)))
            .with_cert_resolver(Arc::new(AlwaysResolvesServerRawPublicKeys::new(own.certified())));
        config.alpn_protocols = vec![LANGUAGE.to_vec()];
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(Door(TlsAcceptor::from(Arc::new(config))))
    }

    /// Takes a connection, and says whose it is; both ends are proved when this is done.
    ///
    /// # Errors
    ///
    /// [`LinkError::Handshake`].
    pub async fn open(&self, stream: TcpStream) -> Result<(Called, Pin), LinkError> {
        let stream = self.0.accept(stream).await.map_err(LinkError::Handshake)?;
        let proved = stream.get_ref().1.peer_certificates().and_then(|shown| shown.first());
        let pin = proved.and_then(|key| Pin::of_spki(key));
        let pin = pin.filter(|_| is_spoken(stream.get_ref().1));
        let pin = pin.ok_or_else(|| LinkError::Handshake(io::ErrorKind::InvalidData.into()))?;
        Ok((stream, pin))
    }
}

impl Caller {
    /// Calls the end that has the key `other`, and nobody else.
    ///
    /// # Errors
    ///
    /// [`LinkError::Setup`].
    pub fn new(own: &Identity, other: Pin) -> Result<Caller, LinkError> {
        let resolver = AlwaysResolvesClientRawPublicKeys::new(own.certified());
        let mut config = ClientConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(LinkError::Setup)?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Pinned(vec![other])))
            .with_client_cert_resolver(Arc::new(resolver));
        config.alpn_protocols = vec![LANGUAGE.to_vec()];
        config.resumption = Resumption::disabled();
        config.enable_sni = false;
        Ok(Caller(TlsConnector::from(Arc::new(config))))
    }

    /// Takes over a connection. The other end is proved when this is done; whether it takes us shows with the first answer.
    ///
    /// # Errors
    ///
    /// [`LinkError::Handshake`].
    pub async fn call(&self, stream: TcpStream) -> Result<Calling, LinkError> {
        // Names mean nothing here, and none is sent.
        let name = ServerName::IpAddress(std::net::IpAddr::from([0, 0, 0, 0]).into());
        let stream = self.0.connect(name, stream).await.map_err(LinkError::Handshake)?;
        if is_spoken(stream.get_ref().1) {
            Ok(stream)
        } else {
            Err(LinkError::Handshake(io::ErrorKind::InvalidData.into()))
        }
    }
}

/// Whether it is our language: an end that names none at all is let through by the library.
fn is_spoken<S>(connection: &ConnectionCommon<S>) -> bool {
    connection.alpn_protocol() == Some(LANGUAGE)
}

/// One suite and one key agreement.
fn provider() -> Arc<CryptoProvider> {
    Arc::new(CryptoProvider {
        cipher_suites: vec![aws_lc_rs::cipher_suite::TLS13_AES_256_GCM_SHA384],
        kx_groups: vec![aws_lc_rs::kx_group::X25519MLKEM768],
        ..aws_lc_rs::default_provider()
    })
}

/// Takes these keys and no others.
#[derive(Debug)]
struct Pinned(Vec<Pin>);

impl Pinned {
    fn takes(&self, end_entity: &CertificateDer<'_>, others: &[CertificateDer<'_>]) -> Result<(), Error> {
        let pin = Pin::of_spki(end_entity).filter(|pin| others.is_empty() && self.0.contains(pin));
        pin.map(drop).ok_or(Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure))
    }
}

/// Whether whoever showed a key has signed this handshake with it.
fn is_signed(
    message: &[u8],
    cert: &CertificateDer<'_>,
    signed: &DigitallySignedStruct,
) -> Result<HandshakeSignatureValid, Error> {
    let bad = || Error::InvalidCertificate(CertificateError::BadSignature);
    let pin = Pin::of_spki(cert).ok_or_else(bad)?;
    let signature = signed.signature().try_into().map_err(|_| bad())?;
    if signed.scheme != SignatureScheme::ED25519 || pin.0.verify(message, signature).is_err() {
        return Err(bad());
    }
    Ok(HandshakeSignatureValid::assertion())
}

/// How either end proves its key: the library has one trait for each, and these methods in both.
macro_rules! proofs {
    () => {
        fn verify_tls12_signature(
            &self,
            _message: &[u8],
            _cert: &CertificateDer<'_>,
            _signed: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            // Neither end offers an older version.
            Err(Error::General("TLS 1.3 only".to_owned()))
        }

        fn verify_tls13_signature(
            &self,
            message: &[u8],
            cert: &CertificateDer<'_>,
            signed: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            is_signed(message, cert, signed)
        }

        fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
            vec![SignatureScheme::ED25519]
        }

        fn requires_raw_public_keys(&self) -> bool {
            true
        }
    };
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.takes(end_entity, intermediates).map(|()| ServerCertVerified::assertion())
    }

    proofs!();
}

impl ClientCertVerifier for Pinned {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        self.takes(end_entity, intermediates).map(|()| ClientCertVerified::assertion())
    }

    proofs!();
}
