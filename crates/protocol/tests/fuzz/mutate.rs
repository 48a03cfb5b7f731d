//! Changes answers as trees, so that most are still meaningful, and as bytes.

use fastrand::Rng;
use s3_upload_protocol::{ResponseBody, Value};

use crate::corpus::{Corpus, SIGNATURE, body};

/// A generated answer.
pub struct Input {
    pub body: ResponseBody,
    /// True if each signature still follows a `?`.
    pub is_whole: bool,
}

/// Generates the next answer.
pub fn input(corpus: &Corpus, rng: &mut Rng) -> Input {
    let answer = pick(&corpus.answers, rng);
    match (rng.u8(0..100), answer) {
        (0..75, ResponseBody::Json(value)) => {
            let mut value = value.clone();
            for _ in 0..rng.u8(1..8) {
                change(&mut value, corpus, rng);
            }
            let body = ResponseBody::Json(value);
            Input {
                body,
                is_whole: true,
            }
        }
        (75..80, _) => Input {
            body: ResponseBody::Json(random(corpus, rng, 4)),
            is_whole: true,
        },
        (80..85, _) => {
            let bytes: Vec<u8> = (0..rng.usize(0..200)).map(|_| rng.u8(..)).collect();
            Input {
                body: body(&String::from_utf8_lossy(&bytes)),
                is_whole: true,
            }
        }
        (_, answer) => {
            let mut bytes = match answer {
                ResponseBody::Json(value) => serde_json::to_vec(value).unwrap(),
                ResponseBody::Text(text, _) => text.clone().into_bytes(),
            };
            for _ in 0..rng.u8(1..6) {
                change_bytes(&mut bytes, rng);
            }
            let text = String::from_utf8_lossy(&bytes);
            let mut body = body(&text);
            if let ResponseBody::Text(_, kind) = &mut body
                && rng.u8(..) < 64
            {
                *kind = pick(&["", "text/plain", "text/html", "application/json"], rng).to_string();
            }
            Input {
                body,
                is_whole: false,
            }
        }
    }
}

pub fn pick<'a, T>(all: &'a [T], rng: &mut Rng) -> &'a T {
    rng.choice(all).unwrap()
}

/// Makes one change to a tree.
fn change(value: &mut Value, corpus: &Corpus, rng: &mut Rng) {
    let at = rng.usize(0..count(value));
    let Some(node) = nth(value, at) else { return };
    match rng.u8(0..12) {
        0 => *node = part_of_another(corpus, rng),
        1 => *node = edge(rng),
        2 => *node = random(corpus, rng, 2),
        3 => *node = Value::List(vec![std::mem::take(node)]),
        4 => *node = Value::Object(vec![(name(corpus, rng), std::mem::take(node))]),
        5 => {
            let deep =
                (0..rng.u8(1..40)).fold(std::mem::take(node), |value, _| Value::List(vec![value]));
            *node = deep;
        }
        6 => {
            if let Value::Text(text) = node {
                *text = change_text(text, rng);
            }
        }
        _ => change_inside(node, corpus, rng),
    }
}

/// Adds, removes, moves or renames a member or an item.
fn change_inside(node: &mut Value, corpus: &Corpus, rng: &mut Rng) {
    match node {
        Value::Object(members) if !members.is_empty() => {
            let at = rng.usize(0..members.len());
            let other = rng.usize(0..members.len());
            match rng.u8(0..6) {
                0 => drop(members.remove(at)),
                1 => members.swap(at, other),
                2 => members.push((name(corpus, rng), part_of_another(corpus, rng))),
                3 => members.insert(at, (name(corpus, rng), edge(rng))),
                4 => {
                    let twice = members.get(at).cloned();
                    members.extend(twice);
                }
                _ => {
                    if let Some((known, _)) = members.get_mut(at) {
                        *known = name(corpus, rng);
                    }
                }
            }
        }
        Value::List(items) if !items.is_empty() => {
            let at = rng.usize(0..items.len());
            let other = rng.usize(0..items.len());
            match rng.u8(0..4) {
                0 => drop(items.remove(at)),
                1 => items.swap(at, other),
                2 => {
                    let twice = items.get(at).cloned();
                    items.extend(twice);
                }
                _ => items.insert(at, part_of_another(corpus, rng)),
            }
        }
        Value::Number(number) => *number = f64::from(rng.i32(..)) / 2.0,
        Value::Bool(truth) => *truth = !*truth,
        other => *other = edge(rng),
    }
}

/// Returns a name of the corpus, sometimes in the style of another language, or a number.
fn name(corpus: &Corpus, rng: &mut Rng) -> String {
    let name = pick(&corpus.names, rng);
    match rng.u8(0..8) {
        0 => name.to_uppercase(),
        1 => name.to_lowercase(),
        2 => name
            .split_inclusive(char::is_lowercase)
            .collect::<Vec<_>>()
            .join("_"),
        3 => rng.u16(0..12).to_string(),
        4 => format!("upload-{name}"),
        5 => name.replace(['_', '-'], ""),
        _ => name.clone(),
    }
}

fn part_of_another(corpus: &Corpus, rng: &mut Rng) -> Value {
    match pick(&corpus.answers, rng) {
        ResponseBody::Json(value) => {
            let mut value = value.clone();
            let at = rng.usize(0..count(&value));
            nth(&mut value, at).map(std::mem::take).unwrap_or_default()
        }
        ResponseBody::Text(text, _) if text.contains('<') => Value::Null,
        ResponseBody::Text(text, _) => text.as_str().into(),
    }
}

