//! What a command works with: settings, clients, streams, clock. The first parameter of every command.

mod services;

use std::io::Write;
use std::rc::Rc;
use std::time::SystemTime;

use crictl_codegen::file;
use jiff::tz::TimeZone;
use tonic::metadata::MetadataMap;

use crate::config::{Env, Origin, Service, Settings};
use crate::containerd;
use crate::error::{Error, lower};
use crate::generated::client::{ImageService, RuntimeService};
use crate::io::{Io, Streams};
use crate::log::{Level, Logger};
use crate::method::Method;
use crate::namespace::{Contents, Wanted};
use crate::print;
use crate::rpc::endpoint::Endpoint;
use crate::rpc::{Client, export};
use crate::shell;
use crate::trace::Tracer;
use crate::view::View;
use services::Services;

/// How many times a command on a terminal retries when nobody listens.
const RETRIES: i64 = 3;

/// One run of one command.
pub(crate) struct Context<'io> {
    pub(crate) settings: Settings,
    pub(crate) env: Env,
    pub(crate) log: Rc<Logger<'io>>,
    pub(crate) io: Streams<'io>,
    /// An interrupt ends this command as if it had ended by itself. Set by commands that run until they are stopped.
    pub(crate) stops_cleanly: bool,
    /// All commands with their arguments, for the command that completes them.
    pub(crate) command_line: Box<dyn Fn() -> clap::Command + 'io>,
    zone: TimeZone,
    tracer: Tracer,
    services: Services<'io>,
}

impl<'io> Context<'io> {
    pub(crate) fn new(io: &'io mut Io, env: Env, mut settings: Settings, zone: TimeZone) -> Self {
        // On a terminal the user sees why it takes time. A script may be checking whether somebody listens, so it tries
        // only once.
        settings.max_retries = settings.max_retries.or(io.err_is_terminal.then_some(RETRIES));
        let tracer = Tracer::start(settings.tracing.as_ref(), &io.clock);
        let defaults = io.machine.endpoints.clone();
        let clock = io.clock.clone();
        let (io, err) = io.streams();
        let log = Rc::new(Logger::new(err, io.err_is_terminal, clock, zone.clone()));
        log.set_debug(settings.debug);
        Self {
            settings,
            env,
            io,
            stops_cleanly: false,
            command_line: Box::new(clap::Command::default),
            zone,
            services: Services::new(defaults, &log, &tracer),
            tracer,
            log,
        }
    }

    /// The current time in nanoseconds since the epoch, like every time in the CRI.
    pub(crate) fn now(&self) -> i64 {
        let elapsed = self.log.now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        i64::try_from(elapsed.as_nanos()).unwrap_or(i64::MAX)
    }

