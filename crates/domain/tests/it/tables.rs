//! The registry of tables (P47).

use domain::tables::TABLES;
use store::{Class, Deletion, assert_distinct};

/// P47: every table has an owner class and a rule; numbers and names are each used once, the store's own included.
#[test]
fn p47_all_tables_are_listed_once() {
    let all = [TABLES, store::outbox::TABLES].concat();
    assert_distinct(&all);
    for table in all {
        let fits = match table.class {
            Class::Box | Class::Device => table.deletion == Deletion::WithOwner,
            Class::Directory => table.deletion == Deletion::WithSubject,
            Class::System => matches!(table.deletion, Deletion::WhenDone | Deletion::NoUserData),
        };
        assert!(fits, "{}", table.name);
    }
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
    ];
    assert_eq!(numbers, wanted);
}
