//! The interface that generated code is written against: what a method is, what its flags are, and who can call one. It
//! uses no other module but the tables.

pub mod flag;
mod given;

pub use flag::Flag;
pub use given::{Given, Source};

use crate::schema::{Described, Fields, Message};

/// One method of a service.
#[derive(Debug)]
pub struct Method {
    /// The service without its package, `RuntimeService`.
    pub service: &'static str,
    /// The method as the proto spells it, `ListContainers`.
    pub name: &'static str,
    /// The path of the HTTP/2 request, `/runtime.v1.RuntimeService/ListContainers`.
    pub path: &'static str,
    /// The word after `crictl rpc`, `list-containers`.
    pub command: &'static str,
    /// One line of prose, empty if there is none.
    pub doc: &'static str,
    /// Who sends how many messages.
    pub flow: Flow,
    /// The table of the request.
    pub request: &'static Message,
    /// The table of the response.
    pub response: &'static Message,
    /// What the timeout of a call means for the method.
    pub deadline: Deadline,
    /// The flags of its command.
    pub flags: Flags,
}

/// How long a call may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deadline {
    /// As long as the timeout says.
    Timeout,
    /// Twice as long.
    Twice,
    /// The field with this number holds seconds to add to the timeout, or to subtract if negative.
    Grace(u32),
    /// As [`Deadline::Grace`], but unlimited if the field holds no positive number of seconds.
    Limit(u32),
    /// Unlimited.
    None,
}

/// Where the flags of a method's command are.
#[derive(Clone, Copy, Debug)]
pub enum Flags {
    /// In the generated code, by the method's path.
    Code,
    /// In a table that is made at run time.
    Table(&'static flag::Table),
    /// Nowhere yet, as the tables of the request and the response: whoever needs them makes them.
    Later,
}

/// In the place of the table of a message, where nobody has made it.
static UNKNOWN: Message = Message { name: "", doc: "", fields: Fields::Known(&[]) };

impl Method {
    /// A method of which only as much is there as a call needs.
    pub(crate) const fn without_tables(
        service: &'static str,
        name: &'static str,
        path: &'static str,
        command: &'static str,
        flow: Flow,
        deadline: Deadline,
    ) -> Self {
        let (request, response, flags) = (&UNKNOWN, &UNKNOWN, Flags::Later);
        Self { service, name, path, command, doc: "", flow, request, response, deadline, flags }
    }

    /// Whether it is one of the CRI's, of any version.
    pub(crate) fn is_of_the_cri(&self) -> bool {
        self.path.starts_with("/runtime.")
    }
}

/// Who sends how many messages. The build refuses a stream of requests for a typed client: no method of the CRI has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// One request, one response.
    Unary,
    /// One request, a stream of responses.
    ServerStream,
    /// A stream of requests, one response.
    ClientStream,
    /// Streams both ways.
    Duplex,
}

impl Flow {
    /// Whether several requests belong to one call.
    pub fn takes_several(self) -> bool {
        matches!(self, Self::ClientStream | Self::Duplex)
    }

    /// Whether several messages may be the answer.
    pub fn answers_several(self) -> bool {
        matches!(self, Self::ServerStream | Self::Duplex)
    }
}

/// Something that carries a call to a server. Generated clients are written over it.
pub trait Caller {
    /// Why a call failed.
    type Error;
    /// The responses of a server stream.
    type Stream<Response: Described>;

    /// Calls a unary method.
    fn unary<Request: Described, Response: Described>(
        &self,
        method: &'static Method,
        request: Request,
    ) -> impl Future<Output = Result<Response, Self::Error>>;

    /// Calls a method that answers with a stream.
    fn stream<Request: Described, Response: Described>(
        &self,
        method: &'static Method,
        request: Request,
    ) -> impl Future<Output = Result<Self::Stream<Response>, Self::Error>>;
}
