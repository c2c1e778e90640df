//! `heliograph doctor --data`: the examination of a stopped server's folder, as a sentence of counts.
use std::fmt::{Display, Formatter, Result};

use server::examine::Examined;

/// What was found, as the operator is told it. Nothing of it says whose it is.
pub(super) struct Findings(pub(super) Examined);

impl Display for Findings {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let Examined { accounts, dialogs, messages, is_old, unrepaired, .. } = self.0;
        if is_old {
            return f.write_str(
                "The store is older than its vaults were told: it was brought back; start the server, which repairs it, \
                 and examine it then.",
            );
        }
        write!(f, "Looked at {accounts} accounts with {dialogs} dialogs and {messages} messages")?;
        if unrepaired > 0 {
            write!(f, " ({unrepaired} of the accounts wait for their repair and were passed over)")?;
        }
        if self.0.is_well() {
            return f.write_str(": nothing is missing, and nothing is there that should not be.");
        }
        let mut before = ": something removed or changed rows behind the server's back:";
        for (count, what) in self.wrong().into_iter().filter(|(count, _)| *count > 0) {
            write!(f, "{before} {count} {what}")?;
            before = ",";
        }
        f.write_str(".")
    }
}

impl Findings {
    fn wrong(&self) -> [(u64, &'static str); 7] {
        let Examined { accounts_lost, unreadable, altered, miscounted, orphaned, holes, strays, .. } = self.0;
        [
            (accounts_lost, "accounts are gone that the phone index names"),
            (unreadable, "accounts have rows that cannot be read"),
            (altered, "dialogs have other messages than were written"),
            (miscounted, "dialogs count their messages wrongly"),
            (orphaned, "accounts have messages of dialogs that are gone"),
            (holes, "accounts have holes in their lists of changes"),
            (strays, "rows are in boxes that no account has"),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_finding_is_one_sentence_and_is_bad_news_alone() {
        let well = Examined { accounts: 2, dialogs: 2, messages: 9, unrepaired: 1, ..Examined::default() };
        let told = Findings(well).to_string();
        assert!(well.is_well() && told.contains("nothing is missing") && told.ends_with('.'), "{told}");
        let bad = [
            Examined { is_old: true, ..well },
            Examined { accounts_lost: 7, ..well },
            Examined { unreadable: 7, ..well },
            Examined { altered: 7, ..well },
            Examined { miscounted: 7, ..well },
            Examined { orphaned: 7, ..well },
            Examined { holes: 7, ..well },
            Examined { strays: 7, ..well },
        ];
        for examined in bad {
            let told = Findings(examined).to_string();
            assert!(!examined.is_well() && (examined.is_old || told.contains(" 7 ")), "{told}");
            assert!(told.ends_with('.') && told.matches('.').count() == 1 && !told.contains("  "), "{told}");
        }
    }
}
