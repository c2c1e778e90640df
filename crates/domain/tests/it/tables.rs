//! The registry of tables (P47).

use domain::tables::TABLES;
use store::{Class, Deletion, Versions, assert_distinct};

/// P47: every table has an owner class and a rule; numbers and names are each used once, the store's own included.
#[test]
fn p47_all_tables_are_listed_once() {
    let all = [TABLES, &store::own_tables()].concat();
    assert_distinct(&all);
    for table in all {
        let fits = match table.class {
            Class::Box | Class::Device => table.deletion == Deletion::WithOwner,
            Class::Directory => table.deletion == Deletion::WithSubject,
            Class::System => matches!(table.deletion, Deletion::WhenDone | Deletion::NoUserData),
        };
        assert!(fits, "{}", table.name);
        let fits = match table.class {
            // The format's own tables hold states and numbers, and lie under keys of their own.
            Class::Box => table.versions != Versions::Static || store::state::TABLES.contains(&table),
            Class::Directory => table.versions == Versions::Fresh,
            Class::Device | Class::System => table.versions == Versions::Static,
        };
        assert!(fits, "{}", table.name);
    }
}

/// P35: only rows whose versions hold no content may keep their number.
#[test]
fn p35_what_holds_content_has_a_number_for_each_version() {
    let kept: Vec<_> = TABLES.iter().filter(|table| table.versions == Versions::Kept).collect();
    assert_eq!(kept.iter().map(|table| table.name).collect::<Vec<_>>(), ["DIALOGS", "PINS"]);
}

/// Numbers are part of what is on a disk: a table that is renamed keeps its number, a new one takes the next.
#[test]
fn numbers_do_not_move() {
    let numbers: Vec<_> = TABLES.iter().map(|table| (table.id, table.name)).collect();
    let wanted = [
        (1, "KEYS"),
        (2, "CLIENTS"),
        (3, "BINDINGS"),
        (4, "DEVICES"),
        (5, "ACCOUNTS"),
        (6, "PHONES"),
        (7, "MESSAGES"),
        (8, "DIALOGS"),
        (9, "LOG"),
        (10, "SENT"),
        (11, "CONTACTS"),
        (12, "HOLDERS"),
        (13, "USERNAMES"),
        (14, "BLOCKED"),
        (15, "BLOCKS"),
        (16, "DRAFTS"),
        (17, "NOTIFY"),
        (18, "FILTERS"),
        (20, "PINS"),
        (21, "OWN_TIMER"),
        (22, "PRIVACY"),
        (23, "SAVED_PINS"),
        (24, "SAVED_CLEARING"),
    ];
    assert_eq!(numbers, wanted);
}
