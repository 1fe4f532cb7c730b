//! Files an operator may write. What is wrong in them is refused with file, line, column and the nearest right word.

mod fleet;
mod keymap;
mod layers;
mod mistake;
pub mod mutes;
mod node;
mod places;
mod settings;
mod shape;
mod source;
mod theme;

pub use fleet::{load, schema};
pub use keymap::{ACTIONS, Action, Binding, Chord, Found, Key, Keymap, ViewWords, Vocabulary, written};
pub use mistake::{Mistake, Mistakes};
pub use places::{Flags, Places};
pub use settings::{Access, Auth, Direct, Settings, VaultSettings, Watch};
pub use theme::{ColorChoice, Depth, Glyph, Theme, Token};
