//! The rules of specifications that the code obeys, and the tests that hold them.
//!
//! A rule is a link to a specification in a comment of the code. A test holds it if a comment of the test has the same
//! link. `cargo xtask rules` lists the rules that no test names. The lint fails on a new one.

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
const CODE: [&str; 5] = [
    "src",
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

/// The list of rules that no test named when it was made. No rule may be added.
const UNTESTED: &str = "xtask/rules-without-test.txt";

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

/// Fails on a rule without a test that is not on the list, and on a rule of the list that has a test or is no longer in
/// the code.
pub fn check(project: &Project) -> Result<()> {
    let known = project::read(&project.root.join(UNTESTED))?;
    judge(&citations(project)?, &known)
}

fn judge(citations: &Citations, known: &str) -> Result<()> {
    let known: BTreeSet<&str> = known.lines().filter(|line| !line.is_empty()).collect();
    let mut wrong = Vec::new();
    for (link, files) in citations.untested() {
        if !known.contains(link.as_str()) {
            let files: Vec<&str> = files.iter().map(String::as_str).collect();
            wrong.push(format!("no test names {link} of {}", files.join(", ")));
        }
    }
    let untested: BTreeSet<&str> = citations
        .untested()
        .map(|(link, _)| link.as_str())
        .collect();
    for link in known.difference(&untested) {
        wrong.push(format!("{UNTESTED} lists {link}, which needs no entry"));
    }
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
            } else if ["rs", "js", "mjs"]
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
    let comments = text
        .lines()
        .filter_map(|line| line.split_once("//").or_else(|| line.split_once("* ")))
        .map(|(_, comment)| comment);
    let is_end = |c: char| c.is_whitespace() || matches!(c, '>' | ')' | '"' | '`');
    let mut found = Vec::new();
    for comment in comments {
        for (at, _) in comment.match_indices("https://") {
            let link = comment.get(at..).unwrap_or_default();
            let link = link.split(is_end).next().unwrap_or_default();
            let link = link.trim_end_matches(['.', ',', ';']);
            if SPECIFICATIONS.iter().any(|host| link.contains(host)) {
                found.push(link.to_owned());
            }
        }
    }
    found
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
    fn a_rule_without_a_test_fails() {
        let mut citations = Citations::default();
        citations.read("src/a.rs", &format!("// {RULE}\nfn a() {{}}"), false);
        let refused = judge(&citations, "");
        assert!(refused.is_err_and(|text| text.contains(RULE) && text.contains("src/a.rs")));
        assert_eq!(judge(&citations, RULE), Ok(()));
    }

    #[test]
    fn a_rule_that_a_test_names_passes_and_leaves_the_list() {
        let mut citations = Citations::default();
        let text = format!("// {RULE}\nfn a() {{}}\n#[cfg(test)]\nmod tests {{\n// {RULE}\n}}");
        citations.read("src/a.rs", &text, false);
        assert_eq!(judge(&citations, ""), Ok(()));
        assert!(judge(&citations, RULE).is_err());
    }
}
