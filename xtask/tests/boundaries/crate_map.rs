//! The modules of a crate and their dependencies on each other, read from the sources.
//!
//! A module is a file. An inline module belongs to the file that contains it. Code that is compiled for tests only does
//! not count. Methods and the output of macros are not resolved. Paths in a macro's arguments are.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::path::Path;

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, Item, UseTree};

/// The maximum depth to which re-exports of re-exports are followed.
const DEEPEST: usize = 12;

/// The crates of the workspace that ARCHITECTURE.md names, by their names in paths.
const WORKSPACE: &[(&str, &str)] = &[
    ("s3_upload_core", "core"),
    ("s3_upload_protocol", "protocol"),
    ("s3_upload_types", "types"),
];

/// The items of module `to` that module `from` uses.
#[derive(Debug)]
pub struct Dependency {
    pub from: String,
    pub to: String,
    items: BTreeSet<String>,
}

impl fmt::Display for Dependency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let items: Vec<&str> = self.items.iter().map(String::as_str).collect();
        write!(f, "{} -> {}: {}", self.from, self.to, items.join(", "))
    }
}

type Segments = Vec<String>;

#[derive(Default)]
struct Module {
    /// The names of the items that it defines.
    items: BTreeSet<String>,
    /// The names that `use` declares, with the paths that they stand for.
    imports: BTreeMap<String, Segments>,
    /// The paths of `use …::*`.
    globs: Vec<Segments>,
    /// The paths in its code.
    mentions: BTreeSet<Segments>,
}

/// The modules of a crate, by their paths from the root.
pub struct CrateMap {
    modules: BTreeMap<Segments, Module>,
}

impl CrateMap {
    /// Reads the sources below a folder.
    pub fn read(sources: &Path) -> Self {
        let mut files = Vec::new();
        let mut folders = vec![sources.to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "rs") {
                    let name = path.strip_prefix(sources).unwrap();
                    let name = name.to_str().unwrap().replace('\\', "/");
                    files.push((name, fs::read_to_string(&path).unwrap()));
                }
            }
        }
        assert!(!files.is_empty(), "no sources in {}", sources.display());
        let files: Vec<(&str, &str)> = files
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_str()))
            .collect();
        Self::of(&files)
    }

    /// Reads sources given as file names and texts.
    pub fn of(files: &[(&str, &str)]) -> Self {
        let mut parsed = BTreeMap::new();
        for (name, text) in files {
            // A binary beside a library is a separate crate that uses the library by name.
            if *name == "main.rs" && files.iter().any(|(other, _)| *other == "lib.rs") {
                continue;
            }
            let file = syn::parse_file(text).unwrap_or_else(|error| panic!("{name}: {error}"));
            parsed.insert(module_of(name), file);
        }
        let tests: BTreeSet<Segments> = parsed
            .iter()
            .flat_map(|(path, file)| {
                file.items
                    .iter()
                    .filter_map(move |item| test_module(path, item))
            })
            .collect();
        let mut modules = BTreeMap::new();
        for (path, file) in &parsed {
            if !tests.iter().any(|test| path.starts_with(test)) {
                let mut module = Module::default();
                let mut reader = Reader {
                    module: &mut module,
                    path,
                };
                reader.visit_file(file);
                modules.insert(path.clone(), module);
            }
        }
        Self { modules }
    }

    /// Returns the items that each module uses of each other module, and of the crates of the workspace.
    pub fn dependencies(&self) -> Vec<Dependency> {
        let mut found: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
        for (path, module) in &self.modules {
            for mention in &module.mentions {
                let Some((to, item)) = self.owner(path, mention, DEEPEST) else {
                    continue;
                };
                if to != name(path) {
                    let items = found.entry((name(path), to)).or_default();
                    items.insert(item);
                }
            }
        }
        found
            .into_iter()
            .map(|((from, to), items)| Dependency { from, to, items })
            .collect()
    }

    /// Returns the module that defines the item of a path, and the item's name there, or `None` for other crates and
    /// for modules.
    fn owner(&self, from: &[String], mention: &[String], depth: usize) -> Option<(String, String)> {
        let depth = depth.checked_sub(1)?;
        let (first, rest) = mention.split_first()?;
        match first.as_str() {
            "crate" => return self.find(&[], rest, depth),
            "self" => return self.find(from, rest, depth),
            "super" => {
                let (_, parent) = from.split_last()?;
                return if rest.first().is_some_and(|next| next == "super") {
                    self.owner(parent, rest, depth)
                } else {
                    self.find(parent, rest, depth)
                };
            }
            _ => {}
        }
        if let Some((_, known)) = WORKSPACE.iter().find(|(path, _)| path == first) {
            let item = rest.last().unwrap_or(first);
            return Some(((*known).to_owned(), item.clone()));
        }
        let module = self.modules.get(from)?;
        let is_module = self.modules.contains_key(&child(from, first));
        if is_module || module.imports.contains_key(first) {
            return self.find(from, mention, depth);
        }
        None
    }

    /// Follows a path from a module downwards.
    fn find(&self, from: &[String], path: &[String], depth: usize) -> Option<(String, String)> {
        let depth = depth.checked_sub(1)?;
        let (first, rest) = path.split_first()?;
        let inner = child(from, first);
        if self.modules.contains_key(&inner) {
            return self.find(&inner, rest, depth);
        }
        let module = self.modules.get(from)?;
        if module.items.contains(first) {
            return Some((name(from), first.clone()));
        }
        if let Some(target) = module.imports.get(first) {
            let whole: Segments = target.iter().chain(rest).cloned().collect();
            // A name that stands for itself, such as that of a crate.
            if whole.as_slice() == path {
                return None;
            }
            return self.owner(from, &whole, depth);
        }
        for glob in &module.globs {
            let whole: Segments = glob.iter().chain(path).cloned().collect();
            if let Some(found) = self.owner(from, &whole, depth) {
                return Some(found);
            }
        }
        None
    }
}

