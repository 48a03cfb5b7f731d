//! Tests of the templates and of the keys that they make.

use std::time::Duration;

use super::*;

const UUID: &str = "00000000-0000-0000-0000-000000000000";

fn key(template: &str, name: &str, tenant: Option<&str>) -> Result<String, ApiError> {
    let values = KeyValues {
        now: SystemTime::UNIX_EPOCH + Duration::from_hours(24 * 58 + 23),
        uuid: Uuid::nil(),
        name,
        media_type: "",
        tenant,
    };
    template.parse::<KeyTemplate>().unwrap().make(&values)
}

#[test]
fn the_default_is_as_it_is_written() {
    assert_eq!(KeyTemplate::default(), DEFAULT.parse().unwrap());
    let made = key(DEFAULT, "cat.png", None).unwrap();
    assert_eq!(made, format!("uploads/1970-02-28/{UUID}"));
}

#[test]
fn placeholders_are_filled() {
    for (template, name, made) in [
        ("{uuid}", "cat.png", "U"),
        ("{uuid}.{ext}", "cat.PNG", "U.png"),
        ("{uuid}.{ext}", "cat", "U"),
        ("{uuid}.{ext}", ".htaccess", "U"),
        ("{uuid}.{ext}", "a/.env", "U"),
        ("{uuid}.{ext}", "a.tar.gz", "U.gz"),
        ("{uuid}.{ext}", "a.", "U"),
        ("{uuid}.{ext}", "a.jp g", "U"),
        ("{uuid}.{ext}", "a./../x", "U"),
        ("{uuid}.{ext}", "a.ÄÖ", "U"),
        ("{uuid}.{ext}", "a.12345678901", "U"),
        ("{ext}/{uuid}", "a.txt", "txt/U"),
        ("{ext}/{uuid}", "a", "U"),
        ("{ext}../{ext}./.{ext}/{uuid}", "a", "U"),
        (
            "y={year}/m={month}/d={day}/{uuid}",
            "a",
            "y=1970/m=02/d=28/U",
        ),
        ("a/{tenant}/{date}/{uuid}", "a", "a/t-1_T/1970-02-28/U"),
    ] {
        let made = made.replace('U', UUID);
        assert_eq!(key(template, name, Some("t-1_T")).unwrap(), made);
    }
}

#[test]
fn only_an_extension_that_fits_the_type_is_shown() {
    let template: KeyTemplate = "{uuid}.{ext}".parse().unwrap();
    for (name, media_type, ending) in [
        ("a.png", "image/png", ".png"),
        ("a.JPG", "image/pjpeg", ".jpg"),
        ("a.csv", "application/vnd.ms-excel", ".csv"),
        ("a.heic", "", ".heic"),
        ("a.html", "text/html", ".html"),
        ("a.html", "image/png", ""),
        ("a.php", "image/jpeg", ""),
        ("a.html", "", ""),
        ("a.svg", "application/octet-stream", ""),
        ("a.png", "image/jpeg", ""),
    ] {
        let made = template.make(&KeyValues {
            now: SystemTime::UNIX_EPOCH,
            uuid: Uuid::nil(),
            name,
            media_type,
            tenant: None,
        });
        assert_eq!(
            made.unwrap(),
            format!("{UUID}{ending}"),
            "{name} {media_type}"
        );
    }
}

#[test]
fn wrong_templates_say_what_is_wrong() {
    for (template, word) in [
        ("", "{uuid}"),
        ("uploads/{date}", "{uuid}"),
        ("{uuid}/{name}", "{name}"),
        ("{uuid", "brace"),
        ("uuid}{uuid}", "brace"),
        ("/{uuid}", "empty"),
        ("{uuid}/", "empty"),
        ("a//{uuid}", "empty"),
        ("../{uuid}", "\"..\""),
        ("a/./{uuid}", "\".\""),
        ("a b/{uuid}", "\" \""),
        ("a?b/{uuid}", "\"?\""),
        ("é/{uuid}", "\"\\u{e9}\""),
        (&format!("{}{{uuid}}", "a".repeat(990)), "1026 bytes"),
    ] {
        let sentence = template.parse::<KeyTemplate>().unwrap_err();
        assert!(sentence.contains(word), "{template}: {sentence}");
    }
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html>
#[test]
fn a_key_has_at_most_1024_bytes() {
    let longest = format!("{}{{uuid}}", "a".repeat(1024 - 36));
    let made = key(&longest, "a", None).unwrap();
    assert_eq!(made.len(), 1024);
    let sentence = format!("a{longest}").parse::<KeyTemplate>().unwrap_err();
    assert!(sentence.contains("1025 bytes"), "{sentence}");
}

#[test]
fn a_tenant_is_taken_as_it_is_or_not_at_all() {
    let long = "a".repeat(65);
    for tenant in [
        None,
        Some(""),
        Some(".."),
        Some("a/b"),
        Some("a.b"),
        Some("é"),
        Some("a%2f"),
        Some(&long),
    ] {
        let refused = key("{tenant}/{uuid}", "a", tenant).unwrap_err();
        assert_eq!((refused.code, refused.status.as_u16()), ("no_tenant", 403));
    }
    assert!(key("{uuid}", "a", None).is_ok());
    let short = "{tenant}/{uuid}"
        .parse::<KeyTemplate>()
        .unwrap()
        .at_most(40);
    let values = |tenant| KeyValues {
        now: SystemTime::UNIX_EPOCH,
        uuid: Uuid::nil(),
        name: "a",
        media_type: "",
        tenant: Some(tenant),
    };
    assert!(short.make(&values("abc")).is_ok());
    assert_eq!(
        short.make(&values("abcd")).unwrap_err().code,
        "invalid_request"
    );
}
