//! The rules of specifications that the code obeys, and the tests that hold them.
//!
//! A rule is a link to a section of a specification in a comment of the code. A test holds it if a comment of the test
//! has the same link. `cargo xtask rules` lists the rules that no test names. The lint fails if there is one.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::error::Result;
use crate::project::{self, Project};

/// The hosts of the specifications: S3, Fetch, HTML, HTTP, WCAG and others.
const SPECIFICATIONS: [&str; 5] = [
    "docs.aws.amazon.com/",
    "spec.whatwg.org/",
    "www.rfc-editor.org/",
    "www.w3.org/TR/",
    "w3c.github.io/",
];

/// The folders with code, and those with tests only.
const CODE: [&str; 6] = [
    "src",
    "style",
    "crates/core/src",
    "crates/protocol/src",
    "crates/types/src",
    "server/src",
];
const TESTS: [&str; 5] = [
    "crates/core/tests",
    "crates/protocol/tests",
    "server/tests",
    "tests/browser",
    "tests/e2e",
];

/// The endings of the files with comments.
const KINDS: [&str; 4] = ["rs", "js", "mjs", "css"];

/// The links in the code, each with the files that have it, and the links in the tests.
#[derive(Debug, Default)]
struct Citations {
    code: BTreeMap<String, BTreeSet<String>>,
    tests: BTreeSet<String>,
}

impl Citations {
    /// Reads one file. Everything after `#[cfg(test)]` is a test.
    fn read(&mut self, name: &str, text: &str, is_test: bool) {
        let (code, tests) = if is_test {
            ("", text)
        } else {
            text.split_once("#[cfg(test)]").unwrap_or((text, ""))
        };
        for link in links(code) {
            self.code.entry(link).or_default().insert(name.to_owned());
        }
        self.tests.extend(links(tests));
    }

    fn untested(&self) -> impl Iterator<Item = (&String, &BTreeSet<String>)> {
        self.code
            .iter()
            .filter(|(link, _)| !self.tests.contains(*link))
    }
}

/// Prints the rules that no test names.
pub fn list(project: &Project) -> Result<()> {
    let citations = citations(project)?;
    for (link, files) in citations.untested() {
        let files: Vec<&str> = files.iter().map(String::as_str).collect();
        println!("{link}\n    {}", files.join(", "));
    }
    let untested = citations.untested().count();
    println!("{} rules, {untested} without a test", citations.code.len());
    Ok(())
}

/// Fails on a rule that no test names.
pub fn check(project: &Project) -> Result<()> {
    judge(&citations(project)?)
}

fn judge(citations: &Citations) -> Result<()> {
    let wrong: Vec<String> = citations
        .untested()
        .map(|(link, files)| {
            let files: Vec<&str> = files.iter().map(String::as_str).collect();
            format!("No test names {link} of {}.", files.join(", "))
        })
        .collect();
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(wrong.join("\n"))
    }
}

fn citations(project: &Project) -> Result<Citations> {
    let mut found = Citations::default();
    let folders = CODE.map(|folder| (folder, false)).into_iter();
    for (folder, is_test) in folders.chain(TESTS.map(|folder| (folder, true))) {
        for file in files(&project.root.join(folder))? {
            let name = file.strip_prefix(&project.root).unwrap_or(&file);
            let name = name.to_string_lossy().replace('\\', "/");
            let is_test = is_test || name.ends_with("tests.rs") || name.contains("/tests/");
            found.read(&name, &project::read(&file)?, is_test);
        }
    }
    Ok(found)
}

fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        let entries = std::fs::read_dir(&folder)
            .map_err(|error| format!("Cannot read {}: {error}.", folder.display()))?;
        for path in entries.flatten().map(|entry| entry.path()) {
            if path.is_dir() && !path.ends_with("node_modules") {
                open.push(path);
            } else if KINDS
                .iter()
                .any(|kind| path.extension().is_some_and(|extension| extension == *kind))
            {
                found.push(path);
            }
        }
    }
    Ok(found)
}

/// Returns the links to specifications in comments.
fn links(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for comment in comments(text) {
        for (at, _) in comment.match_indices("https://") {
            let link = link(comment.get(at..).unwrap_or_default());
            if SPECIFICATIONS.iter().any(|host| link.contains(host)) {
                found.push(link.to_owned());
            }
        }
    }
    found
}

