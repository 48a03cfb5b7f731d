//! The languages of the backends in the end-to-end tests: the program of each, or the reason why this machine lacks it,
//! so that skipped tests are reported. On a CI machine (`CI`), a missing language is an error.

use std::path::PathBuf;
use std::process::Command;

use super::{go, python, ruby};
use crate::error::Result;
use crate::project::Project;

/// The languages that a CI machine may lack, since they cannot be installed there. There are none so far.
const IMPOSSIBLE: [Language; 0] = [];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    Python,
    Ruby,
    Go,
}

impl Language {
    const ALL: [Self; 3] = [Self::Python, Self::Ruby, Self::Go];

    pub fn name(self) -> &'static str {
        match self {
            Self::Python => "Python",
            Self::Ruby => "Ruby",
            Self::Go => "Go",
        }
    }

    fn ensure(self, project: &Project) -> Result<PathBuf> {
        match self {
            Self::Python => python::ensure(project),
            Self::Ruby => ruby::ensure(),
            Self::Go => go::ensure(project),
        }
    }
}

/// Each language with the program that runs its backends, or with a message that says what is missing.
#[derive(Debug)]
pub struct Backends {
    found: Vec<(Language, Result<PathBuf>)>,
}

impl Backends {
    /// Installs what is missing. It fails on a CI machine only.
    pub fn ensure(project: &Project) -> Result<Self> {
        let found = Language::ALL.map(|language| (language, language.ensure(project)));
        let guarding =
            std::env::var("CI").is_ok_and(|value| !matches!(&*value, "" | "0" | "false"));
        Self::checked(found.into(), guarding)
    }

    fn checked(found: Vec<(Language, Result<PathBuf>)>, guarding: bool) -> Result<Self> {
        for (language, outcome) in &found {
            if let Err(reason) = outcome
                && guarding
                && !IMPOSSIBLE.contains(language)
            {
                let name = language.name();
                return Err(format!(
                    "The tests of backends in {name} must not be skipped here (CI is set). {reason}"
                ));
            }
        }
        Ok(Self { found })
    }

    pub fn found(&self) -> &[(Language, Result<PathBuf>)] {
        &self.found
    }

    /// Sets the variables that the tests read: `S3_UPLOAD_PYTHON` is the program, `S3_UPLOAD_PYTHON_MISSING` the reason
    /// why there is none.
    pub fn tell(&self, tests: &mut Command) {
        for (language, outcome) in &self.found {
            let name = format!("S3_UPLOAD_{}", language.name().to_uppercase());
            let missing = format!("{name}_MISSING");
            tests.env_remove(&name).env_remove(&missing);
            match outcome {
                Ok(program) => tests.env(name, program),
                Err(reason) => tests.env(missing, reason),
            };
        }
    }

    /// Returns a line for each language whose tests are skipped.
    pub fn skipped(&self) -> Vec<String> {
        self.found
            .iter()
            .filter_map(|(language, outcome)| {
                let reason = outcome.as_ref().err()?;
                Some(format!(
                    "skipped: backends in {}. {reason}",
                    language.name()
                ))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{Backends, Language};
    use crate::process;

    fn lacking_go() -> Vec<(Language, Result<std::path::PathBuf, String>)> {
        vec![
            (Language::Python, Ok("/usr/bin/python3".into())),
            (Language::Go, Err("Go is missing.".into())),
        ]
    }

    #[test]
    fn what_is_missing_is_said_and_its_tests_are_told() {
        let backends = Backends::checked(lacking_go(), false).unwrap();
        assert_eq!(
            backends.skipped(),
            ["skipped: backends in Go. Go is missing."]
        );
        let mut tests = process::command("node");
        backends.tell(&mut tests);
        let told = |name: &str| {
            tests
                .get_envs()
                .find(|(key, _)| *key == name)
                .and_then(|(_, value)| value)
        };
        assert_eq!(told("S3_UPLOAD_PYTHON"), Some("/usr/bin/python3".as_ref()));
        assert_eq!(told("S3_UPLOAD_PYTHON_MISSING"), None);
        assert_eq!(told("S3_UPLOAD_GO"), None);
        assert_eq!(
            told("S3_UPLOAD_GO_MISSING"),
            Some("Go is missing.".as_ref())
        );
    }

    #[test]
    fn a_guarding_machine_skips_nothing() {
        let sentence = Backends::checked(lacking_go(), true).unwrap_err();
        assert!(sentence.contains("in Go") && sentence.contains("Go is missing."));
    }
}
