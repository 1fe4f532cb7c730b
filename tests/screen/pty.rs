//! The real loop in a pseudo-terminal.
