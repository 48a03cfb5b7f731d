//! The API's description is compared with the router, with what the wire types write, and with real answers.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use reqwest::{Method, StatusCode};
use s3_upload_protocol::{
    SecretFields,
    native::{
        CompleteRequest, CompleteResponse, CreateRequest, CreateResponse, DoctorFinding,
        DoctorRequest, DoctorResponse, ErrorResponse, ListPartsResponse, ListedPart, PartToSign,
        PartUrl, SentPart, SignPartsRequest, SignPartsResponse,
        Strategy::{Multipart, Post, Put},
    },
};
use s3_upload_server::{
    App, OPENAPI_DOCUMENT,
    grants::TokenSigner,
    router,
    store::{BucketLocation, Store},
};
use serde_json::{Value, json};

use crate::common::{file, start};

/// Described here, and answered by another part of the server.
const ELSEWHERE: [&str; 2] = ["/uploads/doctor", "/uploads/{id}/url"];

fn document() -> Value {
    serde_json::from_str(OPENAPI_DOCUMENT).unwrap()
}

fn keys(value: &Value) -> BTreeSet<String> {
    value.as_object().unwrap().keys().cloned().collect()
}

/// The paths of the router, as its `Debug` lists them: there is no other way to ask it.
fn routes() -> BTreeSet<String> {
    let place = BucketLocation {
        bucket: "b".into(),
        ..BucketLocation::default()
    };
    let app = App::new(
        Store::with_credentials(place, "key", "secret", Duration::from_mins(5)),
        TokenSigner::new(b"secret", Duration::from_hours(1)),
    );
    let text = format!("{:?}", router(app));
    let quoted = text.split('"').skip(1).step_by(2);
    // The fallback, which is the site, has `/` for itself.
    let paths = quoted
        .filter(|word| word.len() > 1 && word.starts_with('/') && !word.contains("__private"));
    paths.map(str::to_owned).collect()
}

#[tokio::test]
async fn every_route_is_described() {
    let mut described = keys(&document()["paths"]);
    let routes = routes();
    assert!(routes.contains("/uploads/{id}/parts"), "{routes:?}");
    described.retain(|path| routes.contains(path) || !ELSEWHERE.contains(&&**path));
    assert_eq!(described, routes);
}

#[tokio::test]
async fn every_method_is_described() {
    let rig = start(&[]).await;
    let routes = routes();
    for (path, item) in document()["paths"].as_object().unwrap() {
        if !routes.contains(path) {
            continue;
        }
        for method in ["get", "put", "post", "delete", "patch"] {
            let sent = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            let request = rig.request(sent, &path.replace("{id}", "x"));
            let status = request.json(&json!({})).send().await.unwrap().status();
            let answered = status != StatusCode::METHOD_NOT_ALLOWED;
            assert_eq!(
                answered,
                item.get(method).is_some(),
                "{method} {path}: {status}"
            );
        }
    }
}

/// Follows a `$ref`.
fn resolve<'d>(document: &'d Value, value: &'d Value) -> &'d Value {
    match value.get("$ref").and_then(Value::as_str) {
        Some(reference) => document
            .pointer(reference.strip_prefix('#').unwrap())
            .unwrap_or_else(|| panic!("{reference} leads nowhere")),
        None => value,
    }
}

/// Asserts that a value matches its schema and has no field that the schema does not name.
fn check(document: &Value, schema: &Value, value: &Value, at: &str) {
    let schema = resolve(document, schema);
    match schema["type"]
        .as_str()
        .unwrap_or_else(|| panic!("{at}: no type in {schema}"))
    {
        "object" => {
            let fields = value.as_object().unwrap_or_else(|| panic!("{at}: {value}"));
            for name in schema["required"].as_array().into_iter().flatten() {
                assert!(
                    fields.contains_key(name.as_str().unwrap()),
                    "{at}: no {name} in {value}"
                );
            }
            for (name, value) in fields {
                let inner = schema["properties"]
                    .get(name)
                    .or_else(|| schema.get("additionalProperties"))
                    .unwrap_or_else(|| panic!("{at}: {name} is not described"));
                check(document, inner, value, &format!("{at}.{name}"));
            }
        }
        "array" => {
            let items = value.as_array().unwrap_or_else(|| panic!("{at}: {value}"));
            for value in items {
                check(document, &schema["items"], value, &format!("{at}[]"));
            }
        }
        "string" => {
            assert!(value.is_string(), "{at}: {value}");
            if let Some(words) = schema["enum"].as_array() {
                assert!(words.contains(value), "{at}: {value}");
            }
        }
        "integer" => {
            let number = value.as_u64().unwrap_or_else(|| panic!("{at}: {value}"));
            let least = schema["minimum"].as_u64().unwrap();
            let most = schema["maximum"].as_u64().unwrap_or(u64::MAX);
            assert!((least..=most).contains(&number), "{at}: {value}");
        }
        other => panic!("{at}: {other}"),
    }
}

