//! Tests of the defaults, the precedence of the sources and the errors of the configuration.

use clap::Parser as _;

use super::{super::store_cors::StoreCors, *};

fn options(flags: &[&str]) -> Options {
    Options::try_parse_from([&["s3-upload-server"], flags].concat()).unwrap()
}

fn error(flags: &[&str]) -> String {
    match Config::check(options(flags)) {
        Ok(_) => panic!("{flags:?} was taken"),
        Err(error) => error.0,
    }
}

#[test]
fn without_options_the_store_is_embedded() {
    let config = Config::check(options(&[])).unwrap();
    assert!(matches!(
        config.bucket,
        Bucket::Embedded {
            port: 9000,
            data: None,
            cors: StoreCors::On,
            credentials: None,
            public_endpoint: None
        }
    ));
    assert_eq!((config.port, config.origins), (8080, None));
}

#[test]
fn a_bucket_is_remote_and_names_its_origins() {
    let config = Config::check(options(&[
        "--bucket",
        "b",
        "--allow-origin",
        "https://a.example",
    ]))
    .unwrap();
    assert!(matches!(config.bucket, Bucket::Remote { .. }));
    assert_eq!(config.origins.unwrap(), ["https://a.example"]);
}

#[test]
fn each_mistake_is_one_sentence_that_names_its_flag() {
    for (flags, word) in [
        (&["--embedded", "--bucket", "b"][..], "--embedded"),
        (&["--bucket", "b", "--data", "d"], "--data"),
        (&["--embedded=off"], "--bucket"),
        (&["--endpoint", "http://h"], "--bucket"),
        (&["--bucket", "b", "--endpoint", "h:9000"], "--endpoint"),
        (&["--public-endpoint", "http://h/path"], "--public-endpoint"),
        (&["--expires", "0"], "--expires"),
        (&["--min-size", "2MB", "--max-size", "1MB"], "--min-size"),
        (&["--max-size", "1MB", "--allow", "image/*=2MB"], "--allow"),
        (&["--min-size", "1MB", "--allow", ".pdf=1kB"], "--min-size"),
        (&["--secret", "short"], "--secret"),
        (&["--store-credentials", "id"], "--store-credentials"),
        (&["--allow-origin", "example.com"], "--allow-origin"),
        (&["--host", "0.0.0.0"], "--embedded"),
        (&["--host", "::"], "--embedded"),
        (&["--host", "192.0.2.1"], "--bucket"),
        (&["--host", "up.example"], "--bucket"),
        (&["--bucket", ""], "--bucket"),
        (&["--bucket", " "], "--bucket"),
        (&["--bucket", "b", "--region", ""], "--region"),
        (&["--secret", "                "], "--secret"),
        (&["--secret", "0123456789abcdef"], "--secret"),
        (&["--jwt-audience", ""], "--jwt-audience"),
        (
            &["--keep-stored", "--allow-presigned-delete"],
            "--keep-stored",
        ),
    ] {
        let sentence = error(flags);
        assert!(
            sentence.contains(word) && sentence.ends_with('.') && !sentence.contains('\n'),
            "{sentence}"
        );
    }
}

#[test]
fn a_store_for_development_is_asked_for_where_others_reach_it() {
    for flags in [
        &["--host", "0.0.0.0", "--embedded"][..],
        &["--host", "0.0.0.0", "--bucket", "b"],
        &["--host", "127.0.0.1"],
        &["--host", "127.8.9.1"],
        &["--host", "localhost"],
        &["--host", "::1"],
        &[],
    ] {
        assert!(Config::check(options(flags)).is_ok(), "{flags:?}");
    }
}

#[test]
fn a_webhook_over_http_is_warned_of() {
    let warnings = |url: &str| {
        let flags = ["--webhook-secret", "a webhook's secret", "--webhook", url];
        Config::check(options(&flags)).unwrap().warnings
    };
    assert!(warnings("https://a.example/hook").is_empty());
    assert!(warnings("http://127.0.0.1:1/hook").is_empty());
    let warned = warnings("http://a.example/hook?key=secret");
    assert!(warned.iter().any(|warning| warning.contains("a.example")));
    assert!(!warned.concat().contains("key=secret"), "{warned:?}");
}

