//! The state of a running container in a file: a tar of the files that CRIU makes. containerd puts it into its content
//! store (`Checkpoint` in `plugins/services/tasks/local.go`), from where it is copied; a lease keeps it there meanwhile,
//! and lets go of it afterwards. What containerd's own CRI writes is another archive, with the container's files and its
//! settings for a kubelet.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use prost::Message as _;
use tonic::Status;
use uuid::Uuid;

use crate::containerd::call::{self, Space};
use crate::generated::containerd::services::content::v1::{ReadContentRequest, ReadContentResponse};
use crate::generated::containerd::services::leases::v1::{CreateRequest, CreateResponse, DeleteRequest};
use crate::generated::containerd::services::tasks::v1::{CheckpointTaskRequest, CheckpointTaskResponse};
use crate::generated::containerd::types::Descriptor;
use crate::generated::cri;

/// What the tar is called in the content store (`MediaTypeContainerd1Checkpoint` in `core/images/mediatypes.go`).
const TAR: &str = "application/vnd.containerd.container.criu.checkpoint.criu.tar";

/// Where containerd looks for the lease of a call (its `core/leases/grpc.go`).
const LEASE: &str = "containerd-lease";

/// The label of a lease that ends by itself (its `core/metadata/gc.go`), and how long ours lives, in nanoseconds: a day, as
/// containerd's clients have it.
const EXPIRE: &str = "containerd.io/gc.expire";
const LONGEST: i128 = 86_400_000_000_000;

impl Space<'_> {
    pub(super) async fn checkpoint_container(
        &self,
        request: &cri::CheckpointContainerRequest,
    ) -> Result<cri::CheckpointContainerResponse, Status> {
        let container = self.container(&request.container_id).await?;
        self.check_running(&container).await?;
        if !self.is_local() {
            return Err(Status::failed_precondition(format!(
                "a checkpoint is written by this machine, and containerd is at {}",
                self.client.endpoint()
            )));
        }
        let id = format!("crictl-{}", Uuid::new_v4().simple());
        // Should nobody be left to end it, it ends itself.
        let until = jiff::Timestamp::from_nanosecond(i128::from(self.now()) + LONGEST).unwrap_or_default();
        let labels = [(EXPIRE.to_owned(), until.to_string())].into();
        let created = CreateRequest { id: id.clone(), labels };
        self.call::<CreateResponse>(&call::LEASES_CREATE, &created).await?;
        let written = self.leased(&id, &container.id, Path::new(&request.location)).await;
        // Synchronously: nothing of it is left in the store when the command is done.
        let deleted = self.find::<()>(&call::LEASES_DELETE, &DeleteRequest { id, sync: true }).await;
        // What went wrong first is the better news.
        written.and_then(|()| deleted.map(|_| cri::CheckpointContainerResponse {}))
    }

    /// Makes a checkpoint, which a lease holds, and copies it to a file.
    async fn leased(&self, lease: &str, id: &str, path: &Path) -> Result<(), Status> {
        let mut metadata = self.client.metadata().clone();
        metadata.insert(LEASE, lease.parse().map_err(|_| Status::internal("a lease without a name"))?);
        let held = Space { client: self.client.behind(metadata), name: self.name.clone() };
        let request = CheckpointTaskRequest { container_id: id.to_owned(), ..Default::default() };
        let made: CheckpointTaskResponse = held.call(&call::TASKS_CHECKPOINT, &request).await?;
        let tar = made.descriptors.into_iter().find(|part| part.media_type == TAR);
        let tar =
            tar.ok_or_else(|| Status::internal("containerd has made a checkpoint without the state of the processes"))?;
        let failed = |error: io::Error| Status::failed_precondition(format!("{}: {error}", path.display()));
        let file = created(path).map_err(failed)?;
        let copied = self.copy(&tar, file, failed).await;
        if copied.is_err() {
            // Half a checkpoint is none.
            let _ = fs::remove_file(path);
        }
        copied
    }

    /// Copies a document of the content store, which may be larger than the memory.
    async fn copy(
        &self,
        document: &Descriptor,
        mut file: File,
        failed: impl Fn(io::Error) -> Status,
    ) -> Result<(), Status> {
        let request = ReadContentRequest { digest: document.digest.clone(), offset: 0, size: document.size };
        let mut bodies = self.client.open(&call::CONTENT_READ_LONG, request.encode_to_vec()).await?;
        while let Some(bytes) = bodies.message().await? {
            let piece: ReadContentResponse = call::read(&call::CONTENT_READ_LONG, bytes)?;
            file.write_all(&piece.data).map_err(&failed)?;
        }
        file.sync_all().map_err(failed)
    }
}

/// A new file, or an old one emptied. Whatever the processes have in their memory is in it, so it is for us alone.
fn created(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
