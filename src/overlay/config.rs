//! `crictl config`: reads and changes crictl's own config file.

use clap::Args;

use crate::args::go::Parsed;
use crate::command::{ANY, Overlay, args};
use crate::config::{self, File, KEYS};
use crate::context::Context;
use crate::error::Error;
use crate::signal;
use crate::view::{Table, View};

pub(crate) const OVERLAY: Overlay = Overlay {
    name: "config",
    about: "Get, set and list the options of the config file",
    usage: "[--get KEY | --set KEY=VALUE[,KEY=VALUE...] | --list | KEY [VALUE]]",
    words: ANY,
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
    /// Change options: all of them or, if one is wrong, none
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Print all options
    #[arg(long)]
    list: bool,
}

async fn run(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<(), Error> {
    let args: ConfigArgs = args(parsed)?;
    let unknown = || Error::failure("no config file was found").hint("name one with --config FILE");
    let path = ctx.settings.file.clone().ok_or_else(unknown)?;
    signal::survive_file_limit(ctx.io.signals);
    if !path.exists() {
        config::change(&path, |_| Ok(()))?;
    }
    let is_given = |name: &str| parsed.given.iter().any(|flag| flag == name);
    let read = || config::read(&path).map_err(|error| error.context("loading the config file"));
    if is_given("get") {
        let value = read()?.get(&args.get).ok_or_else(|| Error::failure(config::unknown(&args.get)))?;
        return ctx.line(&value);
    }
    if is_given("set") {
        return config::change(&path, |file| args.set.iter().try_for_each(|option| set(file, option)));
    }
    if args.list {
        let view = view(&read()?);
        ctx.clear_screen()?;
        return ctx.print(&view);
    }
    read()?;
    let key = parsed.positionals.first().filter(|key| !key.is_empty()).ok_or_else(Error::help)?;
    let value = parsed.positionals.get(1).map_or("", String::as_str);
    ctx.info(format!("neither --get, --set nor --list: setting {key:?} to {value:?}"));
    config::change(&path, |file| {
        file.set(key, value).map_err(|cause| Error::failure(cause).context(format!("setting {key:?}")))
    })
}

/// Sets one `KEY=VALUE`.
fn set(file: &mut File, option: &str) -> Result<(), Error> {
    match option.split_once('=') {
        Some((key, value)) if !value.contains('=') => file.set(key, value).map_err(Error::failure),
        _ => Err(Error::failure(format!("expected KEY=VALUE, got {option:?}"))),
    }
}

fn view(file: &File) -> View {
    let rows = KEYS.iter().filter_map(|key| Some(vec![(*key).to_owned(), file.get(key)?])).collect();
    View::Table(Table { columns: vec!["KEY", "VALUE"], rows })
}
