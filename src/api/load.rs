//! `crictl rpc --proto`: the API as a file has it, instead of the CRI that the program was built from.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, ArgMatches, Command};

use crate::api::{Api, Origin};
use crate::error::Error;
use crate::tables;

const FLAG: &str = "proto";
const FOLDERS: &str = "proto-path";
const SHORT: char = 'I';

/// The flags that name the file and what it imports. They may stand before or after the method, and they decide which
/// flags the method has: so [`given`] looks them up before the others are read.
pub(crate) fn flags(command: Command) -> Command {
    let file = Arg::new(FLAG)
        .long(FLAG)
        .value_name("FILE")
        .help("The API as this .proto or descriptor set has it, instead of the one crictl was built from");
    let folders = Arg::new(FOLDERS)
        .long(FOLDERS)
        .short(SHORT)
        .value_name("DIR")
        .action(ArgAction::Append)
        .help("Where the imports of --proto are looked for, before the folder that it is in (may be repeated)");
    command.arg(file).arg(folders)
}

/// What the flags say, among those that were read and in the arguments that follow them: the file and the folders.
///
/// # Errors
/// There are folders without a file.
pub(crate) fn given(matches: &ArgMatches, words: &[String]) -> Result<Option<(String, Vec<PathBuf>)>, Error> {
    let before = matches.get_one::<String>(FLAG).map(String::as_str);
    let file = before.or_else(|| values(words, &[FLAG]).first().copied()).map(str::to_owned);
    let before = matches.get_many::<String>(FOLDERS).into_iter().flatten().map(String::as_str);
    let folders: Vec<_> = before.chain(values(words, &[FOLDERS, "I"])).map(PathBuf::from).collect();
    match file {
        None if !folders.is_empty() => Err(Error::usage(format!("--{FOLDERS}: needs --{FLAG}"))),
        file => Ok(file.map(|file| (file, folders))),
    }
}

/// The values of a flag, by any of its names.
fn values<'a>(words: &'a [String], names: &[&str]) -> Vec<&'a str> {
    let mut words = words.iter().take_while(|word| *word != "--");
    let mut values = Vec::new();
    while let Some(word) = words.next() {
        let flag = word.strip_prefix("--").or_else(|| word.strip_prefix('-')).unwrap_or_default();
        let (name, value) = flag.split_once('=').map_or((flag, None), |(name, value)| (name, Some(value)));
        if names.contains(&name) {
            values.extend(value.or_else(|| words.next().map(String::as_str)));
        }
    }
    values
}

/// Reads a proto, or a descriptor set.
///
/// # Errors
/// It can't be read, does not compile, or has something that no table can express.
pub(crate) fn load(file: String, folders: Vec<PathBuf>) -> Result<Api, Error> {
    let words = words();
    let known = |name: &str| words.get(name).map(|words| (*words).to_owned());
    let model = crictl_codegen::model_knowing(Path::new(&file), &folders, &known)
        .map_err(|error| Error::failure(format!("--{FLAG}: {}", error.to_string().trim_end())))?;
    Ok(Api { methods: tables::of(&model).methods, origin: Origin::File(file, folders) })
}

/// Our prose for the elements that the program was built with, by their full names.
fn words() -> HashMap<String, &'static str> {
    let mut words = HashMap::new();
    for method in Api::BUILT_IN.methods {
        words.insert(method.path.trim_start_matches('/').replace('/', "."), method.doc);
    }
    for message in Api::BUILT_IN.messages() {
        words.insert(message.name.to_owned(), message.doc);
        words.extend(message.fields.into_iter().map(|field| (format!("{}.{}", message.name, field.name), field.doc)));
    }
    words
}
