//! The declarations for TypeScript: the element, and its tag in the templates of frameworks.

use std::fmt::Write as _;

use super::api::{Api, Attribute, Method};

/// The frameworks whose templates know the tag by declarations: the name of the entry, and the text.
pub const FRAMEWORKS: [(&str, &str); 5] = [
    ("react", include_str!("../../../npm/types/react.d.ts")),
    ("preact", include_str!("../../../npm/types/preact.d.ts")),
    ("vue", include_str!("../../../npm/types/vue.d.ts")),
    ("svelte", include_str!("../../../npm/types/svelte.d.ts")),
    ("solid", include_str!("../../../npm/types/solid.d.ts")),
];

/// The type of the entry for the wasm.
pub const WASM: &str = include_str!("../../../npm/types/wasm.d.ts");

/// The types of details and functions, which are written by hand.
const DETAILS: &str = include_str!("../../../npm/types/details.d.ts");

/// Returns the declarations of the element.
pub fn element(api: &Api) -> String {
    let mut text = format!("{DETAILS}\n");
    messages(api, &mut text);
    events(api, &mut text);
    class(api, &mut text);
    attributes(api, &mut text);
    text
}

fn messages(api: &Api, text: &mut String) {
    text.push_str("/** The key of a text of the widget. */\nexport type S3UploadMessageKey =\n");
    for key in &api.message_keys {
        line(text, format_args!("  | \"{key}\""));
    }
    text.push_str(
        ";\n\n/** Texts by key. A text may have the placeholders of the English one, such as `{name}`. */\n\
         export type S3UploadMessages = { readonly [Key in S3UploadMessageKey]?: string };\n\n",
    );
}

fn events(api: &Api, text: &mut String) {
    text.push_str(
        "/** The events by name. They bubble, and leave shadow roots. */\nexport interface S3UploadEventMap {\n",
    );
    for event in &api.table.events {
        let mark = if event.is_cancelable {
            " Cancelable."
        } else {
            ""
        };
        comment(text, &format!("{}{mark}", event.meaning));
        line(
            text,
            format_args!("  \"{}\": CustomEvent<{}>;", event.name, event.detail),
        );
    }
    text.push_str(
        "}\n\n/** Listeners as JSX attributes: `onupload-success={(event) => …}`. */\n\
         export type S3UploadListeners = {\n  \
         [Name in keyof S3UploadEventMap as `on${Name}`]?: ((event: S3UploadEventMap[Name]) => void) | null;\n};\n\n\
         declare global {\n  interface HTMLElementTagNameMap {\n    \"s3-upload\": S3Upload;\n  }\n  \
         interface GlobalEventHandlersEventMap extends S3UploadEventMap {}\n}\n\n",
    );
}

fn class(api: &Api, text: &mut String) {
    text.push_str(
        "/** The element `<s3-upload>`. An import of the package defines it, if there is a document. */\n\
         export class S3Upload extends HTMLElement {\n  static readonly observedAttributes: string[];\n  \
         static readonly formAssociated: true;\n",
    );
    for attribute in &api.attributes {
        let (read, written) = property_types(attribute);
        comment(text, &described(attribute));
        line(
            text,
            format_args!(
                "  get {0}(): {read};\n  set {0}(value: {written});",
                attribute.property
            ),
        );
    }
    for property in &api.table.properties {
        comment(text, &property.meaning);
        let readonly = if property.is_writable {
            ""
        } else {
            "readonly "
        };
        line(
            text,
            format_args!("  {readonly}{}: {};", property.name, property.kind),
        );
    }
    for method in &api.table.static_methods {
        self::method(method, "static ", text);
    }
    for method in &api.table.methods {
        self::method(method, "", text);
    }
    text.push_str("}\n\n");
}

fn method(method: &Method, prefix: &str, text: &mut String) {
    comment(text, &method.meaning);
    let parameters: Vec<String> = method
        .parameters
        .iter()
        .map(|parameter| {
            let mark = if parameter.is_optional { "?" } else { "" };
            format!("{}{mark}: {}", parameter.name, parameter.kind)
        })
        .collect();
    let parameters = parameters.join(", ");
    line(
        text,
        format_args!("  {prefix}{}({parameters}): void;", method.name),
    );
}

