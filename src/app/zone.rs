//! Which time zone a run's times are in.

use std::path::Path;

use crictl_codegen::file;
use jiff::tz::TimeZone;

use crate::config::Env;
use crate::io::Machine;

/// The time zone that the given TZ names, else the machine's. jiff would read the process's own TZ.
pub(super) fn zone(env: &Env, machine: &Machine) -> TimeZone {
    let file = |path: &Path| TimeZone::tzif("TZ", &file::read(path).ok()?).ok();
    let named = |name: &str| match name.trim_start_matches(':') {
        "" | "UTC" => Some(TimeZone::UTC),
        path if path.starts_with('/') => file(Path::new(path)),
        name => machine.zoneinfo.as_ref().and_then(|folder| file(&folder.join(name))),
    };
    match env.get("TZ") {
        Some(name) => named(name).or_else(|| TimeZone::posix(name).ok()).unwrap_or(TimeZone::UTC),
        None => machine.localtime.as_deref().and_then(file).unwrap_or(TimeZone::UTC),
    }
}
