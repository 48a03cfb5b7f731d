//! Recognises a grant under the many names that backends use for its members.
//!
//! An address that is signed, or that stands with a form's policy, is preferred to one that only has a fitting name. If
//! two readings would send the file to different addresses, neither is used.

use s3_upload_types::CollectVec;

use super::names::{
    DOWNLOAD, EXPIRES, FIELDS, FORM_URL, HEADERS, HEADERS_OF_UPLOAD, KEY, LOCATION, METHOD, Nodes,
    PART_SIZE, PARTS, URL, VAGUE_FIELDS, is_for_another_step, is_named, named,
};
use crate::grant::{VALID_LIFETIMES, is_absolute, is_address, is_forbidden, is_id, parameter};
use crate::secret::has_signature;
use crate::{GrantedUpload, PresignedRequest, SecretFields, TransferPlan, Value, base64};

/// Names and values, in order.
type NameValues = Vec<(String, String)>;

/// Returns the grant in an answer, or `None` if there is none. The error describes what is wrong with a grant.
pub fn grant(answer: &Value, media_type: &str) -> Option<Result<GrantedUpload, &'static str>> {
    let places = Nodes::of(answer);
    let parts = places
        .iter()
        .find_map(|(at, place)| multipart_grant(&places, at, place));
    match (best_address(&places), parts) {
        // A part size may stand beside an address for the whole file.
        (Some(target), Some(Ok(_))) if target.is_sure => {
            Some(single_grant(&places, &target, media_type))
        }
        (_, Some(Ok(granted))) => Some(Ok(granted)),
        (Some(target), _) => Some(single_grant(&places, &target, media_type)),
        (None, error) => error,
    }
}

/// Returns a multipart grant from a part size that has no address beside it.
fn multipart_grant(
    places: &Nodes,
    at: usize,
    place: &Value,
) -> Option<Result<GrantedUpload, &'static str>> {
    let part_size = named(place, PART_SIZE).and_then(Value::as_u64)?;
    let is_address = |name: &&str| {
        named(place, &[name])
            .and_then(Value::text)
            .is_some_and(is_address)
    };
    if URL.iter().any(is_address) {
        return None;
    }
    // A backend that returns S3's `uploadId` and no `id` of its own uses that one as the id.
    let Some(id) = read_id(place.get("id")).or_else(|| read_id(named(place, &["uploadid"]))) else {
        return Some(Err("JSON with a part size but without an \"id\""));
    };
    // Some backends sign all parts with their first answer.
    let session =
        named(place, PARTS).map_or(Value::Null, |parts| Value::from([("parts", parts.clone())]));
    Some(Ok(GrantedUpload {
        id: Some(id),
        key: key(places, at, ""),
        session,
        ..GrantedUpload::new(TransferPlan::Multipart { part_size })
    }))
}

/// The address to which a file is sent in one request.
struct UploadAddress {
    /// The index of the place.
    at: usize,
    url: String,
    fields: Option<NameValues>,
    /// True if the member is named `url`, as in the native protocol.
    is_native: bool,
    /// True if the address is signed, and not for a part.
    is_sure: bool,
}

fn single_grant(
    places: &Nodes,
    target: &UploadAddress,
    media_type: &str,
) -> Result<GrantedUpload, &'static str> {
    let around = |names: &[&str]| {
        places
            .ancestors(target.at)
            .find_map(|place| named(place, names))
    };
    let url = target.url.as_str();
    let method = around(METHOD).and_then(Value::text);
    let is_put = method.is_some_and(|method| method.eq_ignore_ascii_case("PUT"));
    let fields = target.fields.as_ref().filter(|_| !is_put);
    if fields.is_none() && parameter(url, "uploadId").is_some() {
        return Err("the URL of a part, without a part size");
    }
    if fields.is_none() && !is_put && method.is_some() {
        return Err("JSON with another method than PUT, and without the \"fields\" of a form");
    }
    let id = places
        .ancestors(target.at)
        .next()
        .filter(|_| target.is_native)
        .and_then(|place| read_id(place.get("id")));
    let key = key(places, target.at, url).or_else(|| {
        let found = fields?
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case("key"));
        // The store replaces the placeholder of the file's name, and may report the key then.
        found
            .filter(|(_, key)| !key.contains("${filename}"))
            .map(|(_, key)| key.clone())
    });
    let mut signed = PresignedRequest::put(url);
    signed.expires_in = shorter_lifetime(around(EXPIRES), signed.expires_in);
    for (name, value) in upload_headers(places, target.at, url) {
        // The form's own `Content-Type` contains the boundary, which only the browser knows.
        if fields.is_none() || !name.eq_ignore_ascii_case("content-type") {
            signed = signed.header(&name, value);
        }
    }
    let fields = fields.cloned().map(|fields| with_type(fields, media_type));
    signed.fields = fields.map(SecretFields::new);
    if signed.fields.is_none() {
        signed = as_put(signed, media_type);
    }
    Ok(GrantedUpload {
        id,
        key,
        ..GrantedUpload::new(TransferPlan::Single(signed))
    })
}

