//! What a method is given besides its arguments.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crypto::Rng;
use domain::login::{Codes, Tokens};
use domain::{AccessHashes, Authed, Presence, authorization, update};
use ids::{AuthKeyId, DcId, Layer, Now, Pts, SessionId, UnixTime, WireMsgId};
use sealed::Need;
use store::{Commit, Ran, Store, Touched, Tx};
use views::Sight;

use crate::RpcError;
use crate::effect::Effect;
use crate::flood::{Cost, Flood, Subject};
use crate::method::Access;
use crate::run::Request;

/// Who calls, as the protocol knows them.
pub struct Caller {
    /// The permanent key: the one the call came with, or the one its temporary key is bound to.
    pub perm_key: Option<AuthKeyId>,
    /// The key the call came with.
    pub wire_key: AuthKeyId,
    /// What is particular to a temporary key; `None` for a permanent one.
    pub temp: Option<TempKey>,
    /// The session.
    pub session: SessionId,
    /// The call's own message id.
    pub msg_id: WireMsgId,
    /// The data centre the client believes to talk to.
    pub dc: DcId,
    /// The layer in force; `None` until the first invokeWithLayer of the key.
    pub layer: Option<Layer>,
    /// The call asks to be part of an export of data.
    pub export: Option<Export>,
}

/// The two wrappers of an export, which must not be answered as if they had been obeyed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Export {
    /// invokeWithTakeout.
    Takeout,
    /// invokeWithMessagesRange.
    Range,
}

/// A temporary key's own facts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TempKey {
    /// When it ends, as agreed in the exchange.
    pub expires_at: UnixTime,
}

/// What is fixed for the life of the process.
pub struct Env {
    /// Where clients find us; every data centre they know of has these addresses.
    pub addresses: Vec<DcOption>,
    /// Login codes can be brought to people: with `--dev` to the inbox page.
    pub codes_delivered: bool,
    /// Makes and checks access hashes.
    pub hashes: AccessHashes,
}

/// One address clients may dial.
pub struct DcOption {
    /// IPv4 or IPv6 address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// The address is IPv6.
    pub ipv6: bool,
}

/// What handlers keep in memory alone; gone at a restart, on purpose.
pub struct Ram {
    /// Login codes.
    pub codes: Codes,
    /// Login tokens.
    pub tokens: Tokens,
    /// What each user may still ask.
    pub flood: Flood,
}

/// What a method is given. A function passed to `read` or `write` may be run again, so what is in memory alone (`ram`)
/// is asked before and effects are caused after it.
pub struct Ctx<'a> {
    /// What is fixed.
    pub env: &'a Env,
    /// Who calls.
    pub caller: &'a Caller,
    /// The time of the call.
    pub now: Now,
    /// Randomness.
    pub rng: &'a mut dyn Rng,
    /// The answer moves the caller's counter ([`crate::Outcome::tells`]).
    pub(crate) tells: bool,
    /// How far the caller's box had come when he read it.
    pub(crate) stood: Option<Pts>,
    store: &'a Store,
    /// Who is online.
    pub(crate) presence: &'a Presence,
    ram: &'a Mutex<Ram>,
    seen: Commit,
    touched: Vec<Touched>,
    needs: Vec<Need>,
    /// A transaction that may have written has ended well.
    has_written: bool,
    /// Whose budget the call is charged to, and what it was charged.
    subject: Subject,
    charged: Vec<Cost>,
    effects: Vec<Effect>,
}

