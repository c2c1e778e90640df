//! Breaches of the product's promises, made on purpose to show that the tests of those promises notice.
//!
//! Only behind the feature `sabotage`, which no build that is given to anybody has: without it every question here is a
//! constant `false`, the breach is compiled away, and no word of this file is in the program. With it the program takes the
//! breach of its run from the variable `HELIOGRAPH_SABOTAGE`, by the number of the row it breaks.

macro_rules! faults {
    ($($(#[doc = $doc:literal])+ $name:ident = $word:literal,)+) => {
        /// One breach.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum Fault {
            $($(#[doc = $doc])+ $name,)+
        }

        #[cfg(feature = "sabotage")]
        impl Fault {
            fn named(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$name),)+
                    _ => None,
                }
            }
        }
    };
}
faults! {
    /// P06: every row is written in clear as well.
    RowInClear = "p06",
    /// P06: an account says the second in which somebody was there, not the day.
    SecondKept = "p06-seen",
    /// P07: the root key is kept in a file of the data folder.
    RootOnDisk = "p07",
    /// P08: the server's RSA key stays in clear in the data folder.
    ServerKeyOnDisk = "p08",
    /// P09: one share opens a key.
    OneShare = "p09",
    /// P10: what a vault knows a key by is the id of whose it is.
    IdAsHandle = "p10",
    /// P11: nobody asks where production's vaults are.
    AnyVaults = "p11",
    /// P12: a key lies in plain memory too.
    PlainKey = "p12",
    /// P12: who crashes leaves a core.
    CoreLeft = "p12-core",
    /// P13: what is dropped for idleness stays in memory.
    EntryLeaked = "p13",
    /// P13: what was asked stays in memory.
    RequestKept = "p13-words",
    /// P15: a vault gives out as many keys as anybody asks for.
    NoBudget = "p15",
    /// P16: values are not bound to their rows.
    RowsUnbound = "p16",
    /// P17: where vaults are away a key is used that none of them has.
    FallbackKey = "p17",
    /// P31: the text of a request is logged.
    RequestLogged = "p31",
    /// P32: the end of a message is ordered for its writer's copy alone.
    OneSidedTimer = "p32",
    /// P33: a vault keeps the share of the X that it says it destroyed.
    KeyKept = "p33",
    /// P35: an edit leaves the text before it in a row of its own.
    EditKept = "p35",
    /// P38, P40: whoever deletes for himself deletes for both.
    DeletedForBoth = "p38",
    /// P34: every start issues numbers from the same beginning.
    NumbersAgain = "p34",
    /// P45: a vault marks what it is told to destroy, and keeps it.
    SoftDelete = "p45",
    /// R2: an answer leaves before its commit is durable.
    EarlyAnswer = "r2",
}

/// Whether this run commits the breach.
#[cfg(not(feature = "sabotage"))]
#[inline(always)]
#[must_use]
pub const fn is(_fault: Fault) -> bool {
    false
}

/// Whether this run commits the breach.
#[cfg(feature = "sabotage")]
#[must_use]
pub fn is(fault: Fault) -> bool {
    CHOSEN.get() == Some(&fault)
}

/// From now on this process commits the breach of this name. False if there is none, or another one was chosen before.
#[cfg(feature = "sabotage")]
pub fn commit(word: &str) -> bool {
    Fault::named(word).is_some_and(|fault| CHOSEN.set(fault).is_ok())
}

#[cfg(feature = "sabotage")]
static CHOSEN: std::sync::OnceLock<Fault> = std::sync::OnceLock::new();
