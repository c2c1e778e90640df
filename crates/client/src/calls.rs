//! Calls without an answer: what was asked, and who waits for it.
//!
//! The session repeats a call by itself; this table can also make it anew, in another session or with the
//! introduction (`invokeWithLayer(initConnection(..))`) in front. Source: docs, api/invoking.
use std::collections::BTreeMap;

use ids::Layer;
use mtproto::client::{self, CallId, Session};
use tl::codec::{Encode, Raw};
use tokio::sync::oneshot;

use crate::error::{CallError, Ended};
use crate::options::{App, Observer, Seen};

/// The boxed result of a call, as it came.
pub(crate) type Answer = Result<Vec<u8>, CallError>;

/// Errors of a server that does not know the layer of the session.
const NOT_INTRODUCED: [&str; 2] = ["CONNECTION_NOT_INITED", "CONNECTION_LAYER_INVALID"];

/// One call.
pub(crate) struct Call {
    /// The query in the layer that is spoken, without wrappers.
    pub(crate) query: Vec<u8>,
    /// Who waits.
    pub(crate) reply: oneshot::Sender<Answer>,
}

/// All of one client.
pub(crate) struct Calls {
    app: App,
    layer: Layer,
    observer: Option<Observer>,
    /// A wrapped call succeeded, so the server knows layer and app.
    introduced: bool,
    waiting: BTreeMap<CallId, Waiting>,
}

struct Waiting {
    call: Call,
    wrapped: bool,
}

impl Calls {
    pub(crate) fn new(app: App, layer: Layer, observer: Option<Observer>) -> Self {
        Self { app, layer, observer, introduced: false, waiting: BTreeMap::new() }
    }

    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Makes a call in this session.
    pub(crate) fn make(&mut self, session: &mut Session, call: Call) {
        let wrapped = !self.introduced;
        let body = if wrapped { self.introduce(call.query.clone()) } else { call.query.clone() };
        self.waiting.insert(session.call(body), Waiting { call, wrapped });
    }

    /// Makes all calls anew, in the order they were made: the session is another one, of which the server knows
    /// nothing.
    pub(crate) fn make_all(&mut self, session: &mut Session) {
        self.introduced = false;
        for waiting in std::mem::take(&mut self.waiting).into_values() {
            self.make(session, waiting.call);
        }
    }

    /// Takes an answer of the session.
    pub(crate) fn answer(
        &mut self,
        session: &mut Session,
        id: CallId,
        result: Result<Vec<u8>, client::CallError>,
    ) {
        let Some(Waiting { call, wrapped }) = self.waiting.remove(&id) else { return };
        let answer = result.map_err(CallError::from);
        match &answer {
            Ok(bytes) => {
                self.introduced |= wrapped;
                if let Some(observer) = &self.observer {
                    let function_id = tl::Reader::new(&call.query).peek_id().unwrap_or(0);
                    observer(Seen::Answer { function_id, bytes });
                }
            }
            Err(error) if !wrapped && NOT_INTRODUCED.iter().any(|name| error.is(name)) => {
                self.introduced = false;
                return self.make(session, call);
            }
            Err(_) => {}
        }
        // Whoever asked may have gone.
        let _ = call.reply.send(answer);
    }

    /// Nothing will be answered any more.
    pub(crate) fn end(&mut self, why: Ended) {
        for waiting in std::mem::take(&mut self.waiting).into_values() {
            let _ = waiting.call.reply.send(Err(why.into()));
        }
    }

    fn introduce(&self, query: Vec<u8>) -> Vec<u8> {
        let App { api_id, device_model, system_version, app_version, lang_code, .. } = self.app.clone();
        let init = tl::InitConnection {
            api_id,
            device_model,
            system_version,
            app_version,
            system_lang_code: lang_code.clone(),
            lang_pack: String::new(),
            lang_code,
            proxy: None,
            params: None,
            query: Raw(query),
        };
        tl::InvokeWithLayer { layer: self.layer.get().into(), query: Raw(init.to_bytes()) }.to_bytes()
    }
}

impl From<client::CallError> for CallError {
    fn from(error: client::CallError) -> Self {
        match error {
            client::CallError::Rpc { code, name } => Self::Rpc { code, name },
            client::CallError::Refused { code } => Self::Refused { code },
            client::CallError::Malformed => Self::Broken,
        }
    }
}
