//! The rules, tested through one door: a [`world::World`] with a clock that stands still and a seeded generator.

mod access;
mod accounts;
mod contacts;
mod convergence;
mod corrupt;
mod cost;
mod dialogs;
mod difference;
mod history;
mod login;
mod private;
mod reading;
mod sending;
mod tables;
mod text;
mod world;
