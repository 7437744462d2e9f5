//! The pages of the manual, `man/`: made of the command lines that parse, and one that is written by hand.

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use crate::golden::goldens;
use crate::support::run::crictl;

const CRICTL: &str = concat!("crictl v", env!("CARGO_PKG_VERSION"));

/// What `crictl(1)` says beside the help.
const CRICTL_SECTIONS: &[(&str, &[(&str, &str)])] = &[
    (
        "ENVIRONMENT",
        &[
            ("CRI_CONFIG_FILE", "The config file, where --config does not name it."),
            ("CONTAINER_RUNTIME_ENDPOINT", "The endpoint of the runtime service, where no flag names it."),
            ("IMAGE_SERVICE_ENDPOINT", "The endpoint of the image service, where no flag names it."),
            ("TZ", "The time zone of the times that are shown."),
            (
                "HTTP_PROXY, HTTPS_PROXY, NO_PROXY",
                "The way to the streams of exec, attach and port-forward, in capitals or not.",
            ),
        ],
    ),
    (
        "FILES",
        &[
            ("/etc/crictl.yaml", "The config file, see crictl.yaml(5)."),
            ("crictl.yaml", "Beside the program: the config file where the other does not exist."),
        ],
    ),
    (
        "EXIT STATUS",
        &[
            ("0", "It worked, or it printed its help."),
            ("1", "The command line is wrong, the command failed, or it was interrupted."),
            ("3", "There is no command of that name."),
            ("64 and above", "64 and the code of a gRPC error, of rpc alone."),
            ("141", "The reader of its output has gone."),
        ],
    ),
];

const EPHEMERD_SECTIONS: &[(&str, &[(&str, &str)])] = &[
    (
        "ENVIRONMENT",
        &[
            ("EPHEMERD_DATA_DIR", "The data directory, where --data-dir does not name it."),
            ("NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID", "Set by systemd, which serve tells how it goes."),
        ],
    ),
    (
        "FILES",
        &[
            ("/var/lib/ephemerd", "The data directory, where nothing names one. The other files are in it."),
            ("bin/containerd", "The containerd to run, where PATH has none."),
            ("containerd/containerd.sock", "The socket at which containerd serves the CRI."),
            ("containerd/containerd.log", "Containerd's log; the three before it, of 10 MiB each, end in .1 to .3."),
            ("containerd/endpoint", "Written by you: tcp://IP:PORT of a containerd elsewhere, which crictl then asks."),
            ("ephemerd.lock", "Locked by the one serve that has this data directory."),
            ("ephemerd.json", "What that serve tells of itself."),
            ("/etc/systemd/system/ephemerd.service", "The unit that service install writes."),
        ],
    ),
    (
        "EXIT STATUS",
        &[
            ("0", "serve has ended containerd; doctor has found what is required; status has found containerd up."),
            ("1", "It failed, something required is missing, or containerd is not up."),
            ("2", "The command line is wrong."),
            ("others", "Those of crictl and of systemctl status, and for serve the status of containerd."),
        ],
    ),
    (
        "SIGNALS",
        &[(
            "SIGTERM, SIGINT, SIGHUP",
            "serve ends containerd, and then itself; containers go on running. Containerd is killed after 10 seconds, or \
             at a second signal.",
        )],
    ),
];

/// Every page with its file's name.
fn pages() -> Vec<(String, String)> {
    let mut root = crictl::command_line();
    root.build();
    let mut pages =
        vec![("crictl.1".to_owned(), page(&root, "1", CRICTL_SECTIONS, &["crictl.yaml(5)", "ephemerd(8)"]))];
    for command in root.get_subcommands() {
        let name = format!("crictl-{}.1", command.get_name());
        pages.push((name, page(command, "1", &[], &["crictl(1)", "crictl.yaml(5)"])));
    }
    let mut ephemerd = crictl::host::command_line();
    ephemerd.build();
    pages
        .push(("ephemerd.8".to_owned(), page(&ephemerd, "8", EPHEMERD_SECTIONS, &["crictl(1)", "systemd.service(5)"])));
    pages
}

/// The page of a command, and of the commands below it that have no page of their own.
fn page(command: &Command, section: &str, sections: &[(&str, &[(&str, &str)])], see_also: &[&str]) -> String {
    let man = || Man::new(command.clone()).section(section).source(CRICTL).manual("crictl").date(" ");
    let mut text = Vec::new();
    man().render_title(&mut text).unwrap();
    // Upstream's help begins with the name; that of a page does so anyway.
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    let about = about.trim_start_matches(&format!("{} - ", command.get_name())).to_owned();
    Man::new(command.clone().about(about)).render_name_section(&mut text).unwrap();
    man().render_synopsis_section(&mut text).unwrap();
    man().render_description_section(&mut text).unwrap();
    let commands = below(command, "");
    text.extend(list(&commands).into_bytes());
    man().render_options_section(&mut text).unwrap();
    if command.get_name() != "crictl" {
        let with_options = |(_, inner): &&(String, &Command)| {
            inner.get_arguments().any(|arg| !["help", "version"].contains(&arg.get_id().as_str()))
        };
        for (name, inner) in commands.iter().filter(with_options) {
            let title = format!("OPTIONS OF {}", name.to_uppercase());
            let mut options = Vec::new();
            Man::new((*inner).clone()).render_options_section(&mut options).unwrap();
            text.extend(String::from_utf8(options).unwrap().replace("OPTIONS", &format!("\"{title}\"")).into_bytes());
        }
    }
    once(&(String::from_utf8(text).unwrap() + &end(command, sections, see_also)))
}