/// Returns a value at the limits of the expected ones.
fn edge(rng: &mut Rng) -> Value {
    const TEXTS: &[&str] = &[
        "",
        " ",
        ".",
        "..",
        "/",
        "//h",
        "https://",
        "https:///k",
        "https://h",
        "HTTP://H:1/k",
        "javascript:alert(1)",
        "https://u:p@h/k",
        "?",
        "#",
        "null",
        "0",
        "1",
        "10000",
        "10001",
        "65536",
        "18446744073709551616",
        "-1",
        "PUT",
        "post",
        "GET",
        "a b",
        "a\nb",
        "\u{0}",
        "\u{202e}",
        "é",
        "𝄞",
        "text/plain",
        "a/b?c",
        "https://h/k?partNumber=2",
        "https://h/k?partNumber=1&uploadId=u",
        "https://h/k?X-Amz-Expires=99999999999",
        "Host",
        "content-length",
        "Sec-Fetch-Mode",
        "file",
        "error",
        "ignore",
        "completed",
        "&amp;",
        "<Error><Code>x</Code>",
        "%",
        "%ff",
        "%2e%2e",
    ];
    const NUMBERS: &[f64] = &[
        0.0,
        1.0,
        2.0,
        -1.0,
        0.5,
        10_000.0,
        10_001.0,
        65_535.0,
        65_536.0,
        5_242_880.0,
        604_800.0,
        604_801.0,
        5_368_709_120.0,
        9_007_199_254_740_992.0,
        9_007_199_254_740_994.0,
        1e300,
        -1e300,
    ];
    match rng.u8(0..8) {
        0 => Value::Null,
        1 => Value::Bool(rng.bool()),
        2 | 3 => Value::Number(*pick(NUMBERS, rng)),
        4 => Value::List(Vec::new()),
        5 => Value::Object(Vec::new()),
        6 if rng.u8(..) < 8 => Value::Text("x".repeat(rng.usize(0..20_000))),
        _ => Value::from(*pick(TEXTS, rng)),
    }
}

fn random(corpus: &Corpus, rng: &mut Rng, depth: u8) -> Value {
    match rng.u8(0..10) {
        0..4 if depth > 0 => {
            let members =
                (0..rng.u8(0..6)).map(|_| (name(corpus, rng), random(corpus, rng, depth - 1)));
            Value::Object(members.collect())
        }
        4..6 if depth > 0 => Value::List(
            (0..rng.u8(0..5))
                .map(|_| random(corpus, rng, depth - 1))
                .collect(),
        ),
        6 => part_of_another(corpus, rng),
        _ => edge(rng),
    }
}

/// Changes a text, only before its `?` if the query is signed.
fn change_text(text: &str, rng: &mut Rng) -> String {
    let (head, tail) = match text.find('?') {
        Some(at) if text.contains(SIGNATURE) => text.split_at(at),
        _ => (text, ""),
    };
    if tail.is_empty() && text.contains(SIGNATURE) {
        return text.to_owned();
    }
    let mut characters: Vec<char> = head.chars().collect();
    let at = rng.usize(0..=characters.len());
    match rng.u8(0..4) {
        0 => characters.truncate(at),
        1 => characters.insert(
            at,
            *pick(&['/', ':', '@', ' ', '\n', 'é', '%', '\\', '"'], rng),
        ),
        2 if at < characters.len() => drop(characters.remove(at)),
        _ => characters.extend(head.chars()),
    }
    let head: String = characters.into_iter().collect();
    head + tail
}

fn change_bytes(bytes: &mut Vec<u8>, rng: &mut Rng) {
    if bytes.is_empty() {
        bytes.push(rng.u8(..));
        return;
    }
    let at = rng.usize(0..bytes.len());
    let to = rng.usize(at..bytes.len().min(at + 40));
    match rng.u8(0..6) {
        0 => drop(bytes.drain(at..to)),
        1 => bytes.insert(at, *pick(b"{}[]\",:<>&;?/\\0e-. \n\0", rng)),
        2 => bytes.truncate(at),
        3 => {
            let again = bytes[at..to].to_vec();
            let elsewhere = rng.usize(0..=bytes.len());
            bytes.splice(elsewhere..elsewhere, again);
        }
        4 => bytes[at] = rng.u8(..),
        _ => bytes[at] ^= 1 << rng.u8(0..8),
    }
}

fn count(value: &Value) -> usize {
    let items = value.items().iter();
    let members = value.members().iter().map(|(_, value)| value);
    1 + items.chain(members).map(count).sum::<usize>()
}

/// Returns the nth of a value and the values in it.
fn nth(value: &mut Value, at: usize) -> Option<&mut Value> {
    let mut left = at.checked_sub(1);
    if left.is_none() {
        return Some(value);
    }
    let inner: Vec<&mut Value> = match value {
        Value::List(items) => items.iter_mut().collect(),
        Value::Object(members) => members.iter_mut().map(|(_, value)| value).collect(),
        _ => Vec::new(),
    };
    for value in inner {
        let size = count(value);
        match left {
            Some(at) if at < size => return nth(value, at),
            _ => left = left.map(|at| at - size),
        }
    }
    None
}