/// A schema names exactly the fields that the type writes when it is full, and requires those that it writes when it is
/// as empty as can be.
fn exact(document: &Value, name: &str, full: &Value, least: &Value) {
    let schema = &document["components"]["schemas"][name];
    assert_eq!(
        keys(&schema["properties"]),
        keys(full),
        "the fields of {name}"
    );
    let required: BTreeSet<_> = schema["required"]
        .as_array()
        .unwrap_or_else(|| panic!("{name} says nothing of what is required"))
        .iter()
        .map(|name| name.as_str().unwrap().to_owned())
        .collect();
    assert_eq!(required, keys(least), "what {name} requires");
    check(document, schema, full, name);
    check(document, schema, least, name);
}

fn json(value: impl serde::Serialize) -> Value {
    serde_json::to_value(value).unwrap()
}

#[test]
fn the_schemas_are_what_the_types_write() {
    let document = document();
    let full = CreateRequest {
        metadata: Some(BTreeMap::from([("a".into(), "b".into())])),
        part_size: Some(8 << 20),
        ..file("a", "b/c", 1, &[Put, Post, Multipart])
    };
    let least = file("a", "", 1, &[]);
    exact(&document, "CreateRequest", &json(full), &json(least));
    let full = CreateResponse {
        id: Some("i".into()),
        key: Some("k".into()),
        url: Some("https://h".into()),
        method: Some("PUT".into()),
        headers: BTreeMap::from([("content-type".into(), "a/b".into())]),
        fields: Some(SecretFields::new(vec![("key".into(), "k".into())])),
        expires_in: Some(300),
        part_size: Some(8 << 20),
    };
    exact(
        &document,
        "CreateAnswer",
        &json(full),
        &json(CreateResponse::default()),
    );
    let sent = SentPart {
        number: 1,
        etag: "e".into(),
    };
    exact(&document, "SentPart", &json(&sent), &json(&sent));
    let full = CompleteRequest {
        parts: Some(vec![sent]),
    };
    exact(
        &document,
        "CompleteRequest",
        &json(full),
        &json(CompleteRequest::default()),
    );
    let full = CompleteResponse {
        key: "k".into(),
        size: 9,
        media_type: "a/b".into(),
        etag: Some("e".into()),
        location: Some("https://h".into()),
        download_url: Some("https://h".into()),
    };
    let least = CompleteResponse {
        etag: None,
        location: None,
        download_url: None,
        ..full.clone()
    };
    exact(&document, "CompleteAnswer", &json(full), &json(least));
    let least = DoctorRequest::default();
    let full = DoctorRequest {
        store: Some("https://h".into()),
        ..least.clone()
    };
    exact(&document, "DoctorRequest", &json(full), &json(least));
    let finding = DoctorFinding::default();
    exact(&document, "Finding", &json(&finding), &json(&finding));
    let answer = json(DoctorResponse {
        findings: vec![finding],
    });
    exact(&document, "DoctorAnswer", &answer, &answer);
    let refusal = json(ErrorResponse::new("a", "b"));
    exact(&document, "Refusal", &refusal, &refusal);
    exact(
        &document,
        "RefusalError",
        &refusal["error"],
        &refusal["error"],
    );
}

