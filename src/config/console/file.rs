//! The console file as it is written.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

/// The longest that an Esc may wait, in milliseconds.
pub(super) const ESC_TIMEOUT_MOST_MS: u64 = 1000;

/// How the console looks and behaves, whatever the fleet.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(
    dead_code,
    reason = "gives the schema its shape; values are picked one by one, each with its origin"
)]
pub(super) struct ConsoleFile {
    /// One of those that `tenantry themes` lists.
    theme: Option<String>,
    /// default, vim, emacs, or the name of a file of your own in `keymaps/`.
    keymap: Option<String>,
    /// auto, always, never, 16, 256 or truecolor.
    color: Option<String>,
    /// Draws nothing but ASCII, save in names from outside.
    ascii: Option<bool>,
    /// Takes the mouse at the start. The terminal's own selection then needs shift.
    mouse: Option<bool>,
    /// How long an Esc waits for the rest of an arrow key, in milliseconds: 25, and 100 over SSH.
    #[schemars(range(max = ESC_TIMEOUT_MOST_MS))]
    esc_timeout_ms: Option<u64>,
    /// By the name of the view.
    #[serde(default)]
    views: BTreeMap<String, ViewFile>,
}

/// How one view is shown.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "as above")]
struct ViewFile {
    /// The columns to show, in order.
    columns: Option<Vec<String>>,
}