/// The commands below one by their names, and those below them, unless they have pages.
fn below<'a>(command: &'a Command, before: &str) -> Vec<(String, &'a Command)> {
    let mut commands: Vec<_> = command.get_subcommands().filter(|command| command.get_name() != "help").collect();
    commands.sort_by_key(|command| command.get_name());
    let mut all = Vec::new();
    for inner in commands {
        let name = format!("{before}{}", inner.get_name());
        let inside = if command.get_name() == "crictl" { Vec::new() } else { below(inner, &format!("{name} ")) };
        all.push((name, inner));
        all.extend(inside);
    }
    all
}

/// The list of commands, with their aliases.
fn list(commands: &[(String, &Command)]) -> String {
    let mut roff = Roff::new();
    if !commands.is_empty() {
        roff.control("SH", ["COMMANDS"]);
    }
    for (name, command) in commands {
        roff.control("TP", []);
        let aliases = command.get_visible_aliases().fold(String::new(), |all, one| all + ", " + one);
        roff.text([bold(name.as_str()), roman(aliases)]);
        roff.text([roman(command.get_about().map(ToString::to_string).unwrap_or_default())]);
    }
    roff.to_roff()
}

/// What follows the flags: the example, and what the help does not say.
fn end(command: &Command, sections: &[(&str, &[(&str, &str)])], see_also: &[&str]) -> String {
    let mut roff = Roff::new();
    if let Some(example) = command.get_after_help() {
        roff.control("SH", ["EXAMPLE"]);
        roff.control("EX", []);
        for line in example.to_string().lines().skip(1) {
            roff.text([roman(line.trim())]);
        }
        roff.control("EE", []);
    }
    for (title, entries) in sections {
        roff.control("SH", [*title]);
        for (name, what) in *entries {
            roff.control("TP", []);
            roff.text([bold(*name)]);
            roff.text([roman(*what)]);
        }
    }
    roff.control("SH", ["SEE ALSO"]);
    roff.text([roman(see_also.join(", "))]);
    roff.render()
}

/// The text with the definition of the apostrophe, which each part begins with, at its start alone.
fn once(text: &str) -> String {
    let definition = |line: &&str| line.starts_with(".ie \\n(.g") || line.starts_with(".el .ds Aq");
    let rest = text.lines().filter(|line| !definition(line));
    text.lines().take(2).chain(rest).map(|line| format!("{}\n", line.trim_end())).collect()
}

/// What a reader sees of a page, with single spaces.
fn read(page: &str) -> String {
    let lines = page.lines().map(|line| line.trim_start_matches(".SH ").trim_start_matches(".TP"));
    let mut text = lines.collect::<Vec<_>>().join(" ");
    for (escape, plain) in
        [("\\-", "-"), ("\\*(Aq", "'"), ("\\fB", ""), ("\\fI", ""), ("\\fR", ""), ("\\&", ""), ("\\\\", "\\")]
    {
        text = text.replace(escape, plain);
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_pages_are_the_golden_ones() {
    goldens(Path::new("man"), &pages());
    let mut kept: Vec<_> = fs::read_dir("man").unwrap().map(|entry| entry.unwrap().file_name()).collect();
    kept.sort();
    let mut made: Vec<OsString> = pages().into_iter().map(|(name, _)| name.into()).collect();
    made.push("crictl.yaml.5".into());
    made.sort();
    assert_eq!(kept, made);
}

/// `crictl help ps` and `man crictl-ps`: each column of each line of the one is in the other.
#[test]
fn a_page_says_all_that_the_help_says() {
    let mut lacking = Vec::new();
    for (name, page) in pages().iter().filter(|(name, _)| name.ends_with(".1")) {
        let page = read(page);
        let command = name.trim_end_matches(".1").trim_start_matches("crictl").trim_start_matches('-');
        let help = match command {
            "" => crictl(["--help"], &[], ""),
            command => crictl(["help", command], &[], ""),
        };
        assert!(help.stdout.contains("Usage: "), "{name}: {help:?}");
        for line in help.stdout.lines().filter(|line| !line.ends_with(':')) {
            let parts = line.trim_start_matches("Usage: ").split("  ").map(str::trim).filter(|part| !part.is_empty());
            // A page has these in places of their own.
            let beside =
                |part: &str| [" [default: ", " [alias", " [possible values: "].iter().find_map(|at| part.find(at));
            let parts = parts.map(|part| &part[..beside(part).unwrap_or(part.len())]);
            let is_lacking = |part: &&str| !page.contains(part) && !page.contains(part.trim_end_matches("..."));
            lacking.extend(parts.filter(is_lacking).map(|part| format!("{name}: {part}")));
        }
    }
    assert!(lacking.is_empty(), "{lacking:#?}");
}

#[test]
fn the_page_of_the_config_file_has_every_option() {
    let page = read(&fs::read_to_string("man/crictl.yaml.5").unwrap());
    assert!(page.contains(CRICTL), "{page}");
    let unknown = crictl(["--config", "/dev/null", "config", "--get", "nothing"], &[], "");
    let message = unknown.message();
    let (_, keys) = message.split_once("use one of ").unwrap();
    let keys: Vec<_> = keys.split(", ").collect();
    assert!(keys.len() > 6, "{message}");
    for key in keys {
        assert!(page.contains(&format!(" {key} ")), "{key}");
    }
}
