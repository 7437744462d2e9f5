//! Output that is too long to stand in a test: a file of its own.

use std::fs;
use std::path::Path;

/// Compares with a file of `tests/golden`.
pub(crate) fn golden(name: &str, actual: &str) {
    golden_at(&Path::new("tests/golden").join(name), actual);
}

/// Compares with a file that is rewritten where it differs; the reviewer sees the difference in the commit.
pub(crate) fn golden_at(path: &Path, actual: &str) {
    if fs::read_to_string(path).unwrap_or_default() != actual {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, actual).unwrap();
        panic!("{} was stale and is rewritten now: review it, commit it", path.display());
    }
}
