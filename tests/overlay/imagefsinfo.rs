use crictl::cri::*;

use crate::support::fake::{Fake, Served};

fn serve() -> Served {
    let usage = FilesystemUsage {
        timestamp: 5,
        fs_id: Some(FilesystemIdentifier { mountpoint: "/var/lib/images".to_owned() }),
        used_bytes: Some(UInt64Value { value: 1_500_000 }),
        inodes_used: Some(UInt64Value { value: 12 }),
    };
    let answer = ImageFsInfoResponse { image_filesystems: vec![usage], ..Default::default() };
    Fake::new().answering("ImageFsInfo", &answer).serve()
}

#[test]
fn imagefsinfo_has_lines_of_its_own_as_a_table() {
    let fake = serve();
    let expected = "\
Container Filesystem 
Image Filesystem 
TimeStamp[0]: 5
Disk[0]: 1.5MB
Inodes[0]: 12
Mountpoint[0]: /var/lib/images
";
    assert_eq!(fake.run(["imagefsinfo", "-o", "table"]).all(), (expected, String::new(), 0));
    assert_eq!(fake.fake.state().calls, ["ImageFsInfo", "ImageFsInfo"]);
}

#[test]
fn imagefsinfo_takes_a_template_and_heeds_no_words() {
    let template = "{{(index .status.imageFilesystems 0).fsId.mountpoint}}";
    let output = serve().run(["imagefsinfo", "-o", "go-template", "--template", template, "stray"]);
    assert_eq!(output.all(), ("/var/lib/images\n", String::new(), 0));
}

#[test]
fn imagefsinfo_refuses_a_format_that_it_has_not() {
    let output = serve().run(["imagefsinfo", "-o", "xml"]);
    assert_eq!((output.stdout.as_str(), output.status), ("", 1));
    assert_eq!(output.message(), "unsupported output format \"xml\": use json, yaml or go-template");
}
