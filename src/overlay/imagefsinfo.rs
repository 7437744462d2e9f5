//! `crictl imagefsinfo`: the filesystems that hold images and containers.

use clap::Args;

use crate::args::go::Parsed;
use crate::command::{ANY, Overlay, args};
use crate::context::Context;
use crate::error::Error;
use crate::generated::cri::{FilesystemUsage, ImageFsInfoRequest, ImageFsInfoResponse};
use crate::schema::{self, Value};
use crate::view::usage::number;
use crate::view::{Encoding, STATUS, View, human};

pub(crate) const OVERLAY: Overlay = Overlay {
    name: "imagefsinfo",
    about: "Show how much space images and containers use",
    // Upstream takes words here and heeds none.
    words: ANY,
    example: "crictl imagefsinfo -o table",
    arguments: ImagefsinfoArgs::augment_args,
    values: &[("output", STATUS)],
    calls: &["ImageFsInfo"],
    run: |ctx, parsed| Box::pin(run(ctx, parsed)),
    ..Overlay::DEFAULT
};

#[derive(Args, Debug)]
struct ImagefsinfoArgs {
    /// Output format
    #[arg(long, short, value_name = "FORMAT", default_value = "json")]
    output: String,
    /// Go template, for -o go-template
    #[arg(long, value_name = "TEMPLATE", default_value = "", hide_default_value = true)]
    template: String,
}

async fn run(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<(), Error> {
    let args: ImagefsinfoArgs = args(parsed)?;
    let images = ctx.image().await?;
    // Upstream calls once to see whether the runtime answers, and shows the second answer. We do the same, for scripts
    // that watch the calls and for runtimes that fail every other one.
    images.image_fs_info(ImageFsInfoRequest {}).await?;
    let response = images.image_fs_info(ImageFsInfoRequest {}).await?;
    if args.output == "table" {
        return ctx.print(&View::Text(table(&response)));
    }
    let document = Value::object([("status", schema::view(&response))]);
    ctx.print(&View::Status(document, Encoding::of_status(&args.output, &args.template)?))
}

fn table(response: &ImageFsInfoResponse) -> Vec<String> {
    let containers = response.container_filesystems.iter().enumerate().flat_map(filesystem);
    let images = response.image_filesystems.iter().enumerate().flat_map(filesystem);
    // Upstream's titles end in a space.
    ["Container Filesystem ".to_owned()]
        .into_iter()
        .chain(containers)
        .chain(["Image Filesystem ".to_owned()])
        .chain(images)
        .collect()
}

fn filesystem((index, usage): (usize, &FilesystemUsage)) -> [String; 4] {
    let mountpoint = usage.fs_id.as_ref().map_or("", |id| &id.mountpoint);
    [
        format!("TimeStamp[{index}]: {}", usage.timestamp),
        format!("Disk[{index}]: {}", human::size(number(usage.used_bytes.as_ref()), 4)),
        format!("Inodes[{index}]: {}", number(usage.inodes_used.as_ref())),
        format!("Mountpoint[{index}]: {mountpoint}"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filesystems_are_numbered_for_each_kind_and_may_lack_everything() {
        let usage = FilesystemUsage { timestamp: 7, ..Default::default() };
        let response = ImageFsInfoResponse { image_filesystems: vec![usage], container_filesystems: Vec::new() };
        let image = "Image Filesystem \nTimeStamp[0]: 7\nDisk[0]: 0B\nInodes[0]: 0\nMountpoint[0]: \n";
        assert_eq!(View::Text(table(&response)), View::text(&format!("Container Filesystem \n{image}")));
    }
}
