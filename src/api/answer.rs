//! What comes back: one message, or a stream of them.

use std::time::Duration;

use crate::api::call::CallArgs;
use crate::args::parse::GoDuration;
use crate::context::Context;
use crate::error::Error;
use crate::method::Method;
use crate::rpc::Client;
use crate::schema::{self, Value};
use crate::view::{Encoding, View};

/// Calls a method that answers once, and prints the answer.
pub(crate) async fn unary(
    ctx: &mut Context<'_>,
    method: &'static Method,
    client: &Client<'_>,
    request: Vec<u8>,
    encoding: Encoding,
) -> Result<(), Error> {
    let response = client.unary_bytes(method, request).await?;
    ctx.print(&View::List(answer(method, &response)?, encoding))
}

/// Calls a method that answers with a stream, and prints each message as it comes.
pub(crate) async fn stream(
    ctx: &mut Context<'_>,
    method: &'static Method,
    client: &Client<'_>,
    request: Vec<u8>,
    encoding: Encoding,
    args: &CallArgs,
) -> Result<(), Error> {
    ctx.stops_cleanly = true;
    let time = args.duration.and_then(GoDuration::positive).unwrap_or(Duration::MAX);
    let messages = async {
        let mut bodies = client.stream_bytes(method, request).await?;
        let mut count = 0;
        while let Some(body) = bodies.next().await? {
            ctx.print(&View::Item(answer(method, &body)?, encoding.clone()))?;
            count += 1;
            if count == args.max_messages {
                break;
            }
        }
        Ok(())
    };
    // Running out of time is how such a stream is meant to end.
    tokio::time::timeout(time, messages).await.unwrap_or(Ok(()))
}

fn answer(method: &'static Method, bytes: &[u8]) -> Result<Value, Error> {
    schema::decode(method.response, bytes).map_err(|error| Error::answer(method.name, method.response.name, error))
}
