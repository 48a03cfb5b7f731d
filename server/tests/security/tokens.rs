//! Missing, forged, expired and misused tokens.
//!
//! `keys/` holds public keys and tokens that `PyJWT` signed for them; their private keys exist no more.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::{Method, StatusCode};
use s3_upload_server::{
    access::{AuthTokens, Claims},
    serve::Server,
};
use serde_json::{Value, json};
use sha2::Sha256;

use super::{
    AUTH, ask, begin_as,
    common::{self, Rig, answer, file, refusal, start},
    create_as, now, token,
};
use s3_upload_protocol::native::{CompleteRequest, CompleteResponse, Strategy::Put};

const KEYS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/security/keys");
/// The secret of JSON web tokens.
pub const JWT: &str = "the secret of the identity provider";

fn key(name: &str) -> String {
    format!("{KEYS}/{name}")
}

fn signed(name: &str) -> String {
    let tokens = std::fs::read_to_string(key("tokens.json")).unwrap();
    let tokens: Value = serde_json::from_str(&tokens).unwrap();
    tokens[name].as_str().unwrap().to_owned()
}

/// A token with this header and these claims, signed by HMAC-SHA256.
fn jwt(secret: &[u8], header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", part(header), part(claims));
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).unwrap();
    mac.update(message.as_bytes());
    let mac = URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes());
    format!("{message}.{mac}")
}

/// A good JSON web token with these claims.
pub fn hs256(claims: &Value) -> String {
    jwt(
        JWT.as_bytes(),
        &json!({"alg": "HS256", "typ": "JWT"}),
        claims,
    )
}

/// The status and the challenge of a request with this token.
async fn said(rig: &Rig, token: &str) -> (StatusCode, String) {
    let request = file("a.txt", "text/plain", 5, &[Put]);
    let response = create_as(rig, token, &request).await;
    let challenge = response.headers().get("www-authenticate");
    let challenge = challenge.map_or("", |value| value.to_str().unwrap());
    (response.status(), challenge.to_owned())
}

async fn taken(rig: &Rig, token: &str) {
    assert_eq!(
        said(rig, token).await,
        (StatusCode::OK, String::new()),
        "{token}"
    );
}

async fn refused(rig: &Rig, token: &str, why: &str) {
    let (status, challenge) = said(rig, token).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED, "{token}");
    assert!(
        challenge.starts_with("Bearer realm=\"s3-upload\", error=\"invalid_token\"")
            && challenge.contains(why),
        "{challenge} for {token}"
    );
}