/// Returns the most certain address in an answer.
fn best_address(places: &Nodes) -> Option<UploadAddress> {
    let named = places
        .iter()
        .flat_map(|(at, place)| addresses_in(at, place));
    let best = named.min_by_key(|(doubt, _)| *doubt);
    match best {
        Some((doubt, target)) if doubt < NAME_ONLY_PENALTY => Some(target),
        Some((_, target)) => only_signed_address(places, true).or(Some(target)),
        None => only_signed_address(places, false),
    }
}

/// Returns the only signed text, whatever its name is.
fn only_signed_address(places: &Nodes, has_address: bool) -> Option<UploadAddress> {
    let mut signed = places.iter().flat_map(|(at, place)| {
        let texts = place.members().iter().filter(|(name, _)| {
            let is_of_object = is_named(name, LOCATION) && has_address;
            !is_for_another_step(name) && !is_named(name, DOWNLOAD) && !is_of_object
        });
        texts.filter_map(move |(_, value)| Some((at, value.text().filter(|text| is_signed(text))?)))
    });
    let (at, url) = signed.next()?;
    signed.next().is_none().then(|| UploadAddress {
        at,
        url: url.to_owned(),
        fields: None,
        is_native: false,
        is_sure: parameter(url, "uploadId").is_none(),
    })
}

/// The penalty of an address that nothing but its name identifies.
const NAME_ONLY_PENALTY: usize = 100;

/// Returns the addresses in a place that have a fitting name, each with its penalty.
fn addresses_in(at: usize, place: &Value) -> Vec<(usize, UploadAddress)> {
    if let Some((url, fields)) = mixed_form(place) {
        let target = UploadAddress {
            at,
            url,
            fields: Some(fields),
            is_native: false,
            is_sure: true,
        };
        return vec![(0, target)];
    }
    let fields = fields(place);
    let names = URL
        .iter()
        .chain(FORM_URL.iter().filter(|_| fields.is_some()));
    let found = names.enumerate().filter_map(|(rank, name)| {
        let url = match named(place, &[name])? {
            // A list of addresses beside a part size contains those of parts.
            Value::List(items) if named(place, PART_SIZE).is_none() => match items.as_slice() {
                [only] => only,
                _ => return None,
            },
            other => other,
        };
        let url = url.text().filter(|text| is_address(text))?;
        // A relative address is the page's own server, and is accepted only under a specific name.
        if !is_absolute(url) && matches!(*name, "uri" | "href" | "presigned" | "signed" | "action")
        {
            return None;
        }
        // A URL that is signed for a PUT does not accept a form.
        let is_signed = is_signed(url);
        let fields = fields
            .clone()
            .filter(|fields| !is_signed || has_policy(fields));
        let is_fitting = is_signed != fields.is_some();
        let target = UploadAddress {
            at,
            url: url.to_owned(),
            is_sure: is_fitting && parameter(url, "uploadId").is_none(),
            fields,
            is_native: *name == "url",
        };
        Some((
            rank + if is_fitting { 0 } else { NAME_ONLY_PENALTY },
            target,
        ))
    });
    found.collect_vec()
}

/// Returns the fields of a form from an object with one of their names. An empty object is ignored, since many answers
/// for a PUT have one.
fn fields(place: &Value) -> Option<NameValues> {
    let vague = || {
        named(place, VAGUE_FIELDS)
            .and_then(pairs)
            .filter(has_policy)
    };
    let mut fields = named(place, FIELDS).and_then(pairs).or_else(vague)?;
    // The file is added last, and S3 ignores the fields after it.
    fields.retain(|(name, _)| !name.eq_ignore_ascii_case("file"));
    Some(fields).filter(|fields| !fields.is_empty())
}

