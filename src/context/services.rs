//! The clients of the two services: made from the settings on demand, in one place.

use std::rc::Rc;

use crate::config::{Named, Origin, Service, Settings};
use crate::containerd;
use crate::error::Error;
use crate::io::Machine;
use crate::log::{Level, Logger};
use crate::rpc::endpoint::{self, Endpoint};
use crate::rpc::{Client, connect, status};
use crate::trace::Tracer;

/// Makes clients.
pub(crate) struct Services<'io> {
    /// The endpoints to try if none is configured.
    defaults: Vec<String>,
    log: Rc<Logger<'io>>,
    tracer: Tracer,
    /// The clients made so far, each with its endpoint: services with the same endpoint share a channel.
    made: Vec<(Option<String>, Client<'io>)>,
}

impl<'io> Services<'io> {
    pub(crate) fn new(defaults: Vec<String>, log: &Rc<Logger<'io>>, tracer: &Tracer) -> Self {
        Self { defaults, log: Rc::clone(log), tracer: tracer.clone(), made: Vec::new() }
    }

    /// The client of a service.
    ///
    /// # Errors
    /// The endpoint is empty or wrong, or none of the default endpoints answers.
    pub(crate) async fn client(&mut self, settings: &Settings, service: Service) -> Result<Client<'io>, Error> {
        let named = settings.endpoints.of(service);
        let text = named.map(|named| named.text.clone());
        let client = match self.made.iter().find(|(made, _)| *made == text) {
            Some((_, client)) => client.clone(),
            None => {
                let endpoint = match named {
                    Some(named) => configured(named, service)?,
                    None => self.default_endpoint(settings, service).await?,
                };
                let retries = named.and(settings.max_retries).unwrap_or_default();
                let client = Client::new(endpoint, settings.timeout, &self.log, &self.tracer).with_retries(retries);
                let client = client.with_max_message(settings.max_msg_size);
                let client = client.answered_by(containerd::stand_in(&settings.containerd_namespace));
                self.made.push((text, client.clone()));
                client
            }
        };
        let place = place(client.endpoint(), service, named);
        Ok(client.named(named.map(|named| named.service.flag()), place, hint(settings, named)))
    }

    /// A client that has been used already.
    pub(crate) fn used(&self) -> Option<&Client<'io>> {
        self.made.first().map(|(_, client)| client)
    }

    /// The endpoint that a service would be called at; if this machine has no default endpoints, those of an ordinary
    /// one.
    ///
    /// # Errors
    /// It is wrong.
    pub(crate) fn endpoint(&self, settings: &Settings, service: Service) -> Result<Endpoint, Error> {
        if let Some(named) = settings.endpoints.of(service) {
            return configured(named, service);
        }
        let usual = || Machine::this().endpoints.into_iter().next();
        let first = self.defaults.first().cloned().or_else(usual).unwrap_or_default();
        endpoint::parse(&first).map_err(Error::failure)
    }

    /// Fails if nobody listens at `--image-endpoint`. No call is made.
    ///
    /// Upstream's commands that may need both services fail at the start if either is missing. We do the same only for
    /// an endpoint typed for this very run. An endpoint from a file may be a leftover, such as dockershim's, and a
    /// command that calls only the runtime need not care.
    ///
    /// # Errors
    /// As [`Services::client`], or nobody listens there.
    pub(crate) async fn reach_image_service(&mut self, settings: &Settings) -> Result<(), Error> {
        let typed = |named: &&Named| named.origin == Origin::Flag(Service::Image.flag());
        let Some(named) = settings.endpoints.of(Service::Image).filter(typed) else { return Ok(()) };
        let image = self.client(settings, Service::Image).await?;
        match connect::reach(image.endpoint(), settings.timeout).await {
            Ok(()) => Ok(()),
            Err(cause) => {
                let place = place(image.endpoint(), Service::Image, Some(named));
                let hint = hint(settings, Some(named));
                Err(status::unreachable(&cause, &place, &hint, Error::failure))
            }
        }
    }

    /// The first of the default endpoints at which somebody listens.
    async fn default_endpoint(&self, settings: &Settings, service: Service) -> Result<Endpoint, Error> {
        let mut errors = Vec::new();
        for text in &self.defaults {
            let candidate = endpoint::parse(text).map_err(Error::failure)?;
            match connect::reach(&candidate, settings.timeout).await {
                Ok(()) => {
                    self.log.write(Level::Warning, || {
                        let missing = missing(settings).map(|missing| format!(" and {missing}")).unwrap_or_default();
                        format!("no {service} endpoint is configured{missing}, using default endpoints: {text} answers")
                    });
                    return Ok(candidate);
                }
                Err(cause) => {
                    let candidate = candidate.to_string();
                    errors.push(status::unreachable(&cause, &candidate, "", Error::failure).cause().to_owned());
                }
            }
        }
        match errors.is_empty() {
            true => Err(none(settings, service)),
            false => {
                let error = Error::failure(format!("no runtime answers: {}", errors.join(", ")));
                Err(hinted(error.context("using default endpoints"), settings))
            }
        }
    }
}

/// Parses the endpoint that was named for a service.
fn configured(named: &Named, service: Service) -> Result<Endpoint, Error> {
    match endpoint::parse(&named.text) {
        Ok(endpoint) => Ok(endpoint),
        Err(_) if named.text.is_empty() => Err(Error::failure(format!("{} is not set", service.flag()))),
        Err(reason) => Err(Error::failure(reason).context(format!("{service}, from {}", named.origin))),
    }
}

/// The endpoint as errors name it: quoted, so that a trailing space is visible, and with who named it.
fn place(endpoint: &Endpoint, service: Service, named: Option<&Named>) -> String {
    let endpoint = format!("{:?}", endpoint.to_string());
    match named {
        Some(named) => format!("{endpoint} ({service}, from {})", named.origin),
        None => format!("{endpoint} ({service}, a default endpoint)"),
    }
}

/// The hint if nobody serves an endpoint.
fn hint(settings: &Settings, named: Option<&Named>) -> String {
    let flag = named.map_or(Service::Runtime, |named| named.service).flag();
    let text = named.map_or("", |named| named.text.as_str());
    match (named.map(|named| &named.origin), &settings.hint) {
        (Some(Origin::Host), Some(hint)) => hint.clone(),
        _ => match text.strip_prefix("unix://").filter(|path| !path.starts_with('/')) {
            Some(path) => format!("an absolute path needs a third slash: unix:///{path}"),
            None => format!("is the runtime running? use {flag} to name another endpoint"),
        },
    }
}

/// The error if no endpoint is known at all.
fn none(settings: &Settings, service: Service) -> Error {
    let error = Error::failure(format!("no runtime answers: no {service} endpoint is configured"));
    hinted(error.context("using default endpoints, but there are none"), settings)
}

fn hinted(error: Error, settings: &Settings) -> Error {
    let error = error.hint("is the runtime running? name its endpoint with --runtime-endpoint or in the config file");
    missing(settings).into_iter().fold(error, Error::hint)
}

/// Which config files are missing, in case the user meant to name an endpoint there.
fn missing(settings: &Settings) -> Option<String> {
    let paths: Vec<_> = settings.missing.iter().map(|path| path.display().to_string()).collect();
    match paths.as_slice() {
        [] => None,
        [path] => Some(format!("the config file {path} does not exist")),
        paths => Some(format!("no config file exists, neither {}", paths.join(" nor "))),
    }
}
