//! (suite follows)
