//! The arguments of `cargo xtask`, and nothing else: which command was asked, with which options, and what to
//! say when they make no sense. It refuses to build, to install or to run anything itself.

mod compress;
mod demo;
mod process;
mod project;
mod report;
mod serve;
mod server;
mod setup;
mod test;
mod widget;

use std::path::PathBuf;
use std::process::ExitCode;

use project::{Project, Result};

const HELP: &str = "\
cargo xtask <command>

  demo     build everything and run the demo page, its backend and an S3 store on this machine
             --port N         of the page and the backend (8080)
             --store-port N   of the S3 store (9000)
             --data DIR       where the store keeps its objects, instead of a place that is thrown away
  test     all checks; the last line reads `N passed, N failed`
             --only STAGE     lint, native, browser or e2e
  bench    how fast the widget is beside bare loops of fetch and XHR: a table, and a file of JSON
  dist     the widget, ready for a web server: dist/ and a table of its sizes
  serve    the loop for developing: builds again when a file changes, reloads the page
             --port N         of the page (8081)
             --server-port N  of the backend (8080)
             --store-port N   of the S3 store (9000)
  setup    only install what the other commands need (they do it by themselves)
             [rust] [wasm] [browser] [node] [backends] [trunk]; without a name: all but trunk
  help     this text

Tools are kept in $XDG_CACHE_HOME/s3-upload (or ~/.cache/s3-upload); deleting that folder costs only time.
CHROME, CHROMEDRIVER and CARGO_TARGET_DIR are respected.";

/// What was asked on the command line.
#[derive(Debug, PartialEq, Eq)]
enum Task {
    Help,
    Demo(demo::Options),
    Test(Vec<test::Stage>),
    Bench,
    Dist,
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
        Task::Test(stages) => Ok(test::run(project, &stages)),
        Task::Bench => test::bench(project),
        Task::Dist => {
            widget::dist(project, widget::Optimise::Required)?;
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
        "bench" => match options.next_name()? {
            None => Ok(Task::Bench),
            Some(other) => Err(unknown(&other, "bench")),
        },
        "dist" => match options.next_name()? {
            None => Ok(Task::Dist),
            Some(other) => Err(unknown(&other, "dist")),
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

fn unknown(option: &str, command: &str) -> String {
    format!("`{command}` has no option `{option}`.")
}

/// The options after a command, as `--name value`.
struct Options<'a> {
    rest: std::slice::Iter<'a, String>,
}

impl Options<'_> {
    /// The next option's name.
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

    fn port(&mut self, name: &str) -> Result<u16> {
        let value = self.value(name)?;
        value
            .parse()
            .map_err(|_| format!("`{name}` needs a port, 0 to 65535, and `{value}` is none."))
    }
}

#[cfg(test)]
mod tests {
    use super::{Task, demo, parse, setup, test};

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
        assert_eq!(parsed("dist --help"), Ok(Task::Help));
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
            parsed("dist now"),
            Err("`dist` has no option `now`.".into())
        );
        assert!(
            parsed("test --only nothing")
                .is_err_and(|sentence| sentence.contains("lint, native, browser, e2e"))
        );
        assert!(parsed("setup everything").is_err_and(|sentence| sentence.contains("trunk")));
    }
}