/// Returns the path of a module that is compiled for tests only.
fn test_module(parent: &[String], item: &Item) -> Option<Segments> {
    match item {
        Item::Mod(module) if is_for_tests(&module.attrs) => {
            Some(child(parent, &module.ident.to_string()))
        }
        _ => None,
    }
}

fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute
                .parse_args::<syn::Path>()
                .is_ok_and(|path| path.is_ident("test"))
    })
}

fn child(parent: &[String], name: &str) -> Segments {
    let mut path = parent.to_vec();
    path.push(name.to_owned());
    path
}

fn name(path: &[String]) -> String {
    if path.is_empty() {
        "crate".to_owned()
    } else {
        path.join("::")
    }
}

/// `a/b.rs` and `a/b/mod.rs` are the module `a::b`.
fn module_of(file: &str) -> Segments {
    let path = file.trim_end_matches(".rs");
    let mut segments: Segments = path.split('/').map(str::to_owned).collect();
    if segments.last().is_some_and(|last| last == "mod") || ["lib", "main"].contains(&path) {
        segments.pop();
    }
    segments
}

struct Reader<'a> {
    module: &'a mut Module,
    path: &'a [String],
}

impl Reader<'_> {
    fn use_tree(&mut self, prefix: &[String], tree: &UseTree) {
        let with = |ident: &syn::Ident| child(prefix, &ident.to_string());
        match tree {
            UseTree::Path(path) => self.use_tree(&with(&path.ident), &path.tree),
            UseTree::Name(name) if name.ident == "self" => {
                if let Some(last) = prefix.last() {
                    self.import(last.clone(), prefix.to_vec());
                }
            }
            UseTree::Name(name) => self.import(name.ident.to_string(), with(&name.ident)),
            UseTree::Rename(rename) => self.import(rename.rename.to_string(), with(&rename.ident)),
            UseTree::Glob(_) => self.module.globs.push(prefix.to_vec()),
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.use_tree(prefix, tree);
                }
            }
        }
    }

    fn import(&mut self, name: String, target: Segments) {
        self.module.imports.insert(name, target);
    }

    fn tokens(&mut self, tokens: TokenStream) {
        let mut path: Segments = Vec::new();
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    if colons != 2 {
                        self.mention(std::mem::take(&mut path));
                    }
                    colons = 0;
                    path.push(ident.to_string());
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                TokenTree::Group(group) => {
                    self.mention(std::mem::take(&mut path));
                    colons = 0;
                    self.tokens(group.stream());
                }
                TokenTree::Punct(_) | TokenTree::Literal(_) => {
                    self.mention(std::mem::take(&mut path));
                    colons = 0;
                }
            }
        }
        self.mention(path);
    }

    fn mention(&mut self, path: Segments) {
        if !path.is_empty() {
            self.module.mentions.insert(path);
        }
    }
}

impl<'a> Visit<'a> for Reader<'_> {
    fn visit_item(&mut self, item: &'a Item) {
        let (attributes, ident) = match item {
            Item::Struct(item) => (&item.attrs, Some(&item.ident)),
            Item::Enum(item) => (&item.attrs, Some(&item.ident)),
            Item::Union(item) => (&item.attrs, Some(&item.ident)),
            Item::Trait(item) => (&item.attrs, Some(&item.ident)),
            Item::Type(item) => (&item.attrs, Some(&item.ident)),
            Item::Const(item) => (&item.attrs, Some(&item.ident)),
            Item::Static(item) => (&item.attrs, Some(&item.ident)),
            Item::Fn(item) => (&item.attrs, Some(&item.sig.ident)),
            Item::Macro(item) => (&item.attrs, item.ident.as_ref()),
            Item::Impl(item) => (&item.attrs, None),
            Item::Mod(item) => (&item.attrs, None),
            Item::Use(item) => (&item.attrs, None),
            _ => return visit::visit_item(self, item),
        };
        if is_for_tests(attributes) {
            return;
        }
        if let Some(ident) = ident {
            self.module.items.insert(ident.to_string());
        }
        if let Item::Use(item) = item {
            self.use_tree(&[], &item.tree);
            let mut imported = Module::default();
            Reader {
                module: &mut imported,
                path: self.path,
            }
            .use_tree(&[], &item.tree);
            // A re-export is not a use. A module that uses the name depends on the module that defines it.
            if matches!(item.vis, syn::Visibility::Inherited) {
                self.module.mentions.extend(imported.imports.into_values());
            }
            return;
        }
        visit::visit_item(self, item);
    }

    fn visit_path(&mut self, path: &'a syn::Path) {
        self.mention(
            path.segments
                .iter()
                .map(|segment| segment.ident.to_string())
                .collect(),
        );
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, invoked: &'a syn::Macro) {
        self.tokens(invoked.tokens.clone());
        visit::visit_macro(self, invoked);
    }
}
