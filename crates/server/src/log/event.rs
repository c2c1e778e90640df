//! Every event there is: its level, its name, its sentence and its fields.
use super::line::Level;
use super::{Count, LogSafe, Port, SourceLine, Took};
use crate::admission::Refusal;
use crate::connection::{Carrier, Ending};

super::log_words! {
    /// What a vault did that a right one does not.
    pub(crate) enum VaultFault {
        /// Its answer was not signed by it.
        Forged = "forged",
        /// It signed what does not answer the request.
        Unfit = "unfit",
        /// It did not understand what others do.
        NotUnderstood = "not-understood",
        /// It does not know the deployment.
        UnknownDeployment = "unknown-deployment",
        /// It is full.
        Full = "full",
        /// It was put back to an earlier time.
        RolledBack = "rolled-back",
        /// Its share is not that of the others.
        WrongShare = "wrong-share",
        /// It says that somebody has drawn or reported what nobody has.
        MadeUp = "made-up",
        /// It is at an epoch that it cannot be at.
        WrongEpoch = "wrong-epoch",
        /// It has had later requests of this deployment: another server may be running with its keys.
        Overtaken = "overtaken",
        /// More was asked of it than its budget has, which is no fault of its own.
        Withholds = "withholds",
    }
}

impl From<custody::Misdeed> for VaultFault {
    fn from(misdeed: custody::Misdeed) -> Self {
        use custody::Misdeed;
        match misdeed {
            Misdeed::Forged => Self::Forged,
            Misdeed::Unfit => Self::Unfit,
            Misdeed::NotUnderstood => Self::NotUnderstood,
            Misdeed::UnknownDeployment => Self::UnknownDeployment,
            Misdeed::Full => Self::Full,
            Misdeed::RolledBack => Self::RolledBack,
            Misdeed::WrongShare => Self::WrongShare,
            Misdeed::MadeUp => Self::MadeUp,
            Misdeed::WrongEpoch => Self::WrongEpoch,
            Misdeed::Overtaken => Self::Overtaken,
            Misdeed::Withholds => Self::Withholds,
        }
    }
}

impl From<custody::Named> for Event {
    fn from(named: custody::Named) -> Self {
        let vault = Count(named.vault.0.into());
        if named.misdeed == custody::Misdeed::Withholds {
            return Self::KeysWithheld { vault };
        }
        Self::VaultAtFault { vault, fault: named.misdeed.into() }
    }
}

