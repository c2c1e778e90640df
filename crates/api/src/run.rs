//! Dispatch: a body in the caller's layer to an answer in the same layer.
//!
//! Order of the checks: layer, method, access, budget, arguments. Access comes before the arguments are read, so a key
//! without a user learns nothing of how an argument would have been judged. A call that fails before it is known who asks is
//! charged to its key.

use std::sync::Mutex;

use crypto::Rng;
use domain::Presence;
use ids::{Layer, Now, Pts, limits};
use mtproto::server::{RpcFailure, RpcResult};
use sealed::Need;
use store::{Commit, Store, Touched};
use tl::Encode;
use tl::layer::LayerError;
use tl::schema;

use crate::ctx::{Caller, Ctx, Env, Export, Ram};
use crate::effect::Effect;
use crate::flood::Cost;
use crate::method::{Access, Method};
use crate::stubs::Stub;
use crate::{RpcError, methods, stubs};

/// One call, as the driver hands it in.
pub struct Request<'a> {
    /// Where the rows are.
    pub store: &'a Store,
    /// What is fixed for the life of the process.
    pub env: &'a Env,
    /// Who is online.
    pub presence: &'a Presence,
    /// What handlers keep in memory alone.
    pub ram: &'a Mutex<Ram>,
    /// Who calls.
    pub caller: &'a Caller,
    /// The query without wrappers, in the caller's layer.
    pub body: &'a [u8],
    /// The time.
    pub now: Now,
    /// The randomness.
    pub rng: &'a mut dyn Rng,
}

/// What came of a call. The answer, good or bad, is told only once `seen` is durable.
pub struct Outcome {
    /// The answer in the caller's layer.
    pub result: RpcResult,
    /// The newest commit the answer depends on.
    pub seen: Commit,
    /// The boxes that moved.
    pub touched: Vec<Touched>,
    /// Whether the answer moves the caller's counter over what the call did in his own box. If not, the driver has the
    /// session told of it as all others are: a Bool has no place for it.
    pub tells: bool,
    /// How far the caller's box had come when the answer was read from it: the driver tells the session of all that lies
    /// before first, or a client would count twice what it finds in the answer and is told of after it.
    pub stood: Option<Pts>,
    /// How long the caller was told to wait, in seconds, if that is why the call failed.
    pub wait_s: Option<u32>,
    /// The keys that were not in memory. The call failed then, nothing was written, and the driver runs it again when they
    /// are there; only when that did not help is the result told, an error that clients repeat.
    pub needs: Vec<Need>,
    /// What the driver must do. Empty when the call failed.
    pub effects: Vec<Effect>,
}

/// Runs one call.
pub fn run(request: Request<'_>) -> Outcome {
    let layer = request.caller.layer;
    let body = request.body;
    let mut ctx = Ctx::new(request);
    let result = answer(body, layer.unwrap_or(Layer(limits::LAYER_CANONICAL)), &mut ctx);
    let is_void = ctx.is_void();
    if is_void {
        ctx.give_back_but(0);
    } else if matches!(result, Err(RpcError::FloodWait { .. })) {
        // The first charge is that of any call: to refuse one is work too.
        ctx.give_back_but(1);
    }
    let (tells, stood) = (ctx.tells, ctx.stood);
    let (seen, touched, needs, effects) = ctx.into_parts();
    // A method that wrote before it lacked keys must not be run again, and there is none: `tests/cold.rs` would show it.
    let (result, needs) = match (result, is_void) {
        (_, false) if !needs.is_empty() => (Err(RpcError::RpcCallFail), Vec::new()),
        (result, _) => (result, needs),
    };
    match result {
        Ok(bytes) => {
            let result = RpcResult::Answer(bytes);
            Outcome { result, seen, touched, tells, stood, wait_s: None, needs, effects }
        }
        Err(error) => {
            let wait_s = if let RpcError::FloodWait { seconds } = error { Some(seconds) } else { None };
            let failure = RpcFailure { code: error.code(), name: error.text() };
            let result = RpcResult::Error(failure);
            Outcome { result, seen, touched, tells: false, stood: None, wait_s, needs, effects: Vec::new() }
        }
    }
}

