//! Sends a request, and receives one message or a stream of messages.

use std::time::Duration;

use tonic::Status;

use crate::api::answer::Answer;
use crate::api::report::Report;
use crate::api::request::Request;
use crate::context::Context;
use crate::error::Error;
use crate::gotext::GoDuration;
use crate::rpc::Client;
use crate::signal;

/// Why an answer ended early.
enum Failed {
    /// The call failed.
    Call(Status),
    /// We ended it.
    Own(Error),
}

impl From<Status> for Failed {
    fn from(status: Status) -> Self {
        Self::Call(status)
    }
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self::Own(error)
    }
}

/// Makes a call, with one request or a stream of them, and shows the answer as it arrives.
///
/// # Errors
/// The call failed, or its answer can't be shown.
pub(crate) async fn exchange(
    ctx: &mut Context<'_>,
    answer: &Answer<'_>,
    client: &Client<'_>,
    requests: Vec<Request>,
) -> Result<(), Error> {
    let stream = answer.method.flow.answers_several();
    let time = answer.args.duration.and_then(GoDuration::positive).unwrap_or(Duration::MAX);
    // An interrupted stream ends cleanly; if a document is to be written, it is written first.
    ctx.stops_cleanly = stream;
    let cancellation = ctx.io.cancellation.clone();
    let interrupted = signal::interrupted(ctx.io.signals, &cancellation);
    let mut report = Report::begin(ctx, answer, client, &requests);
    let ended = {
        let over = async {
            tokio::time::sleep(time).await;
            // If the server still owes something, the stream is not over: we wait for it, and it is an error if it
            // never comes.
            client.settled().await;
        };
        tokio::select! {
            biased;
            received = receive(ctx, answer, client, requests, &mut report) => received,
            () = over => Ok(()),
            () = interrupted, if stream && answer.args.enrich => Ok(()),
        }
    };
    let error = match ended {
        Ok(()) => None,
        Err(Failed::Own(error)) => return Err(error),
        Err(Failed::Call(status)) => {
            let error = client.error(answer.method, &status).await;
            report.failed(ctx, &status, &error);
            Some(error)
        }
    };
    report.end(ctx)?;
    error.map_or(Ok(()), Err)
}

async fn receive(
    ctx: &mut Context<'_>,
    answer: &Answer<'_>,
    client: &Client<'_>,
    requests: Vec<Request>,
    report: &mut Report<'_>,
) -> Result<(), Failed> {
    let stream = answer.method.flow.answers_several();
    let requests = requests.into_iter().map(|request| request.bytes).collect();
    let mut bodies = client.open_several(answer.method, requests).await?;
    report.headers(ctx, bodies.headers());
    let mut count: i64 = 0;
    while let Some(body) = bodies.message().await? {
        count += 1;
        report.message(ctx, &body)?;
        if !answer.args.enrich {
            answer.print(ctx, answer.method.response, &body, answer.form())?;
        }
        if count == answer.args.max_messages {
            return Ok(());
        }
    }
    if !stream && count != 1 {
        return Err(Status::internal(format!("expected one message, got {count}")).into());
    }
    report.trailers(ctx, &bodies.trailers().await?);
    Ok(())
}
