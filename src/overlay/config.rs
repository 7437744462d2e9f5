//! `crictl config`: reads and changes crictl's own config file.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::Path;

use clap::Args;

use crate::args::go::Parsed;
use crate::command::{Overlay, args};
use crate::config::{self, File, KEYS};
use crate::context::Context;
use crate::error::{Error, lower};
use crate::view::{Table, View};

pub(crate) const OVERLAY: Overlay = Overlay {
    name: "config",
    about: "Get, set and list the options of the config file",
    usage: "[--get KEY | --set KEY=VALUE[,KEY=VALUE...] | --list | KEY [VALUE]]",
    example: "crictl config --set debug=true,timeout=5",
    arguments: ConfigArgs::augment_args,
    values: &[("get", &KEYS)],
    run: |ctx, parsed| Box::pin(run(ctx, parsed)),
    ..Overlay::DEFAULT
};

#[derive(Args, Debug, Default)]
struct ConfigArgs {
    /// Print the value of one option
    #[arg(long, value_name = "KEY", default_value = "", hide_default_value = true)]
    get: String,
    /// Change options; all of them or, where one is wrong, none
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Print all options
    #[arg(long)]
    list: bool,
}

async fn run(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<(), Error> {
    let args: ConfigArgs = args(parsed)?;
    let path = ctx.settings.file.clone();
    if !path.exists() {
        write(&path, &config::edit("", &File::default()))?;
    }
    let (text, mut file) = config::read(&path).map_err(|error| error.context("loading the config file"))?;
    let is_given = |name: &str| parsed.given.iter().any(|flag| flag == name);
    if is_given("get") {
        let value = file.get(&args.get).ok_or_else(|| Error::failure(config::unknown(&args.get)))?;
        return ctx.line(&value);
    }
    if is_given("set") {
        for option in &args.set {
            set(&mut file, option)?;
        }
    } else if args.list {
        ctx.clear_screen()?;
        return ctx.print(&view(&file));
    } else {
        let key = parsed.positionals.first().filter(|key| !key.is_empty()).ok_or_else(Error::help)?;
        let value = parsed.positionals.get(1).map_or("", String::as_str);
        ctx.info(format!("neither --get, --set nor --list: setting {key:?} to {value:?}"));
        file.set(key, value).map_err(|cause| Error::failure(cause).context(format!("setting {key:?}")))?;
    }
    write(&path, &config::edit(&text, &file))
}

/// Sets one `KEY=VALUE`.
fn set(file: &mut File, option: &str) -> Result<(), Error> {
    match option.split_once('=') {
        Some((key, value)) if !value.contains('=') => file.set(key, value).map_err(Error::failure),
        _ => Err(Error::failure(format!("an option is set with KEY=VALUE, not {option:?}"))),
    }
}

fn view(file: &File) -> View {
    let rows = KEYS.iter().filter_map(|key| Some(vec![(*key).to_owned(), file.get(key)?])).collect();
    View::Table(Table { columns: vec!["KEY", "VALUE"], rows })
}

/// Writes the file, and makes it and its directory where there is none. A new one is for its owner alone: an
/// endpoint may be somebody's secret.
fn write(path: &Path, text: &str) -> Result<(), Error> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = match path.parent() {
        Some(parent) => fs::create_dir_all(parent),
        None => Ok(()),
    };
    written.and_then(|()| options.open(path)?.write_all(text.as_bytes())).map_err(|error| {
        Error::failure(format!("{}: {}", path.display(), lower(&error))).context("writing the config file")
    })
}
