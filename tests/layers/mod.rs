//! Who may use whom: the table of floors in ARCHITECTURE.md, held against what the files name.

mod house;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use house::{Arrow, House};

/// What not everyone may use who may use its room, and who may. The last word of a path may be a name in a module.
const PRIVATE: &[(&str, &[&str])] = &[
    // Only `rpc` works on methods that it does not know.
    ("generated::methods", &["api", "containerd", "rpc"]),
    // Of the commands, only one works on methods that it does not know, and tells which commands there are for them.
    // A host's client is what generated code calls.
    ("method", &["api", "client", "containerd", "context", "overlay::rpc", "rpc", "tables", "trace"]),
    ("overlay::OVERLAYS", &["app", "overlay::rpc"]),
    // Only one command goes on after what can't be written.
    ("print", &["context", "overlay::events"]),
];

#[test]
fn files_use_only_what_is_on_the_floors_below_them() {
    let texts: Vec<_> =
        files(Path::new("src")).into_iter().map(|path| (fs::read_to_string(&path).unwrap(), path)).collect();
    let house = House::read(texts.iter().map(|(text, path)| (path.trim_start_matches("src/"), text.as_str())));
    let floors = Floors::read(&fs::read_to_string("ARCHITECTURE.md").unwrap());
    let faults = [floors.faults(&house), neighbours(&house), private(&house), circles(&house)].concat();
    assert!(faults.is_empty(), "{faults:#?}");
}

/// The table: each room and those that it may use.
struct Floors(Vec<(String, Vec<String>)>);

impl Floors {
    /// Reads the rows of the table whose head is `| Room | ... | May use |`.
    fn read(text: &str) -> Self {
        let rows = text.lines().skip_while(|line| !line.starts_with("| Room |")).skip(2);
        let rows = rows.take_while(|line| line.starts_with('|')).map(|line| {
            let cells: Vec<_> = line.trim_matches('|').split('|').collect();
            let names = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
            let room = names(cells[0]).pop().unwrap_or_else(|| panic!("a row without a room: {line}"));
            (room, names(cells[cells.len() - 1]))
        });
        Self(rows.collect())
    }

    /// Rooms without a row, rows without a room, rows that use what is not below them, and arrows without a row's word.
    fn faults(&self, house: &House) -> Vec<String> {
        let mut faults = Vec::new();
        let mut below = BTreeSet::new();
        for (room, uses) in &self.0 {
            let above = uses.iter().filter(|used| !below.contains(*used));
            faults.extend(above.map(|used| format!("{room} uses {used}, which is not on a floor below it")));
            below.insert(room);
        }
        let rows: BTreeSet<_> = self.0.iter().map(|(room, _)| room.as_str()).collect();
        faults.extend(house.rooms().symmetric_difference(&rows).map(|room| format!("{room} is not in both")));
        let allowed: BTreeMap<_, _> = self.0.iter().map(|(room, uses)| (room.as_str(), uses)).collect();
        let mut used = BTreeSet::new();
        for arrow in house.arrows().iter().filter(|arrow| arrow.from[0] != arrow.to[0]) {
            let (from, to) = (&arrow.from[0], &arrow.to[0]);
            used.insert((from.clone(), to.clone()));
            if !allowed.get(from.as_str()).is_some_and(|uses| uses.contains(to)) {
                faults.push(format!("{} may not use {}", arrow.from.join("::"), arrow.name.join("::")));
            }
        }
        let words = self.0.iter().flat_map(|(room, uses)| uses.iter().map(|used| (room.clone(), used.clone())));
        let idle = words.filter(|word| !used.contains(word));
        faults.extend(idle.map(|(room, idle)| format!("{room} may use {idle}, but does not")));
        faults
    }
}

/// A command may not use another.
fn neighbours(house: &House) -> Vec<String> {
    let command = |path: &[String]| path.len() > 1 && path[0] == "overlay";
    let wrong = |arrow: &&Arrow| command(&arrow.from) && command(&arrow.to) && arrow.from[1] != arrow.to[1];
    let wrong =
        |arrow: Arrow| wrong(&&arrow).then(|| format!("{}: a command uses {}", arrow.from[1], arrow.name.join("::")));
    house.arrows().into_iter().filter_map(wrong).collect()
}