#[test]
fn the_schemas_of_parts_are_what_the_types_write() {
    let document = document();
    let part = PartToSign { number: 1, size: 9 };
    exact(&document, "PartToSign", &json(part), &json(part));
    let request = json(SignPartsRequest { parts: vec![part] });
    exact(&document, "SignPartsRequest", &request, &request);
    let signed = PartUrl {
        number: 1,
        url: "https://h".into(),
        headers: BTreeMap::from([("if-none-match".into(), "*".into())]),
        expires_in: Some(300),
    };
    let bare = PartUrl {
        headers: BTreeMap::new(),
        expires_in: None,
        ..signed.clone()
    };
    exact(&document, "SignedPart", &json(&signed), &json(bare));
    let answer = json(SignPartsResponse {
        parts: vec![signed],
    });
    exact(&document, "SignPartsAnswer", &answer, &answer);
    let stored = ListedPart {
        number: 1,
        size: 9,
        etag: "e".into(),
    };
    exact(&document, "StoredPart", &json(&stored), &json(&stored));
    let answer = json(ListPartsResponse {
        parts: vec![stored],
    });
    exact(&document, "ListPartsAnswer", &answer, &answer);
}

#[test]
fn nothing_in_the_document_leads_nowhere() {
    fn walk(document: &Value, value: &Value, seen: &mut BTreeSet<String>) {
        if let Some(Value::String(reference)) = value.get("$ref") {
            resolve(document, value);
            seen.insert(reference.clone());
        }
        match value {
            Value::Object(fields) => fields
                .values()
                .for_each(|value| walk(document, value, seen)),
            Value::Array(items) => items.iter().for_each(|value| walk(document, value, seen)),
            _ => {}
        }
    }
    let document = document();
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
    let mut seen = BTreeSet::new();
    walk(&document, &document, &mut seen);
    for name in keys(&document["components"]["schemas"]) {
        assert!(
            seen.contains(&format!("#/components/schemas/{name}")),
            "{name} is used nowhere"
        );
    }
    let mut operations = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            if method == "parameters" {
                continue;
            }
            let id = operation["operationId"].as_str().unwrap();
            assert!(operations.insert(id.to_owned()), "{id} twice");
            assert_eq!(
                path.contains("{id}"),
                item.get("parameters").is_some(),
                "{path}"
            );
        }
    }
}

#[tokio::test]
async fn real_answers_are_as_described() {
    let rig = start(&[]).await;
    let document = document();
    let served = rig
        .request(Method::GET, "/openapi.json")
        .send()
        .await
        .unwrap();
    assert_eq!(served.headers()["content-type"], "application/json");
    assert_eq!(served.json::<Value>().await.unwrap(), document);
    let asked = async |method: &str, path: &str, described: &str, body: Value| -> Value {
        let operation = &document["paths"][described][method];
        if let Some(request) = operation.get("requestBody") {
            let schema = &request["content"]["application/json"]["schema"];
            check(&document, schema, &body, described);
        }
        let sent = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
        let response = rig.request(sent, path).json(&body).send().await.unwrap();
        let status = response.status();
        let text = response.text().await.unwrap();
        let described = &operation["responses"];
        let found = described
            .get(status.as_str())
            .unwrap_or(&described["default"]);
        let found = resolve(&document, found);
        if text.is_empty() {
            assert_eq!(found.get("content"), None, "{method} {path}");
            return Value::Null;
        }
        let value: Value = serde_json::from_str(&text).unwrap();
        let schema = &found["content"]["application/json"]["schema"];
        check(
            &document,
            schema,
            &value,
            &format!("{method} {path} {status}"),
        );
        value
    };
    for accepts in [&[Put][..], &[Post, Put], &[Multipart]] {
        let body = json(file("a", "text/plain", 5, accepts));
        let created = asked("post", "/uploads", "/uploads", body).await;
        let id = created["id"].as_str().unwrap();
        let parts = format!("/uploads/{id}/parts");
        asked("get", &parts, "/uploads/{id}/parts", Value::Null).await;
        let body = json!({"parts": [{"number": 1, "size": 5}]});
        asked("post", &parts, "/uploads/{id}/parts", body).await;
        let created: CreateResponse = serde_json::from_value(created.clone()).unwrap();
        if created.url.is_some() && created.fields.is_none() {
            rig.put(&created, b"hello").await;
        }
        let complete = format!("/uploads/{id}/complete");
        asked("post", &complete, "/uploads/{id}/complete", json!({})).await;
        asked(
            "delete",
            &format!("/uploads/{id}"),
            "/uploads/{id}",
            Value::Null,
        )
        .await;
    }
}
