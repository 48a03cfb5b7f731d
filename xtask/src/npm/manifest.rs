//! `custom-elements.json`: the element for editors and documentation tools, in the form of the
//! [Custom Elements Manifest](https://github.com/webcomponents/custom-elements-manifest).

use serde_json::{Value, json};

use super::api::Api;

/// The script that defines the element, in the package.
const MODULE: &str = "dist/s3-upload.js";

/// Returns the manifest.
pub fn of(api: &Api) -> Value {
    let declaration = json!({"name": "S3Upload", "module": MODULE});
    json!({
        "schemaVersion": "2.1.0",
        "modules": [{
            "kind": "javascript-module",
            "path": MODULE,
            "declarations": [class(api)],
            "exports": [
                {"kind": "js", "name": "S3Upload", "declaration": declaration},
                {"kind": "custom-element-definition", "name": "s3-upload", "declaration": declaration},
            ],
        }],
    })
}

fn class(api: &Api) -> Value {
    let attributes: Vec<Value> = api
        .attributes
        .iter()
        .map(|row| {
            json!({
                "name": row.name,
                "fieldName": row.property,
                "type": {"text": row.kind},
                "default": row.default,
                "description": row.meaning,
            })
        })
        .collect();
    let reflected = api.attributes.iter().map(|row| {
        json!({
            "kind": "field",
            "name": row.property,
            "type": {"text": row.kind},
            "attribute": row.name,
            "reflects": true,
            "description": row.meaning,
        })
    });
    let fields = api.table.properties.iter().map(|row| {
        json!({
            "kind": "field",
            "name": row.name,
            "type": {"text": row.kind},
            "readonly": !row.is_writable,
            "description": row.meaning,
        })
    });
    let own = api.table.methods.iter().map(|row| (row, false));
    let of_class = api.table.static_methods.iter().map(|row| (row, true));
    let methods = own.chain(of_class).map(|(row, is_static)| {
        let parameters = row.parameters.iter().map(|parameter| {
            json!({
                "name": parameter.name,
                "type": {"text": parameter.kind},
                "optional": parameter.is_optional,
            })
        });
        json!({
            "kind": "method",
            "name": row.name,
            "static": is_static,
            "parameters": parameters.collect::<Vec<_>>(),
            "return": {"type": {"text": "void"}},
            "description": row.meaning,
        })
    });
    let members: Vec<Value> = reflected.chain(fields).chain(methods).collect();
    let events: Vec<Value> = api
        .table
        .events
        .iter()
        .map(|row| {
            let kind = format!("CustomEvent<{}>", row.detail);
            json!({"name": row.name, "type": {"text": kind}, "description": row.meaning})
        })
        .collect();
    let parts: Vec<Value> = api
        .table
        .parts
        .iter()
        .map(|row| json!({"name": row.name, "description": row.meaning}))
        .collect();
    let properties: Vec<Value> = api
        .table
        .css_properties
        .iter()
        .map(|row| json!({"name": row.name, "default": row.default, "description": row.meaning}))
        .collect();
    json!({
        "kind": "class",
        "customElement": true,
        "name": "S3Upload",
        "tagName": "s3-upload",
        "description": "An upload widget that sends files straight into S3, by presigned URLs of a backend.",
        "superclass": {"name": "HTMLElement"},
        "attributes": attributes,
        "members": members,
        "events": events,
        "cssParts": parts,
        "cssProperties": properties,
    })
}

#[cfg(test)]
mod tests {
    use super::{Api, of};
    use crate::project::Project;

    #[test]
    fn the_manifest_has_each_row_of_the_tables() {
        let api = Api::read(&Project::locate().unwrap()).unwrap();
        let manifest = of(&api);
        let names = |list: &str| -> Vec<String> {
            let rows = manifest.pointer(&format!("/modules/0/declarations/0/{list}"));
            let rows = rows.and_then(|rows| rows.as_array()).unwrap().iter();
            rows.map(|row| {
                row.get("name")
                    .and_then(|name| name.as_str())
                    .unwrap()
                    .to_owned()
            })
            .collect()
        };
        let table = &api.table;
        let attributes: Vec<_> = api.attributes.iter().map(|row| row.name.clone()).collect();
        assert_eq!(names("attributes"), attributes);
        let events: Vec<_> = table.events.iter().map(|row| row.name.clone()).collect();
        assert_eq!(names("events"), events);
        let parts: Vec<_> = table.parts.iter().map(|row| row.name.clone()).collect();
        assert_eq!(names("cssParts"), parts);
        let styles: Vec<_> = table
            .css_properties
            .iter()
            .map(|row| row.name.clone())
            .collect();
        assert_eq!(names("cssProperties"), styles);
        let members = api.attributes.iter().map(|row| row.property.clone());
        let members = members.chain(table.properties.iter().map(|row| row.name.clone()));
        let methods = table.methods.iter().chain(&table.static_methods);
        let members = members.chain(methods.map(|row| row.name.clone()));
        assert_eq!(names("members"), members.collect::<Vec<_>>());
    }
}
