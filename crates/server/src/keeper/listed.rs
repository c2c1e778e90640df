//! The vaults that the configuration names: a line for each, as `heliograph vault enroll` prints it.
use custody::{Member, Roster, RosterError, VaultNo, is_jurisdiction};
use link::Pin;

/// What is wrong with the vaults that are named. Shown to the operator.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ListedError {
    /// A line that is none.
    #[error(
        "`vaults` has a line that is not a jurisdiction, a key of 64 hexadecimal digits and an address with a port: {0:?}"
    )]
    Line(String),
    /// Not a roster.
    #[error("`vaults`: {0}")]
    Roster(RosterError),
    /// The list of the data folder names others.
    #[error(
        "`vaults` does not name the vaults of this data folder in their order, by their keys and jurisdictions; only their \
         addresses can change"
    )]
    Others,
}

/// Reads the lines.
pub(super) fn read(lines: &[String]) -> Result<Vec<Member>, ListedError> {
    lines.iter().map(|line| member(line).ok_or_else(|| ListedError::Line(line.clone()))).collect()
}

/// The roster of a first start: more than half of the vaults open a key.
pub(super) fn roster(members: Vec<Member>) -> Result<Roster, ListedError> {
    let k = u8::try_from(members.len() / 2 + 1).unwrap_or(u8::MAX);
    Roster::new(k, members).map_err(ListedError::Roster)
}

/// The same vaults at their present addresses; nothing if these are those that are written down. Those that were replaced may
/// be named for those in their places.
pub(super) fn moved(roster: &Roster, members: &[Member]) -> Result<Option<Roster>, ListedError> {
    let place = |((vault, of), member): ((VaultNo, &Member), &Member)| {
        if roster.was(vault, &member.key) {
            // Whoever has replaced it has not said so in the configuration yet.
            return Some(of.place.clone());
        }
        let is_same = of.key == member.key && of.jurisdiction == member.jurisdiction && is_address(&of.place);
        is_same.then(|| member.place.clone())
    };
    let places: Option<Vec<String>> = roster.vaults().zip(members).map(place).collect();
    let places = places.filter(|_| roster.n() == members.len()).ok_or(ListedError::Others)?;
    if roster.vaults().zip(&places).all(|((_, of), place)| of.place == *place) {
        return Ok(None);
    }
    roster.at(places).map(Some).map_err(ListedError::Roster)
}

/// Whether the place of a vault is one of a network, not a folder of this machine.
pub(super) fn is_address(place: &str) -> bool {
    place.contains(':')
}

fn member(line: &str) -> Option<Member> {
    let mut words = line.split_whitespace();
    let jurisdiction = words.next().filter(|word| is_jurisdiction(word))?.to_owned();
    let key: Pin = words.next()?.parse().ok()?;
    let place = words.next().filter(|place| is_address(place))?.to_owned();
    words.next().is_none().then_some(Member { key: key.0, place, jurisdiction })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(number: u8, address: &str) -> String {
        format!("L{number} {} {address}", format!("{number:02x}").repeat(32))
    }

    fn lines(addresses: [&str; 3]) -> Vec<String> {
        (1..).zip(addresses).map(|(number, address)| line(number, address)).collect()
    }

    #[test]
    fn lines_become_a_roster_whose_addresses_can_change_and_nothing_else() {
        let first = lines(["a:1", "b:2", "[::1]:3"]);
        let roster = roster(read(&first).expect("lines")).expect("a roster");
        assert_eq!((roster.n(), roster.k()), (3, 2));
        assert!(moved(&roster, &read(&first).expect("lines")).is_ok_and(|moved| moved.is_none()));
        let elsewhere = moved(&roster, &read(&lines(["a:1", "c:9", "[::1]:3"])).expect("lines"));
        let elsewhere = elsewhere.expect("the same vaults").expect("another place");
        assert_eq!(elsewhere.member(VaultNo(2)).map(|member| member.place.as_str()), Some("c:9"));
        let mut others = [first.clone(), first.clone(), first.clone()];
        others[0].swap(0, 1);
        others[1].truncate(2);
        others[2][1] = others[2][1].replace("L2", "L9");
        for others in others {
            assert_eq!(moved(&roster, &read(&others).expect("lines")).err(), Some(ListedError::Others));
        }
    }

    #[test]
    fn what_is_no_line_is_shown() {
        let good = line(1, "a:1");
        for bad in [
            "",
            "IS",
            &good.replace("L1", "Île"),
            &good.replace("L1", "I_S"),
            &good.replace("01", "0x"),
            &good.replace(":1", ""),
            &format!("{good} more"),
        ] {
            let bad = bad.to_owned();
            assert_eq!(read(std::slice::from_ref(&bad)).err(), Some(ListedError::Line(bad)));
        }
        let two = read(&lines(["a:1", "b:2", "c:3"])[..2]).expect("lines");
        assert_eq!(roster(two).err(), Some(ListedError::Roster(RosterError::Threshold)));
    }
}
