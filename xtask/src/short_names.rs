//! Short names for the imports and exports of the wasm. wasm-bindgen's names end in a hash of 16 digits, which no
//! compression makes smaller, and each is in the glue and in the wasm. wasm-opt renames them in the wasm and prints the
//! names. The glue is renamed here.

use serde::Deserialize;

use crate::error::Result;
use crate::split::{self, replace_once};

/// The option of wasm-opt that renames and prints the names.
pub const OPTION: &str = "--minify-imports-and-exports-and-modules";

/// The names that wasm-opt prints.
#[derive(Debug, Deserialize)]
struct Names {
    /// The module, the name and the short name of each import.
    imports: Vec<(String, String, String)>,
    /// The name and the short name of each export.
    exports: Vec<(String, String)>,
}

/// The short name of the one module from which the wasm imports.
const MODULE: &str = "a";

/// Renames the imports and exports in wasm-bindgen's glue. `printed` is the output of wasm-opt.
pub fn rename(glue: &str, printed: &str) -> Result<String> {
    let names: Names = serde_json::from_str(printed)
        .map_err(|error| format!("wasm-opt printed no names that can be read: {error}."))?;
    let mut glue = glue.to_owned();
    // The module of the loader, which `split` has put into the glue, is gone.
    let mut modules = names.imports.iter().map(|(module, ..)| module);
    if let Some(module) = modules.find(|module| *module != split::LINK) {
        glue = replace_once(
            &glue,
            &format!("\"{module}\": "),
            &format!("\"{MODULE}\": "),
        )?;
    }
    for (_, name, short) in &names.imports {
        // A member of the object of imports, at the start of its line.
        glue = replace_once(&glue, &format!(" {name}: "), &format!(" {short}: "))?;
    }
    for (name, short) in &names.exports {
        glue = rename_member(&glue, name, short);
    }
    Ok(glue)
}

/// Renames `wasm.name`, where no longer name follows.
fn rename_member(text: &str, name: &str, short: &str) -> String {
    let from = format!("wasm.{name}");
    let mut renamed = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(&from) {
        renamed.push_str(before);
        let goes_on = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '$');
        if after.starts_with(goes_on) {
            renamed.push_str(&from);
        } else {
            renamed.push_str("wasm.");
            renamed.push_str(short);
        }
        rest = after;
    }
    renamed.push_str(rest);
    renamed
}

#[cfg(test)]
mod tests {
    use super::rename;

    const PRINTED: &str = r#"{
        "imports": [["./x_bg.js", "__wbg_f_0123456789abcdef", "$"], ["./x_bg.js", "__wbg_f_", "$a"]],
        "exports": [["memory", "$"], ["start", "$a"], ["startled", "$b"]]
    }"#;
    const GLUE: &str = r#"
        __wbg_f_0123456789abcdef: function() { return wasm.memory; },
        __wbg_f_: function() { wasm.start(wasm.startled); },
        "./x_bg.js": import0,
    "#;

    #[test]
    fn the_glue_gets_the_names_of_the_wasm() {
        let expected = r#"
        $: function() { return wasm.$; },
        $a: function() { wasm.$a(wasm.$b); },
        "a": import0,
    "#;
        assert_eq!(rename(GLUE, PRINTED).unwrap(), expected);
    }

    #[test]
    fn glue_of_another_form_is_an_error() {
        let error = rename(&GLUE.replace("f_: ", "f_:"), PRINTED).unwrap_err();
        assert!(error.contains("__wbg_f_:"), "{error}");
    }
}
