//! The arguments of `cargo xtask`: the commands, their options, and the messages for invalid arguments. Other modules
//! build, install and run.

mod bench;
mod changed;
mod compress;
mod demo;
mod error;
mod lint;
mod npm;
mod process;
mod project;
mod report;
mod rules;
mod serve;
mod server;
mod setup;
mod short_names;
mod size;
mod split;
mod test;
mod widget;

use std::path::PathBuf;
use std::process::ExitCode;

use error::Result;
use project::Project;

const HELP: &str = "\
cargo xtask <command>

  demo     build everything and run the demo page, its backend and an S3 store on this machine
             --port N         of the page and the backend (8080)
             --store-port N   of the S3 store (9000)
             --data DIR       where the store keeps its objects, instead of a place that is thrown away
  test     all checks; the last line reads `N passed, N failed`
             --only STAGE     lint, native, browser, e2e or embed (which then tries all bundlers)
             --changed        the tests that files changed since main can affect
  lint     the checks that run no test
             --only CHECK     format, clippy, modules, rules, docs, size, dependencies or spelling
  rules    the rules of specifications that no test names
  bench    the uploads of the widget beside those of Uppy, better-upload, bare loops and the way through the backend
             --rounds N       measurements of each (5)
             --json FILE      all figures
             --only NAME      one of the works, whose names an unknown name prints
  bench load
           the load of a page with the widget beside that of one with Uppy: a table
             --rounds N       measurements of each (5)
             --json FILE      all figures
  dist     the widget, ready for a web server: dist/ and a table of its sizes
  npm      the package for npm: target/npm/s3-upload-VERSION.tgz
  size     the sizes of dist/ beside size-budget.toml, and the largest groups of functions
  serve    the loop for developing: builds again when a file changes, reloads the page
             --port N         of the page (8081)
             --server-port N  of the backend (8080)
             --store-port N   of the S3 store (9000)
  setup    only install what the other commands need (they do it by themselves)
             [rust] [wasm] [browser] [node] [backends] [trunk]; without a name: all but trunk
  help     this text

Tools are kept in $XDG_CACHE_HOME/s3-upload (or ~/.cache/s3-upload); deleting that folder costs only time.
CHROME, CHROMEDRIVER and CARGO_TARGET_DIR are respected.";

/// The task that the command line asks for.
#[derive(Debug, PartialEq, Eq)]
enum Task {
    Help,
    Demo(demo::Options),
    Test(Vec<test::Stage>),
    TestChanged,
    Lint(Vec<lint::Check>),
    Rules,
    Bench(bench::Options),
    BenchLoad(bench::Options),
    Dist,
    Npm,
    Size,
    Serve(serve::Options),
    Setup(Vec<setup::Part>),
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let task = match parse(&arguments) {
        Ok(task) => task,
        Err(sentence) => {
            eprintln!("{sentence}\n\n{HELP}");
            return ExitCode::from(2);
        }
    };
    match Project::locate().and_then(|project| run(&project, task)) {
        Ok(code) => code,
        Err(sentence) => {
            eprintln!("\nxtask: {sentence}");
            ExitCode::FAILURE
        }
    }
}