fn has_policy(fields: &NameValues) -> bool {
    fields
        .iter()
        .any(|(name, _)| name.eq_ignore_ascii_case("policy"))
}

/// Adds the field `Content-Type` if the policy has a condition on it and the fields lack it: S3 refuses such a form
/// without the field. <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html>
fn with_type(mut fields: NameValues, media_type: &str) -> NameValues {
    let is_told = |fields: &NameValues| {
        fields
            .iter()
            .any(|(name, _)| name.eq_ignore_ascii_case("content-type"))
    };
    let policy = fields
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("policy"))
        .and_then(|(_, policy)| base64::decode(policy))
        .map(|policy| String::from_utf8_lossy(&policy).to_ascii_lowercase());
    let speaks_of_type = policy.is_some_and(|policy| {
        policy.contains("\"$content-type\"") || policy.contains("\"content-type\"")
    });
    if speaks_of_type && !is_told(&fields) {
        fields.push(("Content-Type".to_owned(), media_type.to_owned()));
    }
    fields
}

/// Returns a form whose address stands among its fields: `{"form_action": …, "policy": …, "x-amz-signature": …}`.
fn mixed_form(place: &Value) -> Option<(String, NameValues)> {
    named(place, &["policy"])?.text()?;
    if named(place, FIELDS).is_some() {
        return None;
    }
    let url = URL.iter().chain(FORM_URL).find_map(|name| {
        named(place, &[name])?
            .text()
            .filter(|text| is_absolute(text) && !is_signed(text))
    })?;
    let is_field = |name: &str| {
        ![URL, FORM_URL, METHOD, HEADERS, LOCATION, DOWNLOAD]
            .iter()
            .any(|names| is_named(name, names))
            && !is_named(name, &["expiresin", "success", "file"])
    };
    let rest = place.members().iter();
    let rest: Vec<_> = rest
        .filter(|(name, _)| is_field(name))
        .cloned()
        .collect_vec();
    Some((url.to_owned(), pairs(&Value::Object(rest))?))
}

/// Returns the object's key: one beside the address or around it, or else one anywhere if the address ends with it or
/// its name is specific to objects.
fn key(places: &Nodes, at: usize, url: &str) -> Option<String> {
    // A `path` that begins with `/` is the path of a request.
    let of = |place: &'_ Value| {
        let found = named(place, KEY)?.text()?;
        let is_path = place.text_of("path") == Some(found) && found.starts_with('/');
        (!found.contains("://") && !has_signature(found) && !is_path).then(|| found.to_owned())
    };
    places.ancestors(at).find_map(of).or_else(|| {
        places.iter().find_map(|(_, place)| {
            let found = of(place)?;
            let is_vague = [KEY.first(), KEY.last()]
                .iter()
                .flatten()
                .any(|name| named(place, &[name]).and_then(Value::text) == Some(&found));
            (!is_vague || ends_with(url, &found)).then_some(found)
        })
    })
}

/// Returns true if the path of an address ends with a key.
fn ends_with(url: &str, key: &str) -> bool {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let path = percent_encoding::percent_decode_str(path).decode_utf8_lossy();
    path.strip_suffix(key.trim_start_matches('/'))
        .is_some_and(|before| before.ends_with('/'))
}

/// Returns the backend's name for an upload.
fn read_id(value: Option<&Value>) -> Option<String> {
    let id = match value? {
        Value::Bool(_) => return None,
        other => other.to_form_string()?,
    };
    is_id(&id).then_some(id)
}