#[cfg(unix)]
#[test]
fn a_file_with_secrets_that_all_can_read_is_warned_of() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    let warnings = |text: &str, mode| {
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        let flags = options(&["--config", path.to_str().unwrap()]);
        Config::load(flags).unwrap().warnings
    };
    let secret = "secret = \"a secret of the server's own\"";
    assert!(warnings(secret, 0o600).is_empty());
    assert!(warnings("port = 1", 0o644).is_empty());
    let warned = warnings(secret, 0o644);
    assert!(warned.concat().contains("config.toml"), "{warned:?}");
}

#[test]
fn flags_stand_over_the_file() {
    let file = Options::from_toml(
        "port = 1\nhost = \"h\"\nmax-size = \"2 GiB\"\nmin-size = 7\npath-style = true",
    )
    .unwrap();
    let merged = options(&["--port", "2", "--allow-type", "image/*,.pdf"])
        .over(file)
        .unwrap();
    assert_eq!((merged.port, merged.host.as_deref()), (Some(2), Some("h")));
    assert_eq!(
        (merged.max_size, merged.min_size),
        (Some(Size(2 << 30)), Some(Size(7)))
    );
    assert_eq!((merged.path_style, merged.embedded), (Some(true), None));
    assert_eq!(merged.allow_type.unwrap().len(), 2);
}

#[test]
fn a_switch_of_the_file_can_be_undone() {
    let merged = |flags: &[&str], file: &str| {
        let file = Options::from_toml(file).unwrap();
        options(flags).over(file).unwrap()
    };
    let file = "path-style = true";
    assert_eq!(merged(&["--path-style=off"], file).path_style, Some(false));
    assert_eq!(
        merged(&["--path-style", "no"], file).path_style,
        Some(false)
    );
    assert_eq!(merged(&["--path-style"], "").path_style, Some(true));
    let file = "embedded = true";
    assert_eq!(merged(&["--embedded=false"], file).embedded, Some(false));
    assert_eq!(merged(&["--embedded", "--port", "1"], "").port, Some(1));
}

#[test]
fn which_store_is_one_choice() {
    let checked = |flags: &[&str], file: &str| {
        let file = Options::from_toml(file).unwrap();
        Config::check(options(flags).over(file).unwrap()).map(|config| config.bucket)
    };
    let remote = "bucket = \"b\"\nendpoint = \"http://h\"\npublic-endpoint = \"http://p\"";
    let embedded = "embedded = true\ndata = \"d\"\nstore-port = 1";
    assert!(matches!(
        checked(&["--embedded"], remote).unwrap(),
        Bucket::Embedded {
            public_endpoint: None,
            ..
        }
    ));
    assert!(matches!(
        checked(&["--bucket", "c"], embedded).unwrap(),
        Bucket::Remote { bucket, .. } if bucket == "c"
    ));
    assert!(matches!(
        checked(&["--bucket", "c"], remote).unwrap(),
        Bucket::Remote { bucket, endpoint: Some(_), .. } if bucket == "c"
    ));
    assert!(matches!(
        checked(&["--port", "1"], embedded).unwrap(),
        Bucket::Embedded {
            port: 1,
            data: Some(_),
            ..
        }
    ));
    let both = checked(&[], &format!("{remote}\n{embedded}")).unwrap_err();
    assert!(both.0.contains("exclude each other"), "{both}");
}

#[test]
fn both_lists_of_types_are_one() {
    let file = Options::from_toml("allow = [\"video/mp4=2GB\", \".zip\"]").unwrap();
    let options = options(&["--allow-type", "image/*,.pdf"])
        .over(file)
        .unwrap();
    let limits = Config::check(options).unwrap().limits;
    let types: Vec<_> = limits.types.iter().map(ToString::to_string).collect();
    assert_eq!(types, ["image/*", ".pdf", "video/mp4 (up to 2 GB)", ".zip"]);
}

#[test]
fn an_unknown_key_is_named() {
    let error = Options::from_toml("buckt = \"b\"").unwrap_err();
    assert!(error.contains("buckt"), "{error}");
    assert!(
        Options::from_toml("max-size = \"huge\"")
            .unwrap_err()
            .contains("huge")
    );
}