#[tokio::test]
async fn without_a_token_nothing_is_done() {
    let rig = start(&["--auth-secret", AUTH]).await;
    let created = begin_as(&rig, &token("user-7", None)).await;
    let id = created.id.unwrap();
    let mut requests = super::all_about(&rig, &id);
    let create = rig.request(Method::POST, "/uploads");
    let create = create.json(&file("a", "text/plain", 5, &[Put]));
    requests.push(("POST".into(), create));
    for (name, request) in requests {
        let response = request.send().await.unwrap();
        assert_eq!(
            response.headers()["www-authenticate"],
            "Bearer realm=\"s3-upload\"",
            "{name}"
        );
        let (code, message) = refusal(response, StatusCode::UNAUTHORIZED).await;
        assert_eq!(
            (code.as_str(), message.as_str()),
            ("unauthorized", "Sign in to upload.")
        );
    }
    // Endpoints without private content need no token.
    for path in ["/health", "/openapi.json"] {
        let open = rig.request(Method::GET, path).send().await.unwrap();
        assert_eq!(open.status(), StatusCode::OK);
    }
    // A browser asks before it sends a token.
    let asked = rig
        .request(Method::OPTIONS, "/uploads")
        .header("origin", "https://a.example")
        .header("access-control-request-method", "POST")
        .header(
            "access-control-request-headers",
            "authorization,content-type",
        );
    assert_eq!(asked.send().await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn a_token_of_the_shared_secret_uploads() {
    let rig = start(&["--auth-secret", AUTH]).await;
    let token = token("user-7", Some("acme"));
    let created = begin_as(&rig, &token).await;
    assert_eq!(rig.put(&created, b"hello").await.status(), StatusCode::OK);
    let path = format!("/uploads/{}/complete", created.id.unwrap());
    let complete = ask(&rig, &token, Method::POST, &path).json(&CompleteRequest::default());
    let done: CompleteResponse = answer(complete.send().await.unwrap()).await;
    assert_eq!(rig.download(&done).await.text().await.unwrap(), "hello");
}

#[tokio::test]
async fn forged_and_expired_tokens_of_the_shared_secret_are_refused() {
    let rig = start(&["--auth-secret", AUTH]).await;
    let good = token("user-7", None);
    taken(&rig, &good).await;
    let sign = |id: &str, exp: u64| {
        AuthTokens::new(AUTH).sign(&Claims {
            id: id.into(),
            tenant: None,
            exp,
        })
    };
    let (head, mac) = good.rsplit_once('.').unwrap();
    let other = token("admin", None);
    let (other_head, _) = other.rsplit_once('.').unwrap();
    refused(&rig, &sign("user-7", now() - 1), "expired").await;
    refused(&rig, &sign("user-7", (now() + 600) * 1000), "seconds").await;
    refused(&rig, &format!("{other_head}.{mac}"), "signature").await;
    refused(&rig, &format!("{head}."), "signature").await;
    refused(&rig, head, "").await;
    let wrong = AuthTokens::new("another secret, just as long as that").sign(&Claims {
        id: "user-7".into(),
        tenant: None,
        exp: now() + 600,
    });
    refused(&rig, &wrong, "signature").await;
    // A JSON web token is not a token of this kind, whoever signed it.
    let claims = json!({"sub": "user-7", "exp": now() + 600});
    let header = json!({"alg": "HS256"});
    refused(&rig, &jwt(AUTH.as_bytes(), &header, &claims), "kind").await;
    refused(&rig, &"x".repeat(9000), "long").await;
    for value in ["", "Bearer", "Basic dXNlcjpwYXNz", good.as_str()] {
        let request = rig
            .request(Method::POST, "/uploads")
            .header("authorization", value)
            .json(&file("a", "text/plain", 5, &[Put]));
        let status = request.send().await.unwrap().status();
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{value}");
    }
    let two = ask(&rig, &good, Method::POST, "/uploads")
        .header("authorization", format!("Bearer {good}"))
        .json(&file("a", "text/plain", 5, &[Put]));
    assert_eq!(two.send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
    let lower = rig
        .request(Method::POST, "/uploads")
        .header("authorization", format!("bearer {good}"))
        .json(&file("a", "text/plain", 5, &[Put]));
    assert_eq!(lower.send().await.unwrap().status(), StatusCode::OK);
    // In the address a token would be in every log.
    let in_address = rig
        .request(Method::POST, &format!("/uploads?access_token={good}"))
        .json(&file("a", "text/plain", 5, &[Put]));
    assert_eq!(
        in_address.send().await.unwrap().status(),
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn claims_are_checked() {
    let flags = [
        "--jwt-secret",
        JWT,
        "--jwt-audience",
        "uploads,other",
        "--jwt-issuer",
        "https://id.example",
    ];
    let rig = start(&flags).await;
    let good = json!({
        "sub": "user-7", "tenant": "acme", "aud": "uploads", "iss": "https://id.example",
        "exp": now() + 600, "nbf": now() - 5
    });
    let but = |changes: &Value| {
        let mut claims = good.clone();
        for (name, value) in changes.as_object().unwrap() {
            claims[name] = value.clone();
        }
        claims
            .as_object_mut()
            .unwrap()
            .retain(|_, value| !value.is_null());
        hs256(&claims)
    };
    taken(&rig, &hs256(&good)).await;
    taken(&rig, &but(&json!({"aud": ["elsewhere", "other"]}))).await;
    taken(&rig, &but(&json!({"tenant": null, "nbf": null}))).await;
    for (changes, why) in [
        (json!({"exp": now() - 120}), "expired"),
        (json!({"exp": null}), "no exp"),
        (json!({"exp": "never"}), ""),
        (json!({"exp": -1}), ""),
        (json!({"nbf": now() + 600}), "not valid yet"),
        (json!({"nbf": "yesterday"}), ""),
        (json!({"aud": "elsewhere"}), "audience"),
        (json!({"aud": []}), "audience"),
        (json!({"aud": null}), "no aud"),
        (json!({"iss": "https://id.example.evil.example"}), "issuer"),
        (json!({"iss": null}), "no iss"),
        (json!({"sub": null}), "no sub"),
        (json!({"sub": ""}), "names no client"),
        (json!({"sub": 7}), ""),
        (json!({"sub": "x".repeat(257)}), "names no client"),
        (json!({"tenant": "../other"}), "tenant"),
        (json!({"tenant": 7}), "not a text"),
    ] {
        refused(&rig, &but(&changes), why).await;
    }
}

#[tokio::test]
async fn a_token_for_somebody_else_is_not_taken_without_an_audience() {
    let rig = start(&["--jwt-secret", JWT, "--jwt-tenant", "org"]).await;
    taken(
        &rig,
        &hs256(&json!({"sub": "a", "org": "acme", "exp": now() + 600})),
    )
    .await;
    for aud in [json!(7), json!(true), json!({"a": "b"}), json!(["a", 7])] {
        let claims = json!({"sub": "a", "aud": aud, "exp": now() + 600});
        refused(&rig, &hs256(&claims), "").await;
    }
    let claims = json!({"sub": "a", "aud": "another service", "exp": now() + 600});
    refused(&rig, &hs256(&claims), "audience").await;
    let claims = json!({"sub": "a", "org": "a/b", "exp": now() + 600});
    refused(&rig, &hs256(&claims), "tenant").await;
}

#[tokio::test]
async fn the_algorithm_is_the_keys_and_not_the_tokens() {
    let claims = json!({"sub": "admin", "exp": now() + 600});
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let unsigned = |algorithm: &str| {
        let header = json!({"alg": algorithm, "typ": "JWT"});
        format!("{}.{}.", part(&header), part(&claims))
    };
    let rig = start(&["--jwt-secret", JWT, "--jwt-key", &key("rsa.pub.pem")]).await;
    taken(&rig, &hs256(&claims)).await;
    taken(&rig, &signed("RS256")).await;
    for algorithm in [
        "none", "None", "NONE", "nOnE", "", "HS256", "RS256", "ES256", "EdDSA",
    ] {
        refused(&rig, &unsigned(algorithm), "").await;
    }
    let without_algorithm = format!("{}.{}.", part(&json!({"typ": "JWT"})), part(&claims));
    refused(&rig, &without_algorithm, "").await;

    // The public key is known to everybody, and must not count as a secret in any of its forms.
    let pem = std::fs::read_to_string(key("rsa.pub.pem")).unwrap();
    let inner: String = pem.lines().filter(|line| !line.starts_with("--")).collect();
    let der = STANDARD.decode(inner).unwrap();
    for secret in [pem.as_bytes(), pem.trim_end().as_bytes(), &der] {
        refused(
            &rig,
            &jwt(secret, &json!({"alg": "HS256"}), &claims),
            "signature",
        )
        .await;
        refused(
            &rig,
            &jwt(secret, &json!({"alg": "RS256"}), &claims),
            "signature",
        )
        .await;
    }
    // Nor may a secret be stretched to other hashes, or a key of RSA to other paddings.
    for algorithm in ["HS384", "HS512", "RS384", "PS256"] {
        let token = jwt(JWT.as_bytes(), &json!({"alg": algorithm}), &claims);
        refused(&rig, &token, "no key here").await;
    }
    refused(&rig, &signed("RS512"), "no key here").await;
    refused(&rig, &signed("RS256 expired"), "expired").await;
    refused(&rig, &signed("ES256"), "no key here").await;

    // Keys that a token brings along, or points to, are nobody's.
    let own = json!({"kty": "oct", "k": URL_SAFE_NO_PAD.encode("mine")});
    let header = json!({"alg": "HS256", "jwk": own, "jku": "http://127.0.0.1:1/keys"});
    refused(&rig, &jwt(b"mine", &header, &claims), "").await;
    let header = json!({"alg": "HS256", "crit": ["exp"], "exp": 1});
    refused(&rig, &jwt(JWT.as_bytes(), &header, &claims), "extension").await;
    for kid in ["../../../../dev/null", "' or 1=1 --", "\u{0}"] {
        let header = json!({"alg": "HS256", "kid": kid});
        refused(&rig, &jwt(b"", &header, &claims), "signature").await;
    }
    // Not one bit of what is signed may change.
    let good = signed("RS256");
    for at in [5, good.len() / 2, good.len() - 5] {
        let mut bytes = good.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        refused(&rig, &String::from_utf8(bytes).unwrap(), "").await;
    }
}

#[tokio::test]
async fn each_kind_of_public_key_verifies_its_own() {
    for (file, algorithm) in [
        ("rsa.pub.pem", "RS256"),
        ("p256.pub.pem", "ES256"),
        ("ed25519.pub.pem", "EdDSA"),
    ] {
        let rig = start(&["--jwt-key", &key(file)]).await;
        for other in ["RS256", "ES256", "EdDSA"] {
            if other == algorithm {
                taken(&rig, &signed(other)).await;
            } else {
                refused(&rig, &signed(other), "no key here").await;
            }
        }
    }
    let rig = start(&["--jwks", &key("jwks.json")]).await;
    for algorithm in ["RS256", "ES256", "EdDSA"] {
        taken(&rig, &signed(algorithm)).await;
    }
}

#[tokio::test]
async fn a_jwks_may_change_and_its_secrets_do_not_count() {
    let all: Value =
        serde_json::from_str(&std::fs::read_to_string(key("jwks.json")).unwrap()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jwks.json");
    let write = |keys: Value| std::fs::write(&path, json!({ "keys": keys }).to_string()).unwrap();
    let secret = json!({"kty": "oct", "k": URL_SAFE_NO_PAD.encode(JWT), "alg": "HS256"});
    let mut for_encryption = all["keys"][1].clone();
    for_encryption["use"] = json!("enc");
    write(json!([all["keys"][0], secret, for_encryption, {"kty": "new", "x": 1}]));
    let rig = start(&["--jwks", path.to_str().unwrap()]).await;
    taken(&rig, &signed("RS256")).await;
    refused(&rig, &signed("ES256"), "no key here").await;
    let claims = json!({"sub": "a", "exp": now() + 600});
    refused(&rig, &hs256(&claims), "no key here").await;

    write(json!([all["keys"][1]]));
    taken(&rig, &signed("ES256")).await;
    refused(&rig, &signed("RS256"), "no key here").await;
    // Half a file, as when it is being written: what was there before counts.
    std::fs::write(&path, "{\"keys\": [").unwrap();
    taken(&rig, &signed("ES256")).await;
    std::fs::remove_file(&path).unwrap();
    taken(&rig, &signed("ES256")).await;
    write(json!([all["keys"][2], all["keys"][0]]));
    taken(&rig, &signed("EdDSA")).await;
    taken(&rig, &signed("RS256")).await;

    // A valid set without a usable key revokes them all.
    write(json!([]));
    refused(&rig, &signed("EdDSA"), "no key here").await;
    write(json!([all["keys"][2]]));
    taken(&rig, &signed("EdDSA")).await;
    write(json!([secret]));
    refused(&rig, &signed("EdDSA"), "no key here").await;

    // The same key under another name is not the one that the token means.
    let mut renamed = all["keys"][0].clone();
    renamed["kid"] = json!("rsa-2");
    write(json!([renamed]));
    refused(&rig, &signed("RS256"), "no key here").await;
}

#[tokio::test]
async fn what_is_no_public_key_stops_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let private = "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n";
    let oct = r#"{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}"#;
    for (flag, file, word) in [
        ("--jwt-key", write("private.pem", private), "private key"),
        ("--jwt-key", write("empty.pem", ""), "not a PEM"),
        ("--jwt-key", key("p384.pub.pem"), "P-256"),
        ("--jwt-key", key("rsa1024.pub.pem"), "2048 bits"),
        ("--jwt-key", key("nothing.pem"), "No such file"),
        ("--jwks", write("secret.json", oct), "no public key"),
        (
            "--jwks",
            write("none.json", r#"{"keys":[]}"#),
            "no public key",
        ),
        ("--jwks", write("text.json", "keys"), "no JWKS"),
        ("--jwks", key("nothing.json"), "No such file"),
    ] {
        let config = common::config(&[flag, &file], folder.path());
        let Err(error) = Server::start(config).await else {
            panic!("{file} was taken")
        };
        let sentence = error.to_string();
        assert!(
            sentence.contains(word) && sentence.contains(flag) && sentence.ends_with('.'),
            "{sentence}"
        );
        assert_eq!(sentence.lines().count(), 1);
    }
}
