//! The corpus: every answer in `corpus/`, as the widget passes it to a dialect.

use s3_upload_protocol::{ResponseBody, Value};

/// The presigned URL that the files abbreviate as `S3`.
const S3: &str =
    "https://b.s3.eu-central-1.amazonaws.com/k?X-Amz-Expires=120&X-Amz-Signature=5ec2e75ec2e7";
/// The signature in each presigned URL. It follows a `?`, also after changes to the corpus as trees.
pub const SIGNATURE: &str = "5ec2e75ec2e7";
/// Other secrets: those of forms and tokens, and those that a store repeats. They follow no `?`.
pub const BARE: &str = "ba5e5ec2e7";

const LINES: &[&str] = &[
    include_str!("../../corpus/answers.txt"),
    include_str!("../../corpus/more.txt"),
];
const EXCHANGES: &[&str] = &[
    include_str!("../../corpus/active-storage.json"),
    include_str!("../../corpus/better-upload-2.json"),
    include_str!("../../corpus/better-upload-3.json"),
    include_str!("../../corpus/django-s3-file-field.json"),
    include_str!("../../corpus/next-s3-upload.json"),
    include_str!("../../corpus/supabase.json"),
    include_str!("../../corpus/vapor.json"),
];

pub struct Corpus {
    /// All answers.
    pub answers: Vec<ResponseBody>,
    /// The names of all members in them.
    pub names: Vec<String>,
}

impl Corpus {
    pub fn new() -> Self {
        let lines = LINES
            .iter()
            .flat_map(|file| file.lines())
            .filter(|line| !line.is_empty() && !line.starts_with('#') && !line.starts_with("  = "));
        let mut answers: Vec<ResponseBody> =
            lines.map(|line| body(&line.replace("S3", S3))).collect();
        for file in EXCHANGES {
            let file: Value = serde_json::from_str(file).unwrap();
            for exchange in file.get("exchanges").unwrap().items() {
                answers.push(match exchange.get("answer").unwrap() {
                    Value::Text(text) => body(text),
                    json => ResponseBody::Json(json.clone()),
                });
            }
        }
        let mut names = Vec::new();
        for answer in &answers {
            if let ResponseBody::Json(value) = answer {
                name(value, &mut names);
            }
        }
        names.sort();
        names.dedup();
        Self { answers, names }
    }
}

/// Returns JSON, or a text with a matching type.
pub fn body(text: &str) -> ResponseBody {
    if let Ok(value) = serde_json::from_str(text) {
        return ResponseBody::Json(value);
    }
    let kind = match text.trim_start().as_bytes() {
        [b'<', b'!', ..] => "text/html",
        [b'<', ..] => "application/xml",
        _ => "text/plain",
    };
    ResponseBody::Text(text.to_owned(), kind.to_owned())
}

fn name(value: &Value, names: &mut Vec<String>) {
    for (known, value) in value.members() {
        names.push(known.clone());
        name(value, names);
    }
    for item in value.items() {
        name(item, names);
    }
}