/// Returns the headers to send: those beside the address or below it. Those around it usually belong to a wrapped
/// response. They are used if their name states that they are for the upload, or if the address lists them as signed.
fn upload_headers(places: &Nodes, at: usize, url: &str) -> NameValues {
    let of = |place: &Value| named(place, HEADERS).map(|found| headers(Some(found)));
    let beside = places.ancestors(at).next().and_then(of);
    let below = || places.descendants(at).find_map(of);
    let said = || {
        places
            .named(HEADERS_OF_UPLOAD)
            .map(|found| headers(Some(found)))
    };
    beside.or_else(below).or_else(said).unwrap_or_else(|| {
        let around = places.ancestors(at).find_map(of).unwrap_or_default();
        let signed = parameter(url, "X-Amz-SignedHeaders").unwrap_or_default();
        let signed = percent_encoding::percent_decode_str(signed).decode_utf8_lossy();
        let is_signed = |name: &str| {
            !name.eq_ignore_ascii_case("content-type")
                && signed
                    .split(';')
                    .any(|known| known.eq_ignore_ascii_case(name))
        };
        around
            .into_iter()
            .filter(|(name, _)| is_signed(name))
            .collect_vec()
    })
}

/// Returns the lifetime of a URL in seconds: the shorter one of what the backend states and what the URL states.
pub fn shorter_lifetime(said: Option<&Value>, own: Option<u64>) -> Option<u64> {
    let said = said
        .and_then(Value::as_u64)
        // A larger number is a point in time, not a duration.
        .filter(|seconds| VALID_LIFETIMES.contains(seconds));
    match (said, own) {
        (Some(said), Some(own)) => Some(said.min(own)),
        (said, own) => said.or(own),
    }
}

/// Returns a PUT from an address alone.
pub fn url_only(text: &str, media_type: &str) -> Option<PresignedRequest> {
    let text = text.trim();
    let is_one = is_absolute(text)
        && !text.contains(char::is_whitespace)
        && parameter(text, "uploadId").is_none();
    is_one.then(|| as_put(PresignedRequest::put(text), media_type))
}

/// Adds the headers of a PUT: the type that was sent to the backend, so that a file has one type, and what the store
/// requires.
fn as_put(signed: PresignedRequest, media_type: &str) -> PresignedRequest {
    let url = signed.url.expose();
    // Azure stores a whole blob from one PUT only with this header.
    // <https://learn.microsoft.com/rest/api/storageservices/put-blob>
    let is_azure = host(url).ends_with(".blob.core.windows.net");
    let signed = signed.header("Content-Type", media_type);
    if is_azure {
        signed.header("x-ms-blob-type", "BlockBlob")
    } else {
        signed
    }
}

fn host(url: &str) -> &str {
    let (_, rest) = url.split_once("://").unwrap_or(("", url));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    host.split(':').next().unwrap_or_default()
}

/// Returns true if a text is an address with a signature, of S3 or of another store.
fn is_signed(text: &str) -> bool {
    is_address(text) && has_signature(text)
}

/// Returns the address in an object that describes one part.
pub fn address(place: &Value) -> Option<String> {
    let named = addresses_in(0, place).into_iter();
    let best = named.min_by_key(|(doubt, _)| *doubt);
    let target = best.map(|(_, target)| target);
    target
        .or_else(|| only_signed_address(&Nodes::only(place), false))
        .map(|target| target.url)
}

/// Returns headers to send. Their values may be texts, numbers or lists, as some frameworks represent them.
pub fn headers(value: Option<&Value>) -> NameValues {
    let headers = value.and_then(pairs).unwrap_or_default().into_iter();
    headers
        .map(|(name, value)| (name.trim().to_owned(), value))
        .filter(|(name, _)| {
            !is_forbidden(name) && !name.to_ascii_lowercase().starts_with("access-control-")
        })
        .collect_vec()
}

/// Returns names and values, from an object or from a list of pairs in one of the usual forms.
fn pairs(value: &Value) -> Option<NameValues> {
    let written = |value: &Value| match value {
        Value::List(items) => {
            let items: Vec<String> = items.iter().filter_map(Value::to_form_string).collect_vec();
            (!items.is_empty()).then(|| items.join(", "))
        }
        other => other.to_form_string(),
    };
    match value {
        Value::Object(members) => Some(
            members
                .iter()
                .filter_map(|(name, value)| Some((name.clone(), written(value)?)))
                .collect(),
        ),
        Value::List(items) => items
            .iter()
            .map(|item| match item {
                Value::List(pair) => match pair.as_slice() {
                    [name, value] => Some((name.text()?.to_owned(), written(value)?)),
                    _ => None,
                },
                item => {
                    let name = named(item, &["name", "key", "header", "field"])?;
                    Some((name.text()?.to_owned(), written(named(item, &["value"])?)?))
                }
            })
            .collect(),
        _ => None,
    }
}
