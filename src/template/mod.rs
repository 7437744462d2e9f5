//! Go's `text/template`, for `-o go-template`: scripts around crictl contain such templates.
//!
//! `gotmpl` implements the language. This module adds Go's checks that it lacks ([`check`]), Go's `fmt` for the values
//! of a document ([`format`]) and crictl's own functions ([`function`]). It knows only documents, not what is in them
//! or where the text goes.
//!
//! Of some 8,700 templates that were run through both, those differ that have a float with `%x`, `%b` or the `#` flag,
//! a pointer (`%p`), `index` with one argument, half of a character (`slice`), or a `define`, `else if` or `else with`
//! where Go does not allow it.

mod check;
mod data;
mod format;
mod function;
mod number;
mod spec;
#[cfg(test)]
mod tests;

pub(crate) use data::json_float;

use std::sync::Arc;

use gotmpl::TemplateError;
use gotmpl::parse::{ListNode, Node, Parser};

use crate::schema::Value;
use crate::template::data::Data;

/// The name of the template outside any `define`.
const MAIN: &str = "";

/// Marks the end of the text. A command line can't contain it, so neither can a template.
const END: char = '\0';

/// In gotmpl's parser `else if` nests without a limit and would exhaust the stack; for everything else its limit is
/// 100.
const MAX_ELSE: usize = 500;

/// A template that has been parsed and checked.
#[derive(Clone, Debug)]
pub struct Template {
    source: String,
    /// The templates by name, the later one where a name occurs twice.
    trees: Vec<(String, ListNode)>,
}

impl Template {
    /// Parses a template.
    ///
    /// # Errors
    /// In words: what Go could not parse either.
    pub fn parse(source: &str) -> Result<Self, String> {
        if source.contains(END) {
            return Err("a template can't contain a NUL character".to_owned());
        }
        if source.matches("else").count() > MAX_ELSE {
            return Err(format!("a template can have at most {MAX_ELSE} else branches"));
        }
        // The parser itself reports errors inside an action, and double definitions.
        gotmpl::Template::new(MAIN).parse(source).map_err(words)?;
        let marked = format!("{source}{END}");
        let (main, defines) = Parser::new(&marked, "{{", "}}").and_then(Parser::parse).map_err(words)?;
        let mut trees = vec![(MAIN.to_owned(), closed(main)?)];
        // An empty definition does not replace another.
        for define in defines.into_iter().filter(|define| !define.body.is_empty_tree()) {
            trees.push((define.name.to_string(), define.body));
        }
        for (_, tree) in &mut trees {
            check::tree(tree)?;
        }
        Ok(Self { source: source.to_owned(), trees })
    }

    /// The document in the template's form.
    ///
    /// # Errors
    /// In words: the document lacks something that the template uses, or a function fails.
    pub fn render(&self, document: &Value) -> Result<String, String> {
        let data = Data::new(document);
        let template = gotmpl::Template::new(MAIN).funcs(function::table(&Arc::new(data.numbers)));
        let trees = self.trees.iter().cloned();
        let template = trees.fold(template, |template, (name, tree)| template.add_parse_tree(&name, tree));
        template.execute_template_to_string(MAIN, &data.root).map_err(words)
    }
}

impl PartialEq for Template {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl Eq for Template {}

/// The tree without the mark, which must be its last text if all blocks are closed properly.
///
/// gotmpl accepts the end of the text inside an open block, and stops at an `end` that closes nothing.
fn closed(mut tree: ListNode) -> Result<ListNode, String> {
    match tree.nodes.pop() {
        Some(Node::Text(mut last)) if last.text.ends_with(END) => {
            last.text = last.text.trim_end_matches(END).into();
            tree.nodes.push(Node::Text(last));
            Ok(tree)
        }
        _ => Err("a block is not closed, or an end or else belongs to no block".to_owned()),
    }
}

/// The error, without a preamble.
fn words(error: TemplateError) -> String {
    match error {
        TemplateError::Exec(text) => text,
        error => error.to_string(),
    }
}