fn run(project: &Project, task: Task) -> Result<ExitCode> {
    match task {
        Task::Help => {
            println!("{HELP}");
            Ok(ExitCode::SUCCESS)
        }
        Task::Demo(options) => demo::run(project, &options),
        Task::Test(stages) => Ok(test::run(project, &test::Plan::of(&stages))),
        Task::TestChanged => Ok(test::run(project, &changed::plan(project)?)),
        Task::Lint(checks) => lint::run(project, &checks),
        Task::Rules => {
            rules::list(project)?;
            Ok(ExitCode::SUCCESS)
        }
        Task::Bench(options) => {
            bench::uploads(project, &options)?;
            Ok(ExitCode::SUCCESS)
        }
        Task::BenchLoad(options) => {
            bench::load(project, &options)?;
            Ok(ExitCode::SUCCESS)
        }
        Task::Dist => {
            widget::dist(project, widget::Optimise::Required)?;
            Ok(ExitCode::SUCCESS)
        }
        Task::Npm => {
            npm::pack(project)?;
            Ok(ExitCode::SUCCESS)
        }
        Task::Size => {
            size::print(project)?;
            Ok(ExitCode::SUCCESS)
        }
        Task::Serve(options) => serve::run(project, &options),
        Task::Setup(parts) => {
            setup::run(project, &parts)?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn parse(arguments: &[String]) -> Result<Task> {
    let Some((command, rest)) = arguments.split_first() else {
        return Ok(Task::Help);
    };
    if rest
        .iter()
        .any(|argument| argument == "--help" || argument == "-h")
    {
        return Ok(Task::Help);
    }
    let mut options = Options { rest: rest.iter() };
    match command.as_str() {
        "help" | "--help" | "-h" => Ok(Task::Help),
        "demo" => {
            let mut asked = demo::Options::default();
            while let Some(name) = options.next_name()? {
                match name.as_str() {
                    "--port" => asked.port = options.port(&name)?,
                    "--store-port" => asked.store_port = options.port(&name)?,
                    "--data" => asked.data = Some(PathBuf::from(options.value(&name)?)),
                    other => return Err(unknown(other, "demo")),
                }
            }
            Ok(Task::Demo(asked))
        }
        "test" if rest == ["--changed"] => Ok(Task::TestChanged),
        "test" => {
            let mut stages = Vec::new();
            while let Some(name) = options.next_name()? {
                match name.as_str() {
                    "--only" => stages.push(test::Stage::named(&options.value(&name)?)?),
                    other => return Err(unknown(other, "test")),
                }
            }
            Ok(Task::Test(if stages.is_empty() {
                test::Stage::ALL.to_vec()
            } else {
                stages
            }))
        }
        "rules" => match options.next_name()? {
            None => Ok(Task::Rules),
            Some(other) => Err(unknown(&other, "rules")),
        },
        "lint" => {
            let mut checks = Vec::new();
            while let Some(name) = options.next_name()? {
                match name.as_str() {
                    "--only" => checks.push(lint::Check::named(&options.value(&name)?)?),
                    other => return Err(unknown(other, "lint")),
                }
            }
            Ok(Task::Lint(if checks.is_empty() {
                lint::Check::ALL.to_vec()
            } else {
                checks
            }))
        }
        "bench" => parse_bench(&mut options),
        "dist" => match options.next_name()? {
            None => Ok(Task::Dist),
            Some(other) => Err(unknown(&other, "dist")),
        },
        "npm" => match options.next_name()? {
            None => Ok(Task::Npm),
            Some(other) => Err(unknown(&other, "npm")),
        },
        "size" => match options.next_name()? {
            None => Ok(Task::Size),
            Some(other) => Err(unknown(&other, "size")),
        },
        "serve" => {
            let mut asked = serve::Options::default();
            while let Some(name) = options.next_name()? {
                match name.as_str() {
                    "--port" => asked.port = options.port(&name)?,
                    "--server-port" => asked.server_port = options.port(&name)?,
                    "--store-port" => asked.store_port = options.port(&name)?,
                    other => return Err(unknown(other, "serve")),
                }
            }
            Ok(Task::Serve(asked))
        }
        "setup" => {
            let parts = rest
                .iter()
                .map(|name| setup::Part::named(name))
                .collect::<Result<Vec<_>>>()?;
            Ok(Task::Setup(if parts.is_empty() {
                setup::Part::DEFAULT.to_vec()
            } else {
                parts
            }))
        }
        other => Err(format!("There is no command `{other}`.")),
    }
}

fn parse_bench(options: &mut Options<'_>) -> Result<Task> {
    let mut asked = bench::Options::default();
    let mut is_load = false;
    let mut is_first = true;
    while let Some(name) = options.next_name()? {
        match name.as_str() {
            "load" if is_first => is_load = true,
            "--rounds" => asked.rounds = options.count(&name)?,
            "--json" => asked.json = Some(PathBuf::from(options.value(&name)?)),
            "--only" if !is_load => asked.only.push(options.value(&name)?),
            other => return Err(unknown(other, if is_load { "bench load" } else { "bench" })),
        }
        is_first = false;
    }
    Ok(if is_load {
        Task::BenchLoad(asked)
    } else {
        Task::Bench(asked)
    })
}

fn unknown(option: &str, command: &str) -> String {
    format!("`{command}` has no option `{option}`.")
}

/// The options after a command, as `--name value`.
struct Options<'a> {
    rest: std::slice::Iter<'a, String>,
}

impl Options<'_> {
    /// Returns the next option's name.
    fn next_name(&mut self) -> Result<Option<String>> {
        let Some(argument) = self.rest.next() else {
            return Ok(None);
        };
        if argument.contains('=') {
            return Err(format!(
                "Write `{}` with a space instead of `=`.",
                argument.replacen('=', " ", 1)
            ));
        }
        Ok(Some(argument.clone()))
    }

    fn value(&mut self, name: &str) -> Result<String> {
        self.rest
            .next()
            .cloned()
            .ok_or_else(|| format!("`{name}` needs a value."))
    }

    fn count(&mut self, name: &str) -> Result<u16> {
        let value = self.value(name)?;
        match value.parse() {
            Ok(count @ 1..) => Ok(count),
            _ => Err(format!(
                "`{name}` needs a number, 1 to 65535, and `{value}` is none."
            )),
        }
    }

    fn port(&mut self, name: &str) -> Result<u16> {
        let value = self.value(name)?;
        value
            .parse()
            .map_err(|_| format!("`{name}` needs a port, 0 to 65535, and `{value}` is none."))
    }
}

#[cfg(test)]
mod tests {
    use super::{Task, bench, demo, lint, parse, setup, test};

    fn parsed(line: &str) -> Result<Task, String> {
        parse(
            &line
                .split_whitespace()
                .map(String::from)
                .collect::<Vec<_>>(),
        )
    }

    #[test]
    fn without_options_a_command_has_its_defaults() {
        assert_eq!(parsed(""), Ok(Task::Help));
        assert_eq!(
            parsed("demo"),
            Ok(Task::Demo(demo::Options {
                port: 8080,
                store_port: 9000,
                data: None
            }))
        );
        assert_eq!(parsed("test"), Ok(Task::Test(test::Stage::ALL.to_vec())));
        assert_eq!(parsed("lint"), Ok(Task::Lint(lint::Check::ALL.to_vec())));
        assert_eq!(
            parsed("setup"),
            Ok(Task::Setup(setup::Part::DEFAULT.to_vec()))
        );
    }

    #[test]
    fn options_replace_the_defaults() {
        let wanted = demo::Options {
            port: 1,
            store_port: 2,
            data: Some("there".into()),
        };
        assert_eq!(
            parsed("demo --port 1 --store-port 2 --data there"),
            Ok(Task::Demo(wanted))
        );
        let wanted = vec![test::Stage::Lint, test::Stage::EndToEnd];
        assert_eq!(
            parsed("test --only lint --only e2e"),
            Ok(Task::Test(wanted))
        );
        assert_eq!(
            parsed("lint --only modules"),
            Ok(Task::Lint(vec![lint::Check::Modules]))
        );
        assert_eq!(
            parsed("test --only embed"),
            Ok(Task::Test(vec![test::Stage::EmbedAll]))
        );
        let wanted = bench::Options {
            rounds: 7,
            json: Some("figures.json".into()),
            only: Vec::new(),
        };
        assert_eq!(
            parsed("bench load --rounds 7 --json figures.json"),
            Ok(Task::BenchLoad(wanted))
        );
        assert_eq!(
            parsed("bench load"),
            Ok(Task::BenchLoad(bench::Options::default()))
        );
        let wanted = bench::Options {
            only: vec!["large".into(), "link".into()],
            ..bench::Options::default()
        };
        assert_eq!(
            parsed("bench --only large --only link"),
            Ok(Task::Bench(wanted))
        );
        assert_eq!(parsed("bench"), Ok(Task::Bench(bench::Options::default())));
        assert_eq!(parsed("test --changed"), Ok(Task::TestChanged));
        assert_eq!(parsed("dist --help"), Ok(Task::Help));
        assert_eq!(parsed("npm"), Ok(Task::Npm));
    }

    #[test]
    fn a_mistake_gets_a_sentence_that_names_it() {
        assert_eq!(parsed("dmo"), Err("There is no command `dmo`.".into()));
        assert_eq!(
            parsed("demo --prot 1"),
            Err("`demo` has no option `--prot`.".into())
        );
        assert_eq!(parsed("demo --port"), Err("`--port` needs a value.".into()));
        assert_eq!(
            parsed("demo --port 70000"),
            Err("`--port` needs a port, 0 to 65535, and `70000` is none.".into())
        );
        assert_eq!(
            parsed("demo --port=1"),
            Err("Write `--port 1` with a space instead of `=`.".into())
        );
        assert_eq!(
            parsed("bench load --rounds 0"),
            Err("`--rounds` needs a number, 1 to 65535, and `0` is none.".into())
        );
        assert_eq!(
            parsed("bench load --only large"),
            Err("`bench load` has no option `--only`.".into())
        );
        assert_eq!(
            parsed("bench --rounds 2 load"),
            Err("`bench` has no option `load`.".into())
        );
        assert_eq!(
            parsed("dist now"),
            Err("`dist` has no option `now`.".into())
        );
        assert!(
            parsed("test --only nothing")
                .is_err_and(|sentence| sentence.contains("lint, native, browser, e2e, embed"))
        );
        assert!(parsed("lint --only nothing").is_err_and(|sentence| sentence.contains("modules")));
        assert!(parsed("setup everything").is_err_and(|sentence| sentence.contains("trunk")));
    }
}
