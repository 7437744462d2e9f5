//! `crictl rpc` as a book: what there is to call, what it takes, and other APIs than the one that was built.

mod describe;
mod flag;
mod import;
mod list;
mod proto;
mod skeleton;

use std::fs;
use std::path::PathBuf;

use prost_reflect::DescriptorPool;

use crate::support::run::crictl;

const SHAPES: &str = "codegen/tests/shapes/shapes.proto";
const OLD: &str = "codegen/tests/proto/1.36/api.proto";
const NEXT: &str = "codegen/tests/proto/1.37/api.proto";

/// Command lines, and all that comes of each.
fn transcript(lines: &[&[&str]]) -> String {
    let mut text = String::new();
    for args in lines {
        let output = crictl(args.iter().copied(), &[], "");
        let words: Vec<_> =
            args.iter().map(|word| if word.contains(' ') { format!("'{word}'") } else { (*word).to_owned() }).collect();
        text += &format!("$ crictl {}\n{}{}", words.join(" "), output.stdout, output.errors());
        text += &if output.status == 0 { "\n".to_owned() } else { format!("status {}\n\n", output.status) };
    }
    text
}

/// The output of a command line that is right.
fn output(args: &[&str]) -> String {
    let output = crictl(args.iter().copied(), &[], "");
    assert_eq!((output.status, output.errors()), (0, String::new()), "{args:?}");
    output.stdout
}

/// A folder for the documents that a test writes.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The path of a file that has this in it.
    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        fs::write(self.path(name), content).unwrap();
        self.path(name).to_str().unwrap().to_owned()
    }

    /// What `--data` is given for a document.
    fn data(&self, content: &str) -> String {
        format!("@{}", self.file("document", content))
    }
}

/// The descriptors of a proto, which are the oracle here.
fn pool(proto: &str) -> DescriptorPool {
    let files = protox::compile([proto], [PathBuf::from(proto).parent().unwrap()]).unwrap();
    DescriptorPool::from_file_descriptor_set(files).unwrap()
}
