//! Domain records as TL objects for one viewer.
