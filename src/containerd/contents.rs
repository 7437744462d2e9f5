//! Which namespaces there are, and what is in each.

use futures_util::future::try_join_all;
use tokio::try_join;
use tonic::Status;

use crate::containerd::call::{self, Space};
use crate::error::Error;
use crate::generated::containerd::services::containers::v1::Container;
use crate::generated::containerd::services::content::v1::{ListContentRequest, ListContentResponse};
use crate::generated::containerd::services::images::v1::{ListImagesRequest, ListImagesResponse};
use crate::generated::containerd::services::namespaces::v1::{
    ListNamespacesRequest, ListNamespacesResponse, Namespace,
};
use crate::generated::containerd::v1::types::Status as TaskStatus;
use crate::namespace::{CRI, Contents};
use crate::rpc::Client;

/// The label in which containerd's own CRI says what a container is: a `container`, or the `sandbox` of a pod (its
/// `internal/cri/labels`).
pub(super) const KIND: &str = "io.cri-containerd.kind";

/// Every namespace and what is in it, by name.
///
/// # Errors
/// A call failed.
pub(crate) async fn contents(client: &Client<'_>) -> Result<Vec<Contents>, Error> {
    match every(client).await {
        Ok(contents) => Ok(contents),
        Err((method, status)) => Err(client.error(method, &status).await),
    }
}

type Failed = (&'static crate::method::Method, Status);

async fn every(client: &Client<'_>) -> Result<Vec<Contents>, Failed> {
    let named = |status| (&call::NAMESPACES_LIST, status);
    let space = Space::new(client, CRI).map_err(named)?;
    let namespaces = space.namespaces().await.map_err(named)?;
    let spaces = namespaces.into_iter().map(|namespace| async {
        let space = Space::new(client, &namespace.name).map_err(named)?;
        space.contents(namespace).await
    });
    let mut contents = try_join_all(spaces).await?;
    contents.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(contents)
}

/// How many containers, and images, are in the namespaces other than this one; nothing where that can't be known,
/// because it is only to help.
pub(crate) async fn elsewhere(client: &Client<'_>, own: &str) -> Option<(usize, usize)> {
    let others = Space::new(client, CRI).ok()?.namespaces().await.ok()?;
    let others = others.into_iter().filter(|namespace| namespace.name != own).map(|namespace| async move {
        let space = Space::new(client, &namespace.name)?;
        try_join!(space.own_containers(), space.images())
    });
    let counts = try_join_all(others).await.ok()?;
    Some(counts.iter().fold((0, 0), |sum, (containers, images)| (sum.0 + containers.len(), sum.1 + images)))
}

impl Space<'_> {
    /// The namespaces that there are.
    pub(super) async fn namespaces(&self) -> Result<Vec<Namespace>, Status> {
        let request = ListNamespacesRequest::default();
        Ok(self.call::<ListNamespacesResponse>(&call::NAMESPACES_LIST, &request).await?.namespaces)
    }

    async fn contents(&self, namespace: Namespace) -> Result<Contents, Failed> {
        let containers = async { self.own_containers().await.map_err(|status| (&call::CONTAINERS_LIST, status)) };
        let tasks = async { self.tasks().await.map_err(|status| (&call::TASKS_LIST, status)) };
        let images = async { self.images().await.map_err(|status| (&call::IMAGES_LIST, status)) };
        let content = async {
            let request = ListContentRequest::default();
            let listed = self.collect::<ListContentResponse>(&call::CONTENT_LIST, &request).await;
            listed.map_err(|status| (&call::CONTENT_LIST, status))
        };
        let (containers, tasks, images, content) = try_join!(containers, tasks, images, content)?;
        let runs = |container: &&Container| {
            let status = tasks.get(&container.id).map(|task| task.status());
            matches!(status, Some(TaskStatus::Running | TaskStatus::Paused | TaskStatus::Pausing))
        };
        let sizes =
            content.iter().flat_map(|listed| &listed.info).map(|info| u64::try_from(info.size).unwrap_or_default());
        Ok(Contents {
            name: namespace.name,
            labels: namespace.labels,
            running: containers.iter().filter(runs).count(),
            containers: containers.len(),
            images,
            size: sizes.fold(0, u64::saturating_add),
        })
    }

    /// The containers that people count: not what holds the namespaces of a pod.
    async fn own_containers(&self) -> Result<Vec<Container>, Status> {
        let mut containers = self.containers(Vec::new()).await?;
        containers.retain(|container| container.labels.get(KIND).is_none_or(|kind| kind != "sandbox"));
        Ok(containers)
    }

    async fn images(&self) -> Result<usize, Status> {
        let images: ListImagesResponse = self.call(&call::IMAGES_LIST, &ListImagesRequest::default()).await?;
        Ok(images.images.len())
    }
}
