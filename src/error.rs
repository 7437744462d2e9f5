//! What went wrong, in a person's words; the only place that makes a status of it.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io;

/// How much of a text is shown that a runtime made: some have a whole log in it.
const SHOWN: usize = 4 << 10;
/// How much of it is shown a second time, behind its code.
const SHOWN_AGAIN: usize = 1 << 10;

/// An error of a run: a kind, a cause, where it happened, and what may help. Boxed, because results carry it
/// through every function and are mostly good.
#[derive(Clone, Debug)]
pub(crate) struct Error(Box<Parts>);

#[derive(Clone, Debug)]
struct Parts {
    kind: Kind,
    cause: String,
    /// What scripts expect before the cause of a failed call.
    step: Option<&'static str>,
    /// What was being done, outermost last.
    contexts: Vec<String>,
    call: Option<Call>,
    hints: Vec<String>,
    /// The help that a usage error shows, where it is not the command's.
    help: Option<String>,
    /// What else failed in the same command.
    also: Vec<Error>,
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
    /// And in which words.
    desc: String,
}

impl Error {
    fn new(kind: Kind, cause: impl Into<String>) -> Self {
        Self(Box::new(Parts {
            kind,
            cause: cause.into(),
            step: None,
            contexts: Vec::new(),
            call: None,
            hints: Vec::new(),
            help: None,
            also: Vec::new(),
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
        error.0.call = Some(Call { method, code, desc: error.0.cause.clone() });
        error
    }

    /// An answer that is not the message it should be.
    pub(crate) fn answer(method: &'static str, message: &str, cause: impl std::fmt::Display) -> Self {
        let cause = cause.to_string();
        Self::call(method, tonic::Code::Internal, format!("the answer is not a {message}: {cause}")).said(cause)
    }

    /// Says it in other words; those of a failed call stay beside its code.
    pub(crate) fn reworded(mut self, cause: impl Into<String>) -> Self {
        self.0.cause = cause.into();
        self
    }

    /// Says what there is to say of a call's code, where the cause says it in other words.
    pub(crate) fn said(mut self, desc: impl Into<String>) -> Self {
        if let Some(call) = &mut self.0.call {
            call.desc = desc.into();
        }
        self
    }

    /// Says which step of a command failed, where the server's own words follow and nobody has said it yet. A cause in
    /// our words stays first.
    pub(crate) fn step(mut self, step: &'static str) -> Self {
        let own_words = self.0.call.as_ref().is_some_and(|call| call.desc == self.0.cause);
        if own_words && self.0.step.is_none() {
            self.0.step = Some(step).filter(|step| !step.is_empty());
        }
        self
    }

    /// The same error without these words of a person, whoever repeated them.
    pub(crate) fn hiding(mut self, words: &[String]) -> Self {
        let parts = &mut *self.0;
        let desc = parts.call.iter_mut().map(|call| &mut call.desc);
        let texts = parts.contexts.iter_mut().chain(&mut parts.hints).chain(desc);
        for text in texts.chain([&mut parts.cause]) {
            *text = hide(text, words);
        }
        self
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

    /// One line: the cause, what was being done, the method and its code, what may help. Of a cause that is very
    /// long it has the beginning.
    pub(crate) fn line(&self) -> String {
        self.written(SHOWN, SHOWN_AGAIN)
    }

    /// The whole line, if [`Error::line`] lacks some of it.
    pub(crate) fn whole(&self) -> Option<String> {
        let errors = [self].into_iter().chain(&self.0.also);
        let long = errors.map(|error| error.0.cause.len()).any(|length| length > SHOWN);
        long.then(|| self.written(usize::MAX, SHOWN_AGAIN))
    }

    fn written(&self, shown: usize, again: usize) -> String {
        let step = self.0.step.map(|step| format!("{step}: ")).unwrap_or_default();
        let mut line = step + &beginning(&self.0.cause, shown, "; -D shows them");
        for context in &self.0.contexts {
            let _ = write!(line, ", {context}");
        }
        if let Some(call) = &self.0.call {
            // Scripts look for this rendering, which is Go's, and for both halves of it at once.
            let desc = beginning(&call.desc, again, "");
            let _ = write!(line, " ({}: rpc error: code = {:?} desc = {desc})", call.method, call.code);
        }
        for hint in &self.0.hints {
            let _ = write!(line, "; {hint}");
        }
        for error in &self.0.also {
            let _ = write!(line, "; also: {}", error.written(shown, again));
        }
        line
    }

    /// Several errors of one command as one, in their order; a single one stays itself.
    pub(crate) fn join(errors: Vec<Self>) -> Result<(), Self> {
        let mut errors = errors.into_iter();
        let Some(mut first) = errors.next() else { return Ok(()) };
        first.0.also.extend(errors);
        if !first.0.also.is_empty() {
            first.0.kind = Kind::Failure;
        }
        Err(first)
    }
}

/// The first bytes of a text, and how many are missing.
fn beginning<'a>(text: &'a str, length: usize, note: &str) -> Cow<'a, str> {
    let shown = &text[..text.floor_char_boundary(length)];
    match text.len() - shown.len() {
        0 => Cow::Borrowed(text),
        missing => Cow::Owned(format!("{shown}... ({missing} bytes more{note})")),
    }
}

/// The text with three stars in the place of each of these words, also where it quotes them.
pub(crate) fn hide(text: &str, words: &[String]) -> String {
    words.iter().filter(|word| !word.is_empty()).fold(text.to_owned(), |text, word| text.replace(word, "***"))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn call(cause: impl Into<String>) -> Error {
        Error::call("PullImage", tonic::Code::NotFound, cause)
    }

    #[test]
    fn the_cause_is_first_and_the_rendering_of_go_is_whole() {
        let error = call("no such image").context("for pod \"p\"").hint("look").step("pulling image");
        let line = "pulling image: no such image, for pod \"p\" \
                    (PullImage: rpc error: code = NotFound desc = no such image); look";
        assert_eq!(error.line(), line);
        assert_eq!(Error::failure("x").step("pulling image").line(), "x");
        let error = call("gone").reworded("in our words");
        assert_eq!(error.line(), "in our words (PullImage: rpc error: code = NotFound desc = gone)");
    }

    #[test]
    fn a_long_cause_is_cut_and_the_whole_is_there_for_who_asks() {
        let error = call(format!("{}é", "x".repeat(SHOWN - 1))).context("pulling");
        let line = error.line();
        assert!(line.starts_with(&format!("{}... (2 bytes more; -D shows them), pulling", "x".repeat(SHOWN - 1))));
        assert!(line.len() < SHOWN + SHOWN_AGAIN + 200, "{}", line.len());
        assert!(error.whole().is_some_and(|whole| whole.starts_with(&format!("{}é, p", "x".repeat(SHOWN - 1)))));
        assert_eq!(call("x".repeat(SHOWN)).whole(), None);
        let several = Error::join(vec![call("short"), error]).expect_err("two errors");
        assert!(several.whole().is_some());
    }

    #[test]
    fn several_errors_are_one_line() {
        let several = Error::join(vec![Error::status(3, "three").hint("h"), Error::failure("four")]);
        let several = several.expect_err("two errors");
        assert_eq!((several.line().as_str(), several.exit()), ("three; h; also: four", 1));
        assert!(Error::join(Vec::new()).is_ok());
    }

    #[test]
    fn hidden_words_are_nowhere_in_an_error() {
        let words = ["-pS3cret".to_owned(), String::new()];
        let error = call("no -pS3cret").context("at -pS3cret").hint("try -pS3cret").hiding(&words);
        let line = "no ***, at *** (PullImage: rpc error: code = NotFound desc = no ***); try ***";
        assert_eq!(error.line(), line);
    }
}
