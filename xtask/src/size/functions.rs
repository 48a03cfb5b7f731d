//! The functions of a wasm module, in groups.

use std::collections::HashMap;

use rustc_demangle::demangle;
use wasmparser::{KnownCustom, Name, Parser, Payload, TypeRef};

use crate::error::Result;

/// A function: its name, and the size of its body in bytes.
#[derive(Debug)]
pub struct Function {
    pub name: String,
    pub bytes: u64,
}

/// Reads the functions with their names. Those that describe types to wasm-bindgen are left out, since it removes them.
pub fn read(module: &[u8]) -> Result<Vec<Function>> {
    let broken = |error| format!("The wasm cannot be read: {error}");
    let mut imported = 0_u32;
    let mut bodies = Vec::new();
    let mut names = HashMap::new();
    for payload in Parser::new(0).parse_all(module) {
        match payload.map_err(broken)? {
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    if matches!(import.map_err(broken)?.ty, TypeRef::Func(_)) {
                        imported += 1;
                    }
                }
            }
            Payload::CodeSectionEntry(body) => bodies.push(body.range().len() as u64),
            Payload::CustomSection(section) => {
                if let KnownCustom::Name(sections) = section.as_known() {
                    for section in sections {
                        let Name::Function(map) = section.map_err(broken)? else {
                            continue;
                        };
                        for naming in map {
                            let naming = naming.map_err(broken)?;
                            names.insert(naming.index, format!("{:#}", demangle(naming.name)));
                        }
                    }
                }
            }
            _ => {}
        }
    }
    let functions = (imported..).zip(bodies).map(|(index, bytes)| Function {
        name: names.remove(&index).unwrap_or_default(),
        bytes,
    });
    Ok(functions
        .filter(|function| !function.name.contains("describe"))
        .collect())
}

/// Prints the largest groups: bytes, functions, name.
pub fn print_groups(functions: &[Function], group: fn(&str) -> String, most: usize) {
    let mut groups: HashMap<String, (u64, u32)> = HashMap::new();
    for function in functions {
        let (bytes, count) = groups.entry(group(&function.name)).or_default();
        *bytes += function.bytes;
        *count += 1;
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by(|(left, (most, _)), (right, (least, _))| least.cmp(most).then(left.cmp(right)));
    println!("{:>9} {:>9}", "bytes", "functions");
    for (name, (bytes, count)) in groups.into_iter().take(most) {
        println!("{bytes:>9} {count:>9}  {name}");
    }
}

/// Returns the crate of a function. A method of a trait belongs to the crate of the type that implements it.
pub fn krate(name: &str) -> String {
    let start = name.trim_start_matches(['<', '&', '(', '[', '*']);
    let start = start
        .strip_prefix("mut ")
        .or_else(|| start.strip_prefix("dyn "))
        .unwrap_or(start);
    let end = start.find(|c: char| !c.is_alphanumeric() && c != '_');
    start
        .get(..end.unwrap_or(start.len()))
        .unwrap_or_default()
        .to_owned()
}

/// Returns the path of a function without its type parameters.
pub fn without_types(name: &str) -> String {
    let mut path = String::new();
    let mut depth = 0_u32;
    // The type at the start of a path is kept: `<Vec<u8> as Clone>::clone` becomes `Vec as Clone::clone`.
    let inner = name.strip_prefix('<').unwrap_or(name);
    for c in inner.chars() {
        match c {
            '<' => depth += 1,
            '>' => depth = depth.saturating_sub(1),
            _ if depth == 0 => path.push(c),
            _ => {}
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_belongs_to_the_crate_of_its_type() {
        for (name, expected) in [
            ("core::fmt::write", "core"),
            (
                "<s3_upload::ui::Row as core::clone::Clone>::clone",
                "s3_upload",
            ),
            ("<&mut alloc::vec::Vec<u8> as a::B>::c", "alloc"),
            ("main", "main"),
        ] {
            assert_eq!(krate(name), expected, "{name}");
        }
    }

    #[test]
    fn a_group_has_all_types_of_a_function() {
        let one = without_types("<alloc::vec::Vec<u8> as core::clone::Clone>::clone");
        let other =
            without_types("<alloc::vec::Vec<(u8, Option<u16>)> as core::clone::Clone>::clone");
        assert_eq!(one, other);
        assert_eq!(one, "alloc::vec::Vec as core::clone::Clone::clone");
        assert_eq!(
            without_types("alloc::vec::Vec<T>::push"),
            "alloc::vec::Vec::push"
        );
    }

    #[test]
    fn functions_are_read_with_their_names() {
        // (module (import "a" "f" (func)) (func (nop))), where the second is called `mine`.
        let module = [
            0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 2, 7, 1, 1, b'a', 1, b'f', 0, 0,
            3, 2, 1, 0, 10, 5, 1, 3, 0, 1, 11, 0, 14, 4, b'n', b'a', b'm', b'e', 1, 7, 1, 1, 4,
            b'm', b'i', b'n', b'e',
        ];
        let functions = read(&module).unwrap();
        let functions: Vec<_> = functions
            .iter()
            .map(|function| (function.name.as_str(), function.bytes))
            .collect();
        assert_eq!(functions, [("mine", 3)]);
        assert!(read(b"no wasm").is_err());
    }
}
