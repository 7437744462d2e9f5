//! Images.

use crictl::cri::*;
use tonic::Request;

use super::image_service_server::ImageService;
use super::{Answer, Fake, answer};

#[tonic::async_trait]
impl ImageService for Fake {
    async fn list_images(&self, request: Request<ListImagesRequest>) -> Answer<ListImagesResponse> {
        let state = self.called("ListImages").await?;
        let name = request.into_inner().filter.and_then(|filter| filter.image).unwrap_or_default().image;
        let wanted = |image: &&Image| name.is_empty() || state.image(&name).is_some_and(|found| found.id == image.id);
        answer(ListImagesResponse { images: state.images.iter().filter(wanted).cloned().collect() })
    }

    async fn image_status(&self, request: Request<ImageStatusRequest>) -> Answer<ImageStatusResponse> {
        let state = self.called("ImageStatus").await?;
        let request = request.into_inner();
        let image = state.image(&request.image.unwrap_or_default().image).cloned();
        answer(ImageStatusResponse { image, info: state.info(request.verbose) })
    }

    async fn pull_image(&self, request: Request<PullImageRequest>) -> Answer<PullImageResponse> {
        let mut state = self.called("PullImage").await?;
        let name = request.into_inner().image.unwrap_or_default().image;
        if name.contains(' ') {
            return Err(tonic::Status::invalid_argument(format!("{name:?} is no image's name")));
        }
        let id = format!("sha256:{}", state.id());
        state.images.push(Image { id: id.clone(), repo_tags: vec![name], size: 1_088_813, ..Default::default() });
        answer(PullImageResponse { image_ref: id })
    }

    async fn remove_image(&self, request: Request<RemoveImageRequest>) -> Answer<RemoveImageResponse> {
        let mut state = self.called("RemoveImage").await?;
        let id = state.image(&request.into_inner().image.unwrap_or_default().image).map(|image| image.id.clone());
        state.images.retain(|image| Some(&image.id) != id.as_ref());
        answer(RemoveImageResponse {})
    }
}
