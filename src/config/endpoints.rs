//! Which endpoint serves which service. This is decided only here.

use std::fmt;
use std::path::{Path, PathBuf};

use super::File;
use crate::args::GlobalArgs;
use crate::args::go::Parsed;

/// A service of the CRI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    Runtime,
    Image,
}

impl Service {
    /// The root's flag that names its endpoint.
    pub(crate) fn flag(self) -> &'static str {
        match self {
            Self::Runtime => "--runtime-endpoint",
            Self::Image => "--image-endpoint",
        }
    }

    /// The service with this name in the proto.
    pub(crate) fn named(name: &str) -> Self {
        if name == "ImageService" { Self::Image } else { Self::Runtime }
    }

    fn variable(self) -> &'static str {
        match self {
            Self::Runtime => "CONTAINER_RUNTIME_ENDPOINT",
            Self::Image => "IMAGE_SERVICE_ENDPOINT",
        }
    }
}

impl fmt::Display for Service {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Runtime => "runtime service",
            Self::Image => "image service",
        })
    }
}

/// Who named an endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A flag on the command line.
    Flag(&'static str),
    /// An environment variable.
    Variable(&'static str),
    /// The config file.
    File(PathBuf),
    /// The program that crictl is built into.
    Host,
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(name) | Self::Variable(name) => formatter.write_str(name),
            Self::File(path) => write!(formatter, "{}", path.display()),
            Self::Host => formatter.write_str("this program"),
        }
    }
}

/// An endpoint that was configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Named {
    /// The endpoint as it was written; empty if it was set to nothing.
    pub(crate) text: String,
    pub(crate) origin: Origin,
    /// The service that it was configured for. An image service without an endpoint of its own uses the runtime's.
    pub(crate) service: Service,
}

/// The endpoints of both services.
#[derive(Clone, Debug, Default)]
pub(crate) struct Endpoints {
    runtime: Option<Named>,
    /// The image service's own.
    image: Option<Named>,
}

impl Endpoints {
    /// The runtime service's endpoint comes from the flag, else from the host, else from the variable, else from the
    /// file. The image service's endpoint is found in the same way; if none is named, it is the runtime's.
    ///
    /// A host's endpoint serves both services: under a host, neither variables nor the file count, so
    /// `--runtime-endpoint` moves both services, unless `--image-endpoint` moves the image service elsewhere. Without a
    /// host, each service has its own flag, variable and file entry, as in upstream.
    pub(super) fn merge(args: &GlobalArgs, parsed: &Parsed, file: Option<(&Path, &File)>, host: Option<&str>) -> Self {
        let named = |service: Service, text: &str, origin| Named { text: text.to_owned(), origin, service };
        let of = |service: Service, text: &str, in_file: fn(&File) -> &String| {
            let is_given = parsed.given.iter().any(|flag| service.flag().trim_start_matches('-') == flag);
            let by_variable = parsed.variables.contains(&service.variable());
            match (is_given, by_variable, host) {
                (true, false, _) => return Some(named(service, text, Origin::Flag(service.flag()))),
                (_, _, Some(_)) => return None,
                (true, true, None) => return Some(named(service, text, Origin::Variable(service.variable()))),
                (false, _, None) => {}
            }
            let (path, text) = file.map(|(path, file)| (path, in_file(file))).filter(|(_, text)| !text.is_empty())?;
            Some(named(service, text, Origin::File(path.to_owned())))
        };
        let host = host.map(|host| named(Service::Runtime, host, Origin::Host));
        let image = of(Service::Image, &args.image_endpoint, |file| &file.image_endpoint);
        Self {
            runtime: of(Service::Runtime, &args.runtime_endpoint, |file| &file.runtime_endpoint).or(host),
            image: image.filter(|image| !image.text.is_empty()),
        }
    }

    /// The endpoint that a service is called at. None means the default endpoints.
    pub(crate) fn of(&self, service: Service) -> Option<&Named> {
        let own = self.image.as_ref().filter(|_| service == Service::Image);
        own.or(self.runtime.as_ref())
    }
}
