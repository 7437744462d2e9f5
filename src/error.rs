//! What went wrong, in a person's words; the only place that makes a status of it.

use std::fmt::Write as _;
use std::io;

/// An error of a run: a kind, a cause, where it happened, and what may help. Boxed, because results carry it
/// through every function and are mostly good.
#[derive(Clone, Debug)]
pub(crate) struct Error(Box<Parts>);

#[derive(Clone, Debug)]
struct Parts {
    kind: Kind,
    cause: String,
    /// What was being done, outermost last.
    contexts: Vec<String>,
    call: Option<Call>,
    hints: Vec<String>,
    /// The help that a usage error shows, where it is not the command's.
    help: Option<String>,
}

/// What kind of error it is; it alone decides the status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The command line is wrong: the reason and the help go to stdout too.
    Usage,
    /// The command was given nothing it can work on; its help is the whole answer, and upstream calls that success.
    Help,
    /// No command or help topic has that name.
    Topic,
    /// Anything that failed while the command ran.
    Failure,
    /// The reader of our output has gone; nobody is left to tell.
    BrokenPipe,
    /// The person, or a supervisor, asked us to stop.
    Interrupted,
    /// Failed, and with a status of the command's own: a remote exit status, or `rpc`'s 64 + gRPC code.
    Status(u8),
}

/// The call that failed.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// The method, `ListContainers`.
    pub(crate) method: &'static str,
    /// What the server, or the transport, said.
    pub(crate) code: tonic::Code,
}

impl Error {
    fn new(kind: Kind, cause: impl Into<String>) -> Self {
        Self(Box::new(Parts {
            kind,
            cause: cause.into(),
            contexts: Vec::new(),
            call: None,
            hints: Vec::new(),
            help: None,
        }))
    }

    pub(crate) fn failure(cause: impl Into<String>) -> Self {
        Self::new(Kind::Failure, cause)
    }

    pub(crate) fn usage(cause: impl Into<String>) -> Self {
        Self::new(Kind::Usage, cause)
    }

    pub(crate) fn help() -> Self {
        Self::new(Kind::Help, "")
    }

    pub(crate) fn topic(name: &str) -> Self {
        Self::new(Kind::Topic, format!("No help topic for '{name}'"))
    }

    pub(crate) fn interrupted() -> Self {
        Self::new(Kind::Interrupted, "interrupted")
    }

    pub(crate) fn status(status: u8, cause: impl Into<String>) -> Self {
        Self::new(Kind::Status(status), cause)
    }

    /// A failed call: what the server said, which method, which code.
    pub(crate) fn call(method: &'static str, code: tonic::Code, cause: impl Into<String>) -> Self {
        let mut error = Self::new(Kind::Failure, cause);
        error.0.call = Some(Call { method, code });
        error
    }

    /// An answer that is not the message it should be.
    pub(crate) fn answer(method: &'static str, message: &str, cause: impl std::fmt::Display) -> Self {
        Self::call(method, tonic::Code::Internal, format!("the answer is not a {message}: {cause}"))
    }

    /// Says what was being done.
    pub(crate) fn context(mut self, context: impl Into<String>) -> Self {
        self.0.contexts.push(context.into());
        self
    }

    /// Says what may help.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hints.push(hint.into());
        self
    }

    /// The same error with a status of the command's own.
    pub(crate) fn with_status(mut self, status: u8) -> Self {
        self.0.kind = Kind::Status(status);
        self
    }

    /// Says which help belongs to it, where it is not the command's.
    pub(crate) fn with_help(mut self, help: String) -> Self {
        self.0.help = Some(help);
        self
    }

    pub(crate) fn own_help(&self) -> Option<&str> {
        self.0.help.as_deref()
    }

    pub(crate) fn kind(&self) -> Kind {
        self.0.kind
    }

    pub(crate) fn cause(&self) -> &str {
        &self.0.cause
    }

    /// The gRPC code, if a call failed.
    pub(crate) fn code(&self) -> Option<tonic::Code> {
        self.0.call.as_ref().map(|call| call.code)
    }

    /// The process's exit status: behaviour of crictl, and 128 + SIGPIPE where the reader has gone.
    pub(crate) fn exit(&self) -> u8 {
        match self.0.kind {
            Kind::Help => 0,
            Kind::Usage | Kind::Failure | Kind::Interrupted => 1,
            Kind::Topic => 3,
            Kind::BrokenPipe => 141,
            Kind::Status(status) => status,
        }
    }

    /// One line: the cause, what was being done, the method and its code, what may help.
    pub(crate) fn line(&self) -> String {
        let mut line = self.0.cause.clone();
        for context in &self.0.contexts {
            let _ = write!(line, ", {context}");
        }
        if let Some(call) = &self.0.call {
            // Scripts look for this rendering of the code, which is Go's.
            let _ = write!(line, " ({}: rpc error: code = {:?})", call.method, call.code);
        }
        for hint in &self.0.hints {
            let _ = write!(line, "; {hint}");
        }
        line
    }

    /// Several errors of one command as one, in their order; a single one stays itself.
    pub(crate) fn join(mut errors: Vec<Self>) -> Result<(), Self> {
        match (errors.pop(), errors.as_slice()) {
            (None, _) => Ok(()),
            (Some(error), []) => Err(error),
            (Some(last), earlier) => {
                let lines: Vec<_> = earlier.iter().chain([&last]).map(Self::line).collect();
                Err(Self::failure(lines.join("\n")))
            }
        }
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::new(Kind::BrokenPipe, "nobody reads the output"),
            _ => Self::failure(lower(&error)),
        }
    }
}

/// An I/O error's words without Rust's `(os error N)`, in lower case as all of ours.
pub(crate) fn lower(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut chars = text.chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
}
