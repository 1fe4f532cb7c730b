//! Parse, wire, run, exit. Nothing is decided here.

fn main() {}