    pub(crate) fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// The runtime service.
    ///
    /// # Errors
    /// The endpoint is empty or invalid, or none of the default endpoints answers.
    pub(crate) async fn runtime(&mut self) -> Result<RuntimeService<Client<'io>>, Error> {
        Ok(RuntimeService(self.services.client(&self.settings, Service::Runtime).await?))
    }

    /// The image service: the runtime's endpoint unless it has its own.
    ///
    /// # Errors
    /// As [`Context::runtime`].
    pub(crate) async fn image(&mut self) -> Result<ImageService<Client<'io>>, Error> {
        Ok(ImageService(self.services.client(&self.settings, Service::Image).await?))
    }

    /// The client of the service that has a method. What is not of the CRI is called at the server itself.
    ///
    /// # Errors
    /// As [`Context::runtime`] and [`Context::metadata`].
    pub(crate) async fn service(&mut self, method: &Method) -> Result<Client<'io>, Error> {
        let metadata = self.metadata(method)?;
        let client = self.services.client(&self.settings, Service::named(method.service)).await?;
        Ok(if method.is_of_the_cri() { client } else { client.behind(metadata) })
    }

    /// What is sent with each call of a method: containerd wants to know the namespace.
    ///
    /// # Errors
    /// The call would be about all namespaces, and can't be.
    pub(crate) fn metadata(&self, method: &Method) -> Result<MetadataMap, Error> {
        containerd::metadata(&self.settings.containerd_namespace, method)
    }

    /// The endpoint that a service would be called at. If there are only default endpoints it is the first, since
    /// nothing is called to see whether it answers.
    ///
    /// # Errors
    /// The endpoint is wrong.
    pub(crate) fn endpoint(&self, service: &str) -> Result<Endpoint, Error> {
        self.services.endpoint(&self.settings, Service::named(service))
    }

    /// Every namespace of containerd, and what is in it.
    ///
    /// # Errors
    /// As [`Context::runtime`], or a call fails.
    pub(crate) async fn namespaces(&mut self) -> Result<Vec<Contents>, Error> {
        containerd::contents(&self.runtime().await?.0.answered_by(None)).await
    }

    /// A command line that the user may type, with these global flags: crictl is called as in this run, and finds the same
    /// runtime.
    pub(crate) fn called(&self, flags: &[&str], command: &str) -> String {
        let named = self.settings.endpoints.of(Service::Runtime);
        let endpoint = named.and_then(|named| match named.origin {
            Origin::Flag(flag) => Some([flag.to_owned(), named.text.clone()]),
            _ => None,
        });
        let flags = flags.iter().map(|flag| (*flag).to_owned());
        let words: Vec<_> = endpoint.into_iter().flatten().chain(flags).collect();
        let crictl = self.settings.called.as_deref().unwrap_or("crictl");
        let line = shell::line(&words);
        let parts = [crictl, &line, command].into_iter().filter(|part| !part.is_empty());
        parts.collect::<Vec<_>>().join(" ")
    }

    /// Says where there is something to a person whom a command shows nothing, and with which one to see it. Scripts
    /// are told nothing, and no call is made for them.
    pub(crate) async fn look_elsewhere(&mut self, nothing: bool, what: &str, command: &str) {
        let looked_at = self.io.out_is_terminal || self.io.err_is_terminal;
        let own = &self.settings.containerd_namespace;
        let (Some(client), true) = (self.services.used(), nothing && looked_at) else {
            return;
        };
        if *own == Wanted::All {
            return;
        }
        let client = client.clone().answered_by(None);
        let count = match containerd::elsewhere(&client, &own.to_string()).await.unwrap_or_default() {
            (containers, _) if what == "containers" => containers,
            (_, images) => images,
        };
        if count > 0 {
            let all = self.called(&["--containerd-namespace", "all"], command);
            self.info(format!("other namespaces of containerd have {what}, {count} in all: {all}"));
        }
    }

    /// Fails if nobody listens at `--image-endpoint`, for a command that may need both services and starts with the
    /// other one.
    ///
    /// # Errors
    /// As [`Context::image`], or nobody listens there.
    pub(crate) async fn reach_image_service(&mut self) -> Result<(), Error> {
        self.services.reach_image_service(&self.settings).await
    }

    /// Sends the trace of the run, if there is one. A failure is logged, but is not an error.
    pub(crate) async fn send_trace(&self, command: &str, error: Option<&Error>) {
        let host = self.env.get("COMPUTERNAME").map(String::as_str);
        let request = self.tracer.finish(command, error, host);
        if let (Some(collector), Some(request)) = (&self.settings.tracing, request) {
            let sent = export::send(&collector.address, request, self.settings.timeout).await;
            sent.unwrap_or_else(|error| self.failed(&error));
        }
    }

    /// The contents of a file that the command line names.
    ///
    /// # Errors
    /// It can't be read.
    pub(crate) fn read_file(&self, path: &str) -> Result<Vec<u8>, Error> {
        file::read(path).map_err(|error| Error::failure(format!("{path}: {}", lower(&error))))
    }

    /// Everything on standard input.
    ///
    /// # Errors
    /// It can't be read, or is too large.
    pub(crate) fn read_input(&mut self) -> Result<Vec<u8>, Error> {
        let read = file::read_from(&mut *self.io.input);
        read.map_err(|error| Error::failure(format!("standard input: {}", lower(&error))))
    }

    /// Writes a result.
    ///
    /// # Errors
    /// The stream can't be written to, or its reader has gone.
    pub(crate) fn print(&mut self, view: &View) -> Result<(), Error> {
        let text = print::render(view, self.io.out_is_terminal)?;
        self.bytes(text.as_bytes())
    }

    /// Clears the screen before a table is shown again. Does nothing if the output is not a screen.
    ///
    /// # Errors
    /// As [`Context::print`].
    pub(crate) fn clear_screen(&mut self) -> Result<(), Error> {
        match self.io.out_is_terminal {
            true => self.bytes(b"\x1b[2J\x1b[H"),
            false => Ok(()),
        }
    }

    /// Writes a result that is one line.
    ///
    /// # Errors
    /// As [`Context::print`].
    pub(crate) fn line(&mut self, line: &str) -> Result<(), Error> {
        self.print(&View::Text(vec![line.to_owned()]))
    }

    /// Writes a result as it is.
    ///
    /// # Errors
    /// As [`Context::print`].
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.io.out.write_all(bytes)?;
        Ok(self.io.out.flush()?)
    }

    pub(crate) fn info(&self, message: impl Into<String>) {
        self.log.write(Level::Info, || message.into());
    }

    pub(crate) fn warn(&self, message: impl Into<String>) {
        self.log.write(Level::Warning, || message.into());
    }

    /// Logs a failure after which the command goes on.
    pub(crate) fn failed(&self, error: &Error) {
        self.log.failed(Level::Error, error);
    }

    pub(crate) fn error(&self, message: impl Into<String>) {
        self.log.write(Level::Error, || message.into());
    }
}
