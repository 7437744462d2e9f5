//! The typed calls of the generated clients, over those of bytes.

use std::marker::PhantomData;

use bytes::Bytes;

use crate::error::Error;
use crate::method::{Caller, Method};
use crate::rpc::{Client, Messages};
use crate::schema::Described;

impl<'io> Caller for Client<'io> {
    type Error = Error;
    type Stream<Response: Described> = Messages<'io, Response>;

    async fn unary<Request: Described, Response: Described>(
        &self,
        method: &'static Method,
        request: Request,
    ) -> Result<Response, Error> {
        let bytes = self.unary_bytes(method, request.encode_to_vec()).await?;
        read(method, bytes)
    }

    async fn stream<Request: Described, Response: Described>(
        &self,
        method: &'static Method,
        request: Request,
    ) -> Result<Messages<'io, Response>, Error> {
        let bodies = self.stream_bytes(method, request.encode_to_vec()).await?;
        Ok(Messages { bodies, response: PhantomData })
    }
}

pub(super) fn read<Response: Described>(method: &'static Method, bytes: Bytes) -> Result<Response, Error> {
    Response::decode(bytes).map_err(|error| Error::answer(method.name, Response::SCHEMA.name, error))
}
