//! What a [`Client`] adds to a call on the wire: its metadata, its lines in log and trace, and what nobody may see.

use std::time::Duration;

use bytes::Bytes;
use tonic::{Request, Status};

use crate::error::hide;
use crate::log::Level;
use crate::method::Method;
use crate::rpc::Client;
use crate::rpc::rerun::Rerun;
use crate::trace::Call;

/// A call that has begun: its span, and its line in the log.
pub(super) struct OpenCall<'io> {
    span: Call,
    rerun: Rerun<'io>,
}

impl OpenCall<'_> {
    pub(super) fn received(&mut self, size: usize) {
        self.span.received(size);
    }

    pub(super) fn ended(&mut self, status: &Status) {
        self.span.ended(status);
        self.rerun.ended(status);
    }
}

impl<'io> Client<'io> {
    pub(super) fn begin(&self, method: &'static Method, requests: &[Bytes]) -> OpenCall<'io> {
        self.log.write(Level::Debug, || format!("calling {} at {}", method.name, self.endpoint));
        let mut span = self.tracer.call(method);
        requests.iter().for_each(|request| span.sent(request.len()));
        OpenCall { span, rerun: Rerun::new(self, method, requests) }
    }

    /// The request with its metadata, including the deadline, so that the server gives up when we do.
    pub(super) fn request(
        &self,
        bodies: Vec<Bytes>,
        deadline: Option<Duration>,
        underway: &OpenCall<'_>,
    ) -> Request<Vec<Bytes>> {
        let mut request = Request::new(bodies);
        *request.metadata_mut() = (*self.metadata).clone();
        underway.span.inject(request.metadata_mut());
        if let Some(deadline) = deadline {
            request.set_timeout(deadline);
        }
        request
    }

    /// The status without the hidden words. A status from our own side contains none.
    pub(super) fn discreet(&self, status: Status) -> Status {
        let message = hide(status.message(), &self.hidden);
        let details = String::from_utf8_lossy(status.details());
        match message == status.message() && !self.hidden.iter().any(|word| details.contains(word)) {
            true => status,
            false => Status::new(status.code(), message),
        }
    }
}
