//! Files an operator may write. What is wrong in them is refused with file, line, column and the nearest right word.

mod console;
mod fleet;
mod inspect;
mod keymap;
mod layers;
mod mistake;
pub mod mutes;
mod node;
mod origin;
mod places;
mod policy;
mod settings;
mod shape;
mod size;
mod source;
mod span;
mod theme;
mod values;

pub use console::{Console, load as console, schema as console_schema};
pub use fleet::{init, load, schema};
pub use inspect::{Choice, KeyLine, Spot, check, keymaps, keys, path, show, themes};
pub use keymap::{ACTIONS, Action, Binding, Chord, Found, Key, Keymap, ViewWords, Vocabulary, written};
pub use mistake::{Mistake, Mistakes};
pub use origin::{Origin, Shown};
pub use places::{Flags, Places};
pub use policy::{Asked, Denied, Policy, Rule, Verdict, load as policy, schema as policy_schema};
pub use settings::{Access, Auth, Direct, EngineRole, Settings, VaultSettings, Watch};
pub use theme::{ColorChoice, Depth, Glyph, Theme, Token};
