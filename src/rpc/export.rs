//! The only call that is not one of the CRI: it sends spans to an OpenTelemetry collector.

use std::time::Duration;

use http::uri::PathAndQuery;
use tonic::client::Grpc;
use tonic::{Request, Status};

use crate::error::Error;
use crate::rpc::codec::BytesCodec;
use crate::rpc::connect::Connection;
use crate::rpc::endpoint::Endpoint;
use crate::rpc::owed::Owed;
use crate::rpc::{connect, status};

const PATH: &str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";

/// Sends an encoded request to the collector at `host:port`.
///
/// # Errors
/// Nobody listens there, it refuses the request, or it takes longer than `timeout`.
pub(crate) async fn send(address: &str, request: Vec<u8>, timeout: Duration) -> Result<(), Error> {
    let endpoint = Endpoint::Tcp(address.to_owned());
    let sent = async {
        let mut grpc = Grpc::new(connect::channel(&endpoint, &Connection::default(), &Owed::default()));
        grpc.ready().await.map_err(|error| Status::from_error(error.into()))?;
        grpc.unary(Request::new(request.into()), PathAndQuery::from_static(PATH), BytesCodec::default()).await
    };
    let failed = |cause: String| Error::failure(format!("{endpoint}: {cause}")).context("sending the trace");
    match tokio::time::timeout(timeout, sent).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(status)) => Err(failed(status::root(&status))),
        Err(_) => Err(failed(format!("no answer within {timeout:?}"))),
    }
}