/// Writes what a template may set: each attribute by its name and by its property, and the properties without one.
fn attributes(api: &Api, text: &mut String) {
    text.push_str(
        "/** What a template may set. Where a server renders the page, the names with a hyphen are needed: there is no\n \
         * property yet, and HTML ignores the case of names. */\nexport interface S3UploadAttributes {\n",
    );
    for attribute in &api.attributes {
        let (_, property) = property_types(attribute);
        comment(text, &described(attribute));
        line(
            text,
            format_args!("  {}?: {};", attribute.property, or_nothing(&property)),
        );
        if attribute.name != attribute.property {
            let kind = match attribute.kind.as_str() {
                "number" => "number | string",
                other => other,
            };
            comment(text, &described(attribute));
            line(
                text,
                format_args!("  \"{}\"?: {};", attribute.name, or_nothing(kind)),
            );
        }
    }
    for property in api.table.properties.iter().filter(|row| row.is_writable) {
        comment(text, &property.meaning);
        line(
            text,
            format_args!("  {}?: {};", property.name, or_nothing(&property.kind)),
        );
    }
    text.push_str("}\n");
}

/// The types of the values that a property gives and takes.
fn property_types(attribute: &Attribute) -> (&'static str, String) {
    match attribute.kind.as_str() {
        "boolean" => ("boolean", "boolean".to_owned()),
        // The property of the name of a form's field is a text, as in the elements of HTML.
        _ if attribute.name == "name" => ("string", "string".to_owned()),
        "number" => ("string | null", or_nothing("number | string")),
        kind => ("string | null", or_nothing(kind)),
    }
}

/// A type with `null` and `undefined`, each once.
fn or_nothing(kind: &str) -> String {
    let mut kind = kind.to_owned();
    for nothing in ["null", "undefined"] {
        if !kind.split(" | ").any(|member| member == nothing) {
            kind.push_str(" | ");
            kind.push_str(nothing);
        }
    }
    kind
}

fn described(attribute: &Attribute) -> String {
    format!("{}. Default: {}.", attribute.meaning, attribute.default)
}

fn comment(text: &mut String, meaning: &str) {
    line(
        text,
        format_args!("  /** {} */", meaning.replace("*/", "* /")),
    );
}

fn line(text: &mut String, content: std::fmt::Arguments<'_>) {
    // Writing to a `String` cannot fail.
    let _ = writeln!(text, "{content}");
}

#[cfg(test)]
mod tests {
    use super::{element, or_nothing};
    use crate::npm::api::Api;
    use crate::project::Project;

    #[test]
    fn the_declarations_have_each_row_of_the_tables() {
        let api = Api::read(&Project::locate().unwrap()).unwrap();
        let text = element(&api);
        for attribute in &api.attributes {
            let property = &attribute.property;
            assert!(
                text.contains(&format!("  get {property}(): ")),
                "{property}"
            );
            assert!(text.contains(&format!("  {property}?: ")), "{property}");
            let quoted = format!("  \"{}\"?: ", attribute.name);
            assert_eq!(
                text.contains(&quoted),
                attribute.name != *property,
                "{quoted}"
            );
        }
        for event in &api.table.events {
            let row = format!("  \"{}\": CustomEvent<{}>;", event.name, event.detail);
            assert!(text.contains(&row), "{row}");
        }
        for method in &api.table.methods {
            assert!(
                text.contains(&format!("\n  {}(", method.name)),
                "{}",
                method.name
            );
        }
        for key in &api.message_keys {
            assert!(text.contains(&format!("\n  | \"{key}\"\n")), "{key}");
        }
        for name in text.split("S3Upload").skip(1) {
            let name: String = name
                .chars()
                .take_while(char::is_ascii_alphanumeric)
                .collect();
            let declared = ["class", "interface", "type"]
                .map(|kind| text.contains(&format!("export {kind} S3Upload{name} ")));
            assert!(declared.contains(&true), "S3Upload{name}");
        }
    }

    #[test]
    fn nothing_is_in_a_union_once() {
        assert_eq!(or_nothing("string"), "string | null | undefined");
        assert_eq!(or_nothing("A | null"), "A | null | undefined");
    }
}
