//! What an operator asks of a view, in one line: `tenants /ttl<10m model=schema !x sort:ttl:desc cols:name,size`.
//!
//! The same line is typed after `:`, kept as a bookmark, remembered between runs, and taken by `show`.

mod amount;
mod filter;
mod line;
mod sieve;
mod sort;
mod term;
mod words;
mod wrong;

pub use filter::Filter;
pub use line::{Noun, Query};
pub use sort::Sort;
pub use wrong::Wrong;

#[cfg(test)]
mod tests;
