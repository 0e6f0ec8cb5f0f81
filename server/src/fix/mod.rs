//! From findings to changed files.