fn private(house: &House) -> Vec<String> {
    let mut faults = Vec::new();
    for arrow in house.arrows() {
        let (from, name) = (arrow.from.join("::"), arrow.name.join("::"));
        let within = |path: &str, outer: &str| path == outer || path.starts_with(&format!("{outer}::"));
        let owners = PRIVATE.iter().filter(|(private, _)| within(&name, private) && !within(&from, private));
        let closed = owners.filter(|(_, owners)| !owners.iter().any(|owner| within(&from, owner)));
        faults.extend(closed.map(|(private, _)| format!("{from} may not use {private}")));
    }
    faults
}

fn circles(house: &House) -> Vec<String> {
    let circles = house.circles().into_iter();
    circles
        .map(|files| format!("a circle: {}", files.iter().map(|file| file.join("::")).collect::<Vec<_>>().join(", ")))
        .collect()
}

fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(files(&path)),
            false => found.extend(path.to_str().map(str::to_owned).filter(|name| name.ends_with(".rs"))),
        }
    }
    found
}

/// What is planted must be found: a test that can't fail tells nothing.
mod planted {
    use super::*;

    const TABLE: &str = "\
| Room | What | May use |
|---|---|---|
| `logs` | lines | |
| `overlay` | commands | `logs` |
";

    fn faults(files: &[(&str, &str)]) -> Vec<String> {
        let house = House::read(files.iter().copied());
        [Floors::read(TABLE).faults(&house), neighbours(&house), private(&house), circles(&house)].concat()
    }

    const OVERLAY: (&str, &str) = ("overlay/mod.rs", "mod rm; mod rmi; pub(crate) const OVERLAYS: u8 = 0;");
    const RM: (&str, &str) = ("overlay/rm.rs", "use crate::logs::tail; pub(crate) fn remove() {}");
    const RMI: (&str, &str) = ("overlay/rmi.rs", "fn run() {}");
    const LOGS: (&str, &str) = ("logs/mod.rs", "#[cfg(test)] mod tests { use crate::overlay::OVERLAYS; } fn tail() {}");

    #[test]
    fn a_sound_house_has_no_faults() {
        assert_eq!(faults(&[OVERLAY, RM, RMI, LOGS]), [""; 0]);
    }

    #[test]
    fn a_command_that_uses_another_is_found_whatever_they_are_called() {
        let rmi = ("overlay/rmi.rs", "use crate::overlay::rm::remove;");
        assert_eq!(faults(&[OVERLAY, RM, rmi, LOGS]), ["rmi: a command uses overlay::rm::remove"]);
        let rmi = ("overlay/rmi.rs", "fn run() { super::rm::remove() }");
        assert_eq!(faults(&[OVERLAY, RM, rmi, LOGS]), ["rmi: a command uses overlay::rm::remove"]);
    }

    #[test]
    fn what_stands_behind_tests_in_a_file_is_found() {
        let logs = ("logs/mod.rs", "#[cfg(test)] mod tests {} use crate::overlay::OVERLAYS;");
        let expected = ["logs may not use overlay::OVERLAYS", "logs may not use overlay::OVERLAYS"];
        assert_eq!(faults(&[OVERLAY, RMI, RM, logs])[..2], expected);
    }

    #[test]
    fn a_name_within_a_macro_is_found() {
        let rmi = ("overlay/rmi.rs", "fn run() { assert!(vec![crate::overlay::rm::remove()].is_empty()) }");
        assert_eq!(faults(&[OVERLAY, RM, rmi, LOGS]), ["rmi: a command uses overlay::rm::remove"]);
    }

    #[test]
    fn a_circle_within_a_room_is_found() {
        let files = [LOGS, OVERLAY, RM, ("logs/a.rs", "use super::b::B;"), ("logs/b.rs", "use crate::logs::a::A;")];
        assert_eq!(faults(&files), ["a circle: logs::a, logs::b"]);
    }

    #[test]
    fn a_table_that_is_not_in_order_or_says_too_much_is_found() {
        let house = House::read([RM, LOGS, OVERLAY]);
        let upside = Floors::read("| Room | May use |\n|---|---|\n| `overlay` | `logs` |\n| `logs` | |\n");
        assert_eq!(upside.faults(&house), ["overlay uses logs, which is not on a floor below it"]);
        let idle =
            Floors::read("| Room | May use |\n|---|---|\n| `io` | |\n| `logs` | `io` |\n| `overlay` | `logs` |\n");
        assert_eq!(idle.faults(&house), ["io is not in both", "logs may use io, but does not"]);
    }
}
