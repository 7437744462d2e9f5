//! Calls in which both sides send messages, as no call of the CRI has them.

use std::slice;

use bytes::Bytes;
use futures_util::stream;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tonic::Status;

use crate::method::Method;
use crate::rpc::stream::Source;
use crate::rpc::{Bodies, Client};

/// Sends a call's further messages. The call has all of them when this is dropped.
pub(crate) struct Sender(mpsc::Sender<Bytes>);

impl Sender {
    /// Sends a message. Whether it arrives shows in the answers.
    pub(crate) async fn send(&self, message: Vec<u8>) {
        let _ = self.0.send(message.into()).await;
    }
}

impl<'io> Client<'io> {
    /// Calls a method that takes a stream and answers with one, and sends the first message. Go's server answers no
    /// earlier than with its first message, so this waits for what that one brings about.
    ///
    /// # Errors
    /// The call failed before the server answered.
    pub(crate) async fn converse(
        &self,
        method: &'static Method,
        first: Vec<u8>,
    ) -> Result<(Sender, Bodies<'io>), Status> {
        let first = Bytes::from(first);
        let mut underway = self.begin(method, slice::from_ref(&first));
        let deadline = self.deadline(method, &first);
        let request = self.request(vec![first.clone()], deadline, &underway);
        let (sender, messages) = mpsc::channel(1);
        let sent = stream::unfold((Some(first), messages), |(first, mut messages)| async move {
            match first {
                Some(first) => Some((first, (None, messages))),
                None => messages.recv().await.map(|message| (message, (None, messages))),
            }
        });
        let since = Instant::now();
        let call = self.wire.send(method, request.map(|_| sent));
        match self.wire.within(deadline, since, call).await {
            Ok(answer) => {
                let (headers, bodies, _) = answer.into_parts();
                let bodies = Source::Wire(Box::new(bodies));
                let client = self.clone();
                Ok((Sender(sender), Bodies { bodies, headers, method, client, underway, deadline, since }))
            }
            Err(status) => {
                underway.ended(&status);
                Err(status)
            }
        }
    }
}