/// Transactions. Those without `anyone` prove the login in the same transaction.
impl Ctx<'_> {
    /// Reads as the user who calls, and notes how far his box has come.
    pub(crate) fn read<T>(
        &mut self,
        run: impl FnOnce(&Tx<'_>, Authed) -> Result<T, RpcError>,
    ) -> Result<T, RpcError> {
        let key = self.key()?;
        let (read, stood) = self.read_anyone(|tx| {
            let by = authenticated(tx, key)?;
            let read = run(tx, by)?;
            // What needed nothing of his box is answered also when the keys of that do not come.
            Ok((read, update::state(tx, by).ok().map(|state| state.pts)))
        })?;
        self.stood = self.stood.max(stood);
        Ok(read)
    }

    /// Writes as the user who calls.
    pub(crate) fn write<T>(
        &mut self,
        mut run: impl FnMut(&mut Tx<'_>, Authed) -> Result<T, RpcError>,
    ) -> Result<T, RpcError> {
        let key = self.key()?;
        self.charge(Cost::change(1))?;
        self.write_anyone(|tx, _| {
            let by = authenticated(tx, key)?;
            run(tx, by)
        })
    }

    /// Reads for a key that may have no user.
    pub(crate) fn read_anyone<T>(
        &mut self,
        run: impl FnOnce(&Tx<'_>) -> Result<T, RpcError>,
    ) -> Result<T, RpcError> {
        let ran = self.store.read(run);
        self.note(ran)
    }

    /// Writes for a key that may have no user.
    pub(crate) fn write_anyone<T>(
        &mut self,
        mut run: impl FnMut(&mut Tx<'_>, &mut dyn Rng) -> Result<T, RpcError>,
    ) -> Result<T, RpcError> {
        let ran = self.store.write(|tx| run(tx, self.rng));
        self.has_written |= ran.result.is_ok();
        self.note(ran)
    }

    fn note<T>(&mut self, ran: Ran<T, RpcError>) -> Result<T, RpcError> {
        self.seen = self.seen.max(ran.seen);
        self.touched.extend(ran.touched);
        self.needs.extend(ran.needs);
        ran.result
    }
}

impl<'a> Ctx<'a> {
    pub(crate) fn new(request: Request<'a>) -> Self {
        let Request { store, env, presence, ram, caller, now, rng, body: _ } = request;
        let subject = Subject::Key(caller.perm_key.unwrap_or(caller.wire_key));
        Self {
            env,
            caller,
            now,
            rng,
            tells: false,
            stood: None,
            store,
            presence,
            ram,
            seen: Commit(0),
            touched: Vec::new(),
            needs: Vec::new(),
            has_written: false,
            subject,
            charged: Vec::new(),
            effects: Vec::new(),
        }
    }

    /// With what the caller sees others.
    pub(crate) fn sight(&self) -> Sight<'a> {
        Sight { hashes: &self.env.hashes, presence: self.presence, now: self.now }
    }

    /// What is in memory alone. Not to be held over a transaction.
    pub(crate) fn ram(&self) -> MutexGuard<'a, Ram> {
        // A handler that panicked while it held the lock left counters behind, nothing that could be half-written.
        self.ram.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The permanent key.
    ///
    /// # Errors
    /// AUTH_KEY_PERM_EMPTY when the call came with a temporary key that is not bound.
    pub(crate) fn key(&self) -> Result<AuthKeyId, RpcError> {
        self.caller.perm_key.ok_or(RpcError::AuthKeyPermEmpty)
    }

    /// Takes from the caller's budget what he asks for; to be called before anything is done.
    ///
    /// # Errors
    /// FLOOD_WAIT_X.
    pub(crate) fn charge(&mut self, cost: Cost) -> Result<(), RpcError> {
        self.ram().flood.take(self.subject, cost, self.now)?;
        self.charged.push(cost);
        Ok(())
    }

    /// The call was not done, and is charged when it is run again; for what was done so far, so many charges stay.
    pub(crate) fn give_back_but(&mut self, kept: usize) {
        let mut ram = self.ram();
        self.charged
            .drain(kept.min(self.charged.len())..)
            .for_each(|cost| ram.flood.give_back(self.subject, cost));
    }

    /// Asks the driver for something, provided that the call ends well.
    pub(crate) fn cause(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    /// Lets the caller in, or says what is missing.
    pub(crate) fn admit(&mut self, access: Access) -> Result<(), RpcError> {
        if access == Access::Unbound {
            return Ok(());
        }
        let key = self.key()?;
        if self.caller.layer.is_none() {
            return Err(RpcError::ConnectionNotInited);
        }
        match access {
            Access::User => {
                let by = self.read_anyone(|tx| authenticated(tx, key))?;
                self.subject = Subject::User(by.user());
                Ok(())
            }
            Access::Anyone | Access::Unbound => Ok(()),
        }
    }

    /// Whether the call can be run again: keys are missing, and nothing was written.
    pub(crate) fn is_void(&self) -> bool {
        !self.needs.is_empty() && !self.has_written
    }

    pub(crate) fn into_parts(self) -> (Commit, Vec<Touched>, Vec<Need>, Vec<Effect>) {
        (self.seen, self.touched, self.needs, self.effects)
    }
}

fn authenticated(tx: &Tx<'_>, key: AuthKeyId) -> Result<Authed, RpcError> {
    authorization::authenticate(tx, key)?.ok_or(RpcError::AuthKeyUnregistered)
}
