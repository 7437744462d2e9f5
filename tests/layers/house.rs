//! The source as files and the arrows between them: who names what of whom, outside of tests.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, Item, UseTree};

/// A path of the program, `["rpc", "status"]`; the library's root is empty.
pub type Path = Vec<String>;

/// The files by their modules, each with the paths that it names.
#[derive(Default)]
pub struct House {
    files: BTreeMap<Path, BTreeSet<Path>>,
}

/// One file names something of another.
#[derive(Debug, PartialEq)]
pub struct Arrow {
    pub from: Path,
    pub to: Path,
    /// What is named, in full.
    pub name: Path,
}

impl House {
    /// Reads files, each a path below `src` and its text. The programs are no part of the house, nor are files of tests.
    pub fn read<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut house = Self::default();
        let mut tests = BTreeSet::new();
        for (path, text) in files {
            let Some(module) = module(path) else { continue };
            let file = syn::parse_file(text).unwrap_or_else(|error| panic!("{path}: {error}"));
            let mut names = Names { within: module.clone(), found: BTreeSet::new(), tests: BTreeSet::new() };
            names.visit_file(&file);
            tests.extend(names.tests);
            house.files.insert(module, names.found);
        }
        house.files.retain(|module, _| !tests.iter().any(|test| module.starts_with(test)));
        house
    }

    /// The rooms: the modules of the first level.
    pub fn rooms(&self) -> BTreeSet<&str> {
        self.files.keys().filter_map(|module| module.first()).map(String::as_str).collect()
    }

    /// What files name of other files. A module and what is below it count as one: a child sees its parent's inside.
    pub fn arrows(&self) -> Vec<Arrow> {
        let mut arrows = Vec::new();
        for (from, names) in &self.files {
            for name in names {
                let to =
                    (0..=name.len()).rev().map(|length| &name[..length]).find(|path| self.files.contains_key(*path));
                let Some(to) = to else { continue };
                if !to.is_empty() && !from.starts_with(to) && !to.starts_with(from) {
                    arrows.push(Arrow { from: from.clone(), to: to.to_owned(), name: name.clone() });
                }
            }
        }
        arrows
    }

    /// The circles: files each of which can be reached from every other.
    pub fn circles(&self) -> Vec<Vec<Path>> {
        let mut next: BTreeMap<Path, BTreeSet<Path>> = BTreeMap::new();
        for arrow in self.arrows() {
            next.entry(arrow.from).or_default().insert(arrow.to);
        }
        let reach: BTreeMap<&Path, BTreeSet<&Path>> = next.keys().map(|file| (file, reachable(&next, file))).collect();
        let mut circles = BTreeSet::new();
        for (file, reached) in reach.iter().filter(|(file, reached)| reached.contains(*file)) {
            let back = reached.iter().filter(|other| reach.get(*other).is_some_and(|from| from.contains(file)));
            circles.insert(back.map(|file| (*file).clone()).collect::<Vec<_>>());
        }
        circles.into_iter().collect()
    }
}

fn reachable<'a>(next: &'a BTreeMap<Path, BTreeSet<Path>>, from: &Path) -> BTreeSet<&'a Path> {
    let mut reached = BTreeSet::new();
    let mut open: Vec<&Path> = next.get(from).into_iter().flatten().collect();
    while let Some(file) = open.pop() {
        if reached.insert(file) {
            open.extend(next.get(file).into_iter().flatten());
        }
    }
    reached
}

/// The module of a file; the library's root and the programs are none.
fn module(path: &str) -> Option<Path> {
    let path = path.strip_suffix(".rs")?;
    let path = path.strip_suffix("/mod").unwrap_or(path);
    let outside = path == "lib" || path == "main" || path.starts_with("bin/");
    (!outside).then(|| path.split('/').map(str::to_owned).collect())
}

/// Collects the paths that a file names from `crate`, `self` or `super` on.
struct Names {
    /// The module that is read just now.
    within: Path,
    found: BTreeSet<Path>,
    /// The modules that are there for tests alone.
    tests: BTreeSet<Path>,
}

impl Names {
    fn note(&mut self, words: &[String]) {
        let Some((first, rest)) = words.split_first() else { return };
        let mut path = match first.as_str() {
            "crate" => Path::new(),
            "self" | "super" => self.within.clone(),
            _ => return,
        };
        if first == "super" {
            path.pop();
        }
        for word in rest {
            if word == "super" {
                path.pop();
            } else {
                path.push(word.clone());
            }
        }
        self.found.insert(path);
    }

    fn uses(&mut self, before: &mut Path, tree: &UseTree) {
        match tree {
            UseTree::Path(path) => {
                before.push(path.ident.to_string());
                self.uses(before, &path.tree);
                before.pop();
            }
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.uses(before, tree)),
            UseTree::Name(name) if name.ident == "self" => self.note(before),
            UseTree::Name(name) => self.note(&[before.as_slice(), &[name.ident.to_string()]].concat()),
            UseTree::Rename(name) => self.note(&[before.as_slice(), &[name.ident.to_string()]].concat()),
            UseTree::Glob(_) => self.note(before),
        }
    }

    /// Paths in what a macro is given, which is not parsed: words with `::` between.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path = Path::new();
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                TokenTree::Ident(word) => {
                    if colons != 2 {
                        self.note(&std::mem::take(&mut path));
                    }
                    path.push(word.to_string());
                    colons = 0;
                }
                other => {
                    self.note(&std::mem::take(&mut path));
                    colons = 0;
                    if let TokenTree::Group(group) = other {
                        self.tokens(group.stream());
                    }
                }
            }
        }
        self.note(&path);
    }
}

impl<'ast> Visit<'ast> for Names {
    fn visit_item(&mut self, item: &'ast Item) {
        if !attributes(item).iter().any(is_for_tests) {
            visit::visit_item(self, item);
        } else if let Item::Mod(module) = item {
            self.tests.insert([self.within.as_slice(), &[module.ident.to_string()]].concat());
        }
    }

    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        self.within.push(module.ident.to_string());
        visit::visit_item_mod(self, module);
        self.within.pop();
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.uses(&mut Path::new(), &item.tree);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let words: Vec<_> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if words.len() > 1 {
            self.note(&words);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, called: &'ast syn::Macro) {
        self.tokens(called.tokens.clone());
        visit::visit_macro(self, called);
    }
}

/// `#[cfg(test)]`, or one that tests are a reason for.
fn is_for_tests(attribute: &Attribute) -> bool {
    let syn::Meta::List(list) = &attribute.meta else { return false };
    list.path.is_ident("cfg") && list.tokens.to_string().split(['(', ')', ',', ' ']).any(|word| word == "test")
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}
