//! Files an operator may write. What is wrong in them is refused with file, line, column and the nearest right word.

mod settings;

pub use settings::{Access, Auth, Direct, Settings, VaultSettings, Watch};
