//! A plan as Markdown, to be put into a ticket (`CommonMark` 0.31).

use std::io::{self, Write};

use crate::{
    model::Plan,
    ops::{
        self,
        paper::{self, Line, Mark},
    },
};

/// Writes a plan. What it says stands in it as it is: nothing in it is taken for a mark of the language.
///
/// # Errors
/// Where the other end is gone.
pub fn plan(plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "# {}\n", escaped(&plan.title))?;
    writeln!(out, "- fleet: {} ({})", escaped(&plan.fleet), plan.environment.word())?;
    for target in &plan.request.targets {
        writeln!(out, "- target: {}", escaped(&target.to_string()))?;
    }
    for (name, word) in &plan.request.arguments {
        writeln!(out, "- {}: {}", escaped(name), escaped(word))?;
    }
    writeln!(out, "- digest: `{}`", ops::digest(plan))?;
    let lines = paper::lines(plan);
    let mut rest = lines.as_slice();
    while let Some(first) = rest.first() {
        if first.mark != Mark::Exact {
            line(first, out)?;
            rest = &rest[1..];
            continue;
        }
        let count = rest.iter().take_while(|line| line.mark == Mark::Exact).count();
        fenced(&rest[..count], out)?;
        rest = &rest[count..];
    }
    Ok(())
}

fn line(line: &Line, out: &mut dyn Write) -> io::Result<()> {
    let (words, indent) = (escaped(&line.words), "  ".repeat(line.depth.saturating_sub(1)));
    match line.mark {
        Mark::Heading => writeln!(out, "\n## {words}\n"),
        Mark::Loss => writeln!(out, "{indent}- **{words}**"),
        Mark::Words | Mark::Exact => writeln!(out, "{indent}- {words}"),
    }
}

/// What is sent exactly, between fences that are longer than any that it has itself.
fn fenced(lines: &[Line], out: &mut dyn Write) -> io::Result<()> {
    let ticks = |line: &Line| line.words.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(lines.iter().map(ticks).max().unwrap_or(0).max(2) + 1);
    writeln!(out, "\n{fence}sql")?;
    for line in lines {
        writeln!(out, "{}", line.words)?;
    }
    writeln!(out, "{fence}\n")
}

/// With a backslash before each sign that the language has a use for.
fn escaped(words: &str) -> String {
    let mut escaped = String::with_capacity(words.len());
    for c in words.chars() {
        if c.is_ascii_punctuation() && !",.;:/'\"()-=?".contains(c) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::{escaped, fenced};
    use crate::ops::paper::{Line, Mark};

    #[test]
    fn nothing_that_is_said_becomes_a_mark() {
        assert_eq!(
            escaped("a *b* <script> [x](y) #1 `c` |"),
            r"a \*b\* \<script\> \[x\](y) \#1 \`c\` \|"
        );
        assert_eq!(escaped("2026-11-26 19:37:59, 0/1F"), "2026-11-26 19:37:59, 0/1F");
    }

    #[test]
    fn a_fence_is_longer_than_those_in_it() {
        let exact = |words: &str| Line {
            mark: Mark::Exact,
            depth: 1,
            words: words.into(),
        };
        let mut out = Vec::new();
        fenced(&[exact("select '````'"), exact("commit")], &mut out).unwrap();
        let out = String::from_utf8(out).unwrap();
        assert_eq!(out, "\n`````sql\nselect '````'\ncommit\n`````\n\n");
    }
}
