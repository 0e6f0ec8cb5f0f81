//! Measured facts: targets, crates, as data files with typed look-ups.