/// Declares the events. The sentence is for people, the name and the fields for programs.
macro_rules! events {
    ($($(#[doc = $doc:literal])+ $level:ident $variant:ident { $($field:ident: $ty:ty),* } $name:literal $sentence:literal;)+) => {
        /// Something worth a line.
        pub(crate) enum Event {
            $($(#[doc = $doc])+ $variant { $($field: $ty),* },)+
        }

        impl Event {
            pub(super) const fn level(&self) -> Level {
                match self { $(Self::$variant { .. } => Level::$level,)+ }
            }

            pub(super) const fn name(&self) -> &'static str {
                match self { $(Self::$variant { .. } => $name,)+ }
            }

            pub(super) const fn sentence(&self) -> &'static str {
                match self { $(Self::$variant { .. } => $sentence,)+ }
            }

            pub(super) fn fields(&self, each: &mut dyn FnMut(&'static str, &dyn LogSafe)) {
                match self {
                    $(Self::$variant { $($field),* } => {
                        $(each(stringify!($field), $field);)*
                        // An event without fields leaves the callback unused.
                        let _ = &mut *each;
                    })+
                }
            }
        }
    };
}

events! {
    /// The banner's most important line: what the vaults of development mode are worth.
    Warn LocalVaults {} "local-vaults"
        "The keys lie in three vault folders of this machine, which protect nothing from whoever owns it.";
    /// The same with processes.
    Warn LocalProcesses {} "local-vaults"
        "The keys lie with three vault processes of this machine, which protect nothing from whoever owns it.";
    /// The vaults are over a network.
    Info VaultsElsewhere {} "vaults-elsewhere"
        "The keys lie with vaults elsewhere; the key for these lies under a passphrase.";
    /// The same, and whoever copies the folder can ask them.
    Warn LinkKeyInClear {} "link-key-in-clear"
        "The keys lie with vaults elsewhere; the key for these lies in the data folder in clear, as development mode allows.";
    /// They could not be moved.
    Warn VaultsInside {} "vaults-inside"
        "The vaults lie inside the data folder (vaults-dev), so a copy of it takes keys along: move them to a place \
         outside, and name that with --dev-vaults.";
    /// An old copy of them came with an old copy of the data folder.
    Warn VaultsLeft {} "vaults-left"
        "Vaults that are not in use lie inside the data folder (vaults-dev); remove them: they open what was deleted since.";
    /// No quorum has answered yet.
    Warn Sealed {} "sealed"
        "Sealed: too few vaults have answered, so nothing can be read and nobody is answered; asking on.";
    /// The operating system does not lock memory.
    Warn KeysNotLocked {} "keys-not-locked"
        "The memory of keys is not locked and may be swapped: raise the limit of locked memory (ulimit -l).";
    /// The store is older than what the vaults were told.
    Warn StoreBehind {} "store-behind"
        "The store is older than it was: it was rolled back or restored. Every box is repaired before it is read.";
    /// The disk failed.
    Error SyncFailed {} "sync-failed"
        "The disk failed: nothing is written any more until a restart, and what was not durable is answered by errors.";
    /// The store could not tidy up.
    Warn UpkeepFailed {} "upkeep-failed" "The store could not give back the space of deleted rows.";
    /// A vault did what a right one does not.
    Warn VaultAtFault { vault: Count, fault: VaultFault } "vault-at-fault" "A vault is at fault.";
    /// A vault over a network cannot be reached, or no longer.
    Warn VaultAway { vault: Count } "vault-away" "A vault cannot be reached.";
    /// It can, after it could not.
    Info VaultBack { vault: Count } "vault-back" "A vault is reached again.";
    /// A vault was asked for more keys than its budget has.
    Warn KeysWithheld { vault: Count } "keys-withheld"
        "A vault gives no more keys: more were asked for than its budget has. Its operator knows whether that was right, and \
         lets it go on with `heliograph vault resume`.";
    /// A report did not reach the vaults it should.
    Warn VaultsAway { answered: Count } "vaults-away" "Vaults are away.";
    /// A vault took another's place.
    Info VaultReplaced { vault: Count } "vault-replaced"
        "Another vault takes the place of one; all keys are shared anew.";
    /// All keys are shared anew.
    Info SharedAnew { vault: Count, keys: Count } "shared-anew"
        "All keys are shared anew: the shares of the vault that was replaced are of no use.";
    /// The operating system refuses what the way to a vault needs.
    Error NoWayToVault {} "no-way-to-vault" "There is no way to a vault until the next start.";
    /// Somebody waited for keys, and was told to come again.
    Warn KeysDidNotCome {} "keys-late"
        "Keys did not come from the vaults in time: calls that need them are told to come again.";
    /// A vault gave a key that cannot be used.
    Error KeyUnusable {} "key-unusable" "A key from the vaults cannot be used.";
    /// A box was not ticked.
    Error BoxNotTicked {} "box-not-ticked" "What was deleted in a box could not be cut out of its keys.";
    /// The list of boxes to be ticked has rows that do not open.
    Error DirtyRowsCorrupt { rows: Count } "dirty-rows-corrupt"
        "Rows that say in which boxes something was deleted do not open: it cannot be cut out of the keys of those.";
    /// A restored box has rows that do not open.
    Warn RowsStuck { rows: Count } "rows-stuck"
        "Rows of a box do not open after the store was put back; they are left as they are.";
    /// All boxes of a restored store are gone over, whether their owners came or not.
    Info BoxesGoneOver { boxes: Count, rows: Count, left: Count } "boxes-gone-over"
        "The store was put back: boxes that nobody opened are gone over, rows dropped that were dead, and boxes left to their owners.";
    /// An order that this build knows nothing of.
    Warn UnknownOrder {} "unknown-order" "The outbox has an order of a kind that this version does not know.";
    /// The wall clock went on by more than a day at once, or back.
    Warn ClockJumped {} "clock-jumped"
        "The clock jumped by more than a day: what ends by it waits for an hour.";
    /// A device key is gone from all vaults.
    Debug KeyDestroyed {} "key-destroyed" "The key of a login that ended is destroyed.";
    /// A tick is over, and not final.
    Warn ShredOpen { boxes: Count } "shred-open"
        "Deletions are not final yet: too few vaults have said that they destroyed the keys.";
    /// A tick is over.
    Debug Shredded { boxes: Count } "shredded" "Deletions are final: their keys are destroyed.";
    /// Development mode.
    Warn DevelopmentMode {} "development-mode"
        "Development mode: login codes are shown at /dev/inbox to whoever can open a loopback connection here.";
    /// Production has no way to send a code yet.
    Warn NoCodeSender {} "no-code-sender"
        "No code sender exists in this build: nobody new can log in without development mode (--dev).";
    /// Variables that may be misspelt settings.
    Warn UnknownVariables { count: Count } "unknown-variables"
        "Environment variables begin with HELIOGRAPH_ and name no setting.";
    /// The limit of open files is lower than the connections asked for.
    Warn FewFiles { connections: Count } "few-files"
        "The limit of open files allows fewer connections than were asked for.";
    /// A key was drawn at the first start.
    Info KeyDrawn { took: Took } "key-drawn"
        "Drew the server's RSA key; clients need its public half, server.pem.";
    /// Everything answers.
    Info Ready { mtproto_port: Port, http_port: Port, took: Took } "ready" "Ready.";
    /// A signal came.
    Info Stopping { connections: Count } "stopping" "Stopping: finishing the calls that run.";
    /// The end.
    Info Stopped { clean: bool, took: Took } "stopped" "Stopped.";
    /// Accepting failed, most likely for want of file descriptors.
    Error AcceptFailed { times: Count } "accept-failed" "Cannot accept connections; trying again.";
    /// The socket of the metrics could not be made.
    Error NoMetrics {} "no-metrics" "The socket of the metrics cannot be opened; going on without.";
    /// The operator's socket is not there.
    Error NoAdmin {} "no-admin" "The socket of heliograph admin cannot be opened; going on without.";
    /// A panic: a bug. The call or connection it happened in is lost, nothing else.
    Error Panicked { at: SourceLine } "panicked" "A bug stopped one piece of work.";
    /// Lines that standard error did not take in time.
    Warn LinesLost { count: Count } "lines-lost" "Log lines were lost because standard error was not read.";
    /// A connection was turned away at the door.
    Debug Refused { why: Refusal } "refused" "Refused a connection.";
    /// A connection was taken.
    Trace Opened { carrier: Carrier, open: Count } "opened" "Connection opened.";
    /// A connection ended.
    Trace Closed { why: Ending, open: Count } "closed" "Connection closed.";
    /// A key exchange gave a key.
    Trace KeyCreated { temporary: bool } "key-created" "A key exchange is complete.";
    /// The store did not take a key, or did not give one.
    Error StoreFailed {} "store-failed" "The store failed; the connection concerned is closed.";
    /// A call was answered.
    Trace Called { refused: bool, took: Took } "called" "Answered a call.";
    /// More calls than handlers can do.
    Warn Overloaded { waiting: Count } "overloaded" "Too many calls are waiting; newer ones are told to come again.";
}
