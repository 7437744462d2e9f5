//! Errors in words for people. Only this file turns an error into an exit status.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io;

/// How much of a text from the runtime is shown: some texts contain a whole log.
const SHOWN: usize = 4 << 10;
/// How much of it is shown a second time, after the gRPC code.
const SHOWN_AGAIN: usize = 1 << 10;

/// An error of a run: its kind, its cause, where it happened, and what may help. Boxed, because every result carries it
/// and few results are errors.
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
    /// The help to show with a usage error, if it is not the command's own.
    help: Option<String>,
    /// What else failed in the same command.
    also: Vec<Error>,
}

/// The kind of an error; it alone decides the exit status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The command line is wrong: the reason and the help go to stdout too.
    Usage,
    /// The command got no arguments to work on. Its help is the whole answer, and upstream counts that as success.
    Help,
    /// No command or help topic has that name.
    Topic,
    /// Anything that failed while the command ran.
    Failure,
    /// The reader of our output has gone, so there is nobody left to tell.
    BrokenPipe,
    /// The person, or a supervisor, asked us to stop.
    Interrupted,
    /// Failed with an exit status of the command's own: a remote exit status, or `rpc`'s 64 + gRPC code.
    Status(u8),
}

/// The call that failed.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// The method, `ListContainers`.
    pub(crate) method: &'static str,
    /// The code that the server or the transport gave.
    pub(crate) code: tonic::Code,
    /// The words that came with the code.
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

    /// An answer that is not a valid message of its type.
    pub(crate) fn answer(method: &'static str, message: &str, cause: impl std::fmt::Display) -> Self {
        let cause = cause.to_string();
        Self::call(method, tonic::Code::Internal, format!("the answer is not a {message}: {cause}")).said(cause)
    }

    /// Replaces the cause; the words of a failed call stay beside its code.
    pub(crate) fn reworded(mut self, cause: impl Into<String>) -> Self {
        self.0.cause = cause.into();
        self
    }

    /// Sets the words shown beside a call's code, for a cause that is worded differently.
    pub(crate) fn said(mut self, desc: impl Into<String>) -> Self {
        if let Some(call) = &mut self.0.call {
            call.desc = desc.into();
        }
        self
    }

    /// Names the step of a command that failed, unless a step is set already. Only errors in the server's own words
    /// need it: a cause in our words stays first.
    pub(crate) fn step(mut self, step: &'static str) -> Self {
        let own_words = self.0.call.as_ref().is_some_and(|call| call.desc == self.0.cause);
        if own_words && self.0.step.is_none() {
            self.0.step = Some(step).filter(|step| !step.is_empty());
        }
        self
    }

    /// The same error with these words of the user removed, no matter who repeated them.
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

    /// The same error with another exit status.
    pub(crate) fn with_status(mut self, status: u8) -> Self {
        self.0.kind = Kind::Status(status);
        self
    }

    /// Sets the help to show with the error, if it is not the command's own.
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

    /// The exit status of the process: crictl's, or 128 + SIGPIPE if the reader has gone.
    pub(crate) fn exit(&self) -> u8 {
        match self.0.kind {
            Kind::Help => 0,
            Kind::Usage | Kind::Failure | Kind::Interrupted => 1,
            Kind::Topic => 3,
            Kind::BrokenPipe => 141,
            Kind::Status(status) => status,
        }
    }

    /// One line: the cause, what was being done, the method and its code, what may help. A very long cause is cut.
    pub(crate) fn line(&self) -> String {
        self.written(SHOWN, SHOWN_AGAIN)
    }

    /// The whole line, if [`Error::line`] cut some of it.
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
            // Scripts look for this text, which is how Go formats the error, and some of them match both halves at
            // once.
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

    /// Joins several errors of one command into one, in order; a single error is returned unchanged.
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

/// The first bytes of a text, and how many bytes were left out.
fn beginning<'a>(text: &'a str, length: usize, note: &str) -> Cow<'a, str> {
    let shown = &text[..text.floor_char_boundary(length)];
    match text.len() - shown.len() {
        0 => Cow::Borrowed(text),
        missing => Cow::Owned(format!("{shown}... ({missing} more bytes{note})")),
    }
}

/// The text with each of these words replaced by three stars.
pub(crate) fn hide(text: &str, words: &[String]) -> String {
    words.iter().filter(|word| !word.is_empty()).fold(text.to_owned(), |text, word| text.replace(word, "***"))
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::new(Kind::BrokenPipe, "the reader of the output has gone"),
            _ => Self::failure(lower(&error)),
        }
    }
}

/// An I/O error's words without Rust's `(os error N)` and the full stop of Windows, in lower case like all our messages.
pub(crate) fn lower(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default().trim_end_matches('.');
    let mut chars = text.chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
}

/// The words as a choice: `table, json or yaml`.
pub(crate) fn either(words: &[&str]) -> String {
    match words {
        [first @ .., last] if !first.is_empty() => format!("{} or {last}", first.join(", ")),
        words => words.concat(),
    }
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
        assert!(line.starts_with(&format!("{}... (2 more bytes; -D shows them), pulling", "x".repeat(SHOWN - 1))));
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