fn answer(body: &[u8], layer: Layer, ctx: &mut Ctx<'_>) -> Result<Vec<u8>, RpcError> {
    let admitted = admit(body, layer, ctx);
    // To refuse a call is work too, and nobody asks for what he may not as often as he likes.
    if !ctx.is_void() {
        ctx.charge(Cost::ask(1))?;
    }
    let (asked, run) = admitted?;
    let bytes = match run {
        Run::Method(handler) => {
            ctx.tells = handler.tells;
            (handler.run)(&raise(body, layer)?, ctx)?
        }
        Run::Stub(stub) => stub.ok_or_else(stubs::gone)?.answer(ctx.now.unix())?,
    };
    lower(asked, bytes, layer)
}

/// What answers a call.
enum Run {
    Method(&'static Handler),
    Stub(Option<&'static Stub>),
}

/// What answers this call, and the id of its method in the caller's layer; or why nothing does.
fn admit(body: &[u8], layer: Layer, ctx: &mut Ctx<'_>) -> Result<(u32, Run), RpcError> {
    if layer.0 < limits::LAYER_MIN {
        return Err(RpcError::ConnectionLayerInvalid);
    }
    let asked = body.first_chunk().and_then(|id| schema::by_id(u32::from_le_bytes(*id)));
    let asked = asked.filter(|asked| asked.is_method()).ok_or(RpcError::InputMethodInvalid)?;
    refuse_export(ctx)?;
    let canonical = asked.canonical().map_or(0, |method| method.id());
    let (run, access) = if let Some(handler) = methods::find(canonical) {
        (Run::Method(handler), handler.access)
    } else {
        let stub = stubs::find(canonical);
        let is_open = stub.is_some_and(|stub| stub.open);
        (Run::Stub(stub), if is_open { Access::Anyone } else { Access::User })
    };
    ctx.admit(access)?;
    Ok((asked.id(), run))
}

/// No export is ever open, so there is none to belong to.
fn refuse_export(ctx: &mut Ctx<'_>) -> Result<(), RpcError> {
    let Some(export) = ctx.caller.export else { return Ok(()) };
    ctx.admit(Access::User)?;
    match export {
        Export::Takeout => Err(RpcError::TakeoutInvalid),
        Export::Range => Err(RpcError::InputMethodInvalid),
    }
}

/// The arguments in the canonical layer.
fn raise(body: &[u8], layer: Layer) -> Result<Vec<u8>, RpcError> {
    let mut canonical = Vec::with_capacity(body.len());
    match tl::layer::raise_request(body, layer, &mut canonical) {
        Ok(()) => Ok(canonical),
        Err(LayerError::TooOld(_)) => Err(RpcError::ConnectionLayerInvalid),
        Err(LayerError::Malformed(_) | LayerError::NoForm { .. }) => Err(RpcError::InputFetchError),
    }
}

/// The answer in the caller's layer. One that has no form there belongs to a method that the layer does not have.
fn lower(asked: u32, bytes: Vec<u8>, layer: Layer) -> Result<Vec<u8>, RpcError> {
    if tl::layer::is_canonical(layer) {
        return Ok(bytes);
    }
    let mut lowered = Vec::with_capacity(bytes.len());
    let done = tl::layer::lower_result(asked, &bytes, layer, &mut lowered);
    done.map_err(|_no_form| RpcError::InputMethodInvalid)?;
    Ok(lowered)
}

/// An implemented method, without its type.
pub(crate) struct Handler {
    pub(crate) id: u32,
    access: Access,
    /// The answer has a place for the counter, or is one of updates.
    tells: bool,
    run: fn(&[u8], &mut Ctx<'_>) -> Result<Vec<u8>, RpcError>,
}

/// The types of answers by which a client's counter moves.
const TELLING: [&str; 4] =
    ["Updates", "messages.AffectedMessages", "messages.AffectedHistory", "messages.AffectedFoundMessages"];

/// The handler of a method.
pub(crate) fn method<M: Method>() -> Handler {
    let result = schema::by_id(M::ID).map(schema::Version::result).unwrap_or_default();
    Handler {
        id: M::ID,
        access: M::ACCESS,
        tells: TELLING.contains(&result.as_str()),
        run: |body, ctx| {
            let arguments = M::from_bytes(body).map_err(|_unreadable| RpcError::InputFetchError)?;
            Ok(arguments.call(ctx)?.to_bytes())
        },
    }
}
