//! Calls at the end of a run, whatever has ended it: they tidy up, and nothing of the run is left to make them with.

use std::thread;
use std::time::Duration;

use bytes::Bytes;
use tonic::Request;
use tonic::metadata::MetadataMap;

use crate::method::Method;
use crate::rpc::Client;
use crate::rpc::endpoint::Endpoint;
use crate::rpc::wire::Wire;

/// How long all of them may take.
const LIMIT: Duration = Duration::from_secs(2);

/// How to reach a server once more.
#[derive(Clone)]
pub(crate) struct Parting {
    endpoint: Endpoint,
    metadata: MetadataMap,
}

impl Client<'_> {
    /// The way to the same server, for calls at the end.
    pub(crate) fn parting(&self) -> Parting {
        Parting { endpoint: (*self.endpoint).clone(), metadata: (*self.metadata).clone() }
    }
}

impl Parting {
    /// Makes calls one after another, and waits for them, for two seconds at most. Whether they succeed or not, the run
    /// is over; so nothing is said of them.
    pub(crate) fn make(&self, calls: Vec<(&'static Method, Vec<u8>)>) {
        let Self { endpoint, metadata } = self.clone();
        let all = async move {
            let wire = Wire::new(&endpoint, LIMIT);
            for (method, request) in calls {
                let mut request = Request::new(vec![Bytes::from(request)]);
                *request.metadata_mut() = metadata.clone();
                let _ = wire.one(method, request).await;
            }
        };
        // The run's own runtime does not run any more, or is what this is called from.
        let made = thread::Builder::new().name("parting".to_owned()).spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            if let Ok(runtime) = runtime {
                let _ = runtime.block_on(async { tokio::time::timeout(LIMIT, all).await });
            }
        });
        if let Ok(made) = made {
            let _ = made.join();
        }
    }
}
