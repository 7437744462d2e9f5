//! Messages as raw bytes: the caller knows what they mean.

use bytes::{Buf, BufMut, Bytes};
use tonic::Status;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};

use crate::rpc::owed::Debt;

/// A codec that neither encodes nor decodes.
#[derive(Debug, Default)]
pub(super) struct BytesCodec(Option<Debt>);

impl BytesCodec {
    /// For the taking of a request, which the server owes us. A server that allows no streams, or no bytes on them,
    /// never does.
    pub(super) fn owing(debt: Debt) -> Self {
        Self(Some(debt))
    }
}

impl Codec for BytesCodec {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self(self.0.take())
    }

    fn decoder(&mut self) -> Self {
        Self::default()
    }
}

impl Encoder for BytesCodec {
    type Item = Bytes;
    type Error = Status;

    /// Called once there is room for the encoded message.
    fn encode(&mut self, item: Bytes, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        self.0 = None;
        buffer.put(item);
        Ok(())
    }
}

impl Decoder for BytesCodec {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(buffer.copy_to_bytes(buffer.remaining())))
    }
}
