//! The tables of the element's interface: `src/element/attributes.json`, `src/element/api.json`, and the keys of the
//! catalogue of messages.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::error::Result;
use crate::project::{self, Project};

/// The interface of the element.
#[derive(Debug)]
pub struct Api {
    pub attributes: Vec<Attribute>,
    pub table: Table,
    /// The keys of the property `messages`.
    pub message_keys: Vec<String>,
}

/// An attribute with its property.
#[derive(Debug)]
pub struct Attribute {
    pub name: String,
    pub property: String,
    /// The type of the property's values.
    pub kind: String,
    pub meaning: String,
    pub default: String,
}

/// A row of `attributes.json`: attributes with one description.
#[derive(Deserialize)]
struct Row {
    attributes: Vec<RowAttribute>,
    meaning: String,
    default: String,
}

#[derive(Deserialize)]
struct RowAttribute {
    name: String,
    property: String,
    #[serde(rename = "type")]
    kind: String,
}

/// The content of `api.json`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Table {
    pub events: Vec<Event>,
    pub properties: Vec<Property>,
    pub methods: Vec<Method>,
    /// The methods of the class, such as settings of all elements.
    pub static_methods: Vec<Method>,
    pub parts: Vec<Part>,
    pub css_properties: Vec<CssProperty>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    pub name: String,
    /// The name of the detail's type.
    pub detail: String,
    /// True if `preventDefault()` has an effect.
    #[serde(rename = "cancelable")]
    pub is_cancelable: bool,
    pub meaning: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Property {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(rename = "writable")]
    pub is_writable: bool,
    pub meaning: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Method {
    pub name: String,
    pub parameters: Vec<Parameter>,
    pub meaning: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameter {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(rename = "optional")]
    pub is_optional: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    pub name: String,
    pub meaning: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CssProperty {
    pub name: String,
    pub default: String,
    pub meaning: String,
}

impl Api {
    /// Reads the tables of the project.
    pub fn read(project: &Project) -> Result<Self> {
        let rows: Vec<Row> = json(project, "src/element/attributes.json")?;
        let attributes = rows.into_iter().flat_map(|row| {
            let Row {
                attributes,
                meaning,
                default,
            } = row;
            attributes.into_iter().map(move |attribute| Attribute {
                name: attribute.name,
                property: attribute.property,
                kind: attribute.kind,
                meaning: meaning.clone(),
                default: default.clone(),
            })
        });
        let read = |name: &str| project::read(&project.root.join("src/ui/text").join(name));
        let catalogue = read("catalogue.rs")? + &read("failure_catalogue.rs")?;
        Ok(Self {
            attributes: attributes.collect(),
            table: json(project, "src/element/api.json")?,
            message_keys: message_keys(&catalogue),
        })
    }
}

fn json<T: DeserializeOwned>(project: &Project, path: &str) -> Result<T> {
    let text = project::read(&project.root.join(path))?;
    serde_json::from_str(&text).map_err(|error| format!("{path} is not as expected: {error}."))
}

/// Returns the keys of the catalogue, whose rows are lines like `("key", "text"),`. A test of the widget holds the form.
fn message_keys(catalogue: &str) -> Vec<String> {
    let rows = catalogue
        .lines()
        .filter_map(|line| line.strip_prefix("    (\""));
    let keys = rows.filter_map(|row| row.split_once("\", \""));
    keys.map(|(key, _)| key.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::{Api, message_keys};
    use crate::project::Project;

    #[test]
    fn the_tables_can_be_read() {
        let api = Api::read(&Project::locate().unwrap()).unwrap();
        assert!(api.attributes.iter().any(|row| row.name == "max-size"));
        assert!(api.table.events.iter().any(|row| row.is_cancelable));
        assert!(api.message_keys.iter().any(|key| key == "button.browse"));
        assert!(api.message_keys.len() > 100);
    }

    #[test]
    fn keys_are_the_first_texts_of_rows() {
        let catalogue =
            "const A: Table = &[\n    (\"a.b\", \"Text, (\\\"c\\\"\"),\n    (\"d\", \"e\"),\n];\n";
        assert_eq!(message_keys(catalogue), ["a.b", "d"]);
    }
}