/// Returns the link at the start of a text. A parenthesis that the link itself opens does not end it.
fn link(text: &str) -> &str {
    let mut open = 0;
    let is_end = |c: char| match c {
        '(' => {
            open += 1;
            false
        }
        ')' => {
            open -= 1;
            open < 0
        }
        c => c.is_whitespace() || matches!(c, '>' | '"' | '`'),
    };
    let link = text.split(is_end).next().unwrap_or_default();
    link.trim_end_matches(['.', ',', ';', ':'])
}

/// Returns the comments, line by line. The `//` of an address begins no comment, nor does the `/*` of a media type.
fn comments(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut is_block = false;
    for line in text.lines() {
        let mut rest = line;
        loop {
            if is_block {
                let (comment, after) = rest.split_once("*/").unwrap_or((rest, ""));
                is_block = comment.len() == rest.len();
                found.push(comment);
                rest = after;
            }
            let Some((at, is_line)) = comment_start(rest) else {
                break;
            };
            let after = rest.get(at + 2..).unwrap_or_default();
            if is_line {
                found.push(after);
                break;
            }
            is_block = true;
            rest = after;
        }
    }
    found
}

/// Returns the place of the first comment of a line outside of comments, and true for a comment to the line's end.
fn comment_start(line: &str) -> Option<(usize, bool)> {
    let before = |at: usize| line.get(..at).unwrap_or_default();
    let to_the_end = line
        .match_indices("//")
        .map(|(at, _)| (at, true))
        .find(|(at, _)| !before(*at).ends_with(':'));
    let block = line
        .match_indices("/*")
        .map(|(at, _)| (at, false))
        .find(|(at, _)| {
            before(*at)
                .chars()
                .next_back()
                .is_none_or(char::is_whitespace)
        });
    to_the_end.into_iter().chain(block).min()
}

#[cfg(test)]
mod tests {
    use super::{Citations, judge, links};

    const RULE: &str = "https://fetch.spec.whatwg.org/#cors-check";

    #[test]
    fn links_to_specifications_are_found_in_comments() {
        let text = format!(
            "/// Obeys <{RULE}>.\nlet url = \"https://www.w3.org/TR/x\";\n//! https://example.com/a"
        );
        assert_eq!(links(&text), [RULE]);
    }

    #[test]
    fn links_are_found_in_block_comments_of_scripts_and_stylesheets() {
        for text in [
            format!("/* {RULE} */"),
            format!("a {{}} /* Obeys\n   {RULE}. */ b {{ c: url(https://www.w3.org/TR/x) }}"),
            format!("/** Obeys a rule:\n * {RULE}. */\nf(\"https://www.w3.org/TR/x\");"),
            format!("/* a */ f(); /* {RULE} */ f();"),
            format!("f(\"image/*\"); f(\"https://www.w3.org/TR/x\"); // {RULE}"),
        ] {
            assert_eq!(links(&text), [RULE], "{text}");
        }
    }

    #[test]
    fn a_link_ends_at_a_parenthesis_that_it_did_not_open() {
        let rule = "https://xhr.spec.whatwg.org/#the-abort()-method";
        for text in [
            format!("// <{rule}>"),
            format!("// ({rule}),"),
            format!("// {rule}."),
        ] {
            assert_eq!(links(&text), [rule], "{text}");
        }
    }

    #[test]
    fn a_rule_without_a_test_fails() {
        let mut citations = Citations::default();
        citations.read("src/a.rs", &format!("// {RULE}\nfn a() {{}}"), false);
        let refused = judge(&citations);
        assert!(refused.is_err_and(|text| text.contains(RULE) && text.contains("src/a.rs")));
    }

    #[test]
    fn a_rule_that_a_test_names_passes() {
        let mut citations = Citations::default();
        let text = format!("// {RULE}\nfn a() {{}}\n#[cfg(test)]\nmod tests {{\n// {RULE}\n}}");
        citations.read("src/a.rs", &text, false);
        assert_eq!(judge(&citations), Ok(()));
    }
}
