//! Pulling an image: containerd's transfer service brings it from its registry into the image store, and unpacks it
//! (`core/transfer/local/pull.go`). The service asks for credentials on a stream of its own, whose other end we hold
//! (`core/transfer/registry/registry.go`), so they are in no request.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use prost::Message;
use prost_types::Any;
use tonic::Status;
use uuid::Uuid;

use crate::containerd::call::{self, Space};
use crate::containerd::image::full_name;
use crate::generated::containerd::services::streaming::v1::StreamInit;
use crate::generated::containerd::services::transfer::v1::TransferRequest;
use crate::generated::containerd::types::Platform;
use crate::generated::containerd::types::transfer::{
    AuthRequest, AuthResponse, AuthType, ImageStore, OciRegistry, RegistryResolver, UnpackConfiguration,
};
use crate::generated::cri;
use crate::rpc::{Bodies, Sender};

/// Where containerd's clients tell the service to look for what is to be known of registries: ctr and nerdctl name it if
/// nobody names another (containerd's `docs/hosts.md`). It is on the machine of containerd, and need not be there.
const HOSTS: &str = "/etc/containerd/certs.d";

/// The credentials of a registry.
struct Credentials {
    /// Of which registry, where that is said.
    server: String,
    answer: AuthResponse,
}

impl Space<'_> {
    pub(super) async fn pull_image(&self, request: &cri::PullImageRequest) -> Result<cri::PullImageResponse, Status> {
        let image = request.image.clone().unwrap_or_default();
        let name = full_name(&image.image);
        let credentials = request.auth.as_ref().map(credentials).transpose()?.flatten();
        match credentials {
            None => self.transfer(&name, "").await?,
            Some(credentials) => {
                let id = format!("crictl-{}", Uuid::new_v4().simple());
                let init = any("containerd.services.streaming.v1.StreamInit", &StreamInit { id: id.clone() });
                let opened = self.client.converse(&call::STREAM, init.encode_to_vec()).await;
                let (sender, asked) = match opened {
                    Ok(opened) => opened,
                    Err(status) => return Err(self.explained(status).await),
                };
                tokio::select! {
                    transferred = self.transfer(&name, &id) => transferred?,
                    failed = answer(&credentials, &sender, asked) => return Err(failed),
                }
            }
        }
        let wanted = cri::ImageSpec { image: name.clone(), ..Default::default() };
        let pulled = self.image_status(&cri::ImageStatusRequest { image: Some(wanted), verbose: false }).await?.image;
        let gone = || Status::not_found(format!("the image {name:?} was pulled, and is not there"));
        Ok(cri::PullImageResponse { image_ref: pulled.ok_or_else(gone)?.id })
    }

    /// Brings an image here. Credentials come over the stream of this id.
    async fn transfer(&self, name: &str, auth_stream: &str) -> Result<(), Status> {
        // Of an image for many platforms what containerd runs here; all of it where it does not say what that is.
        let platforms: Vec<_> = self.platform().await?.into_iter().map(platform).collect();
        let resolver =
            RegistryResolver { auth_stream: auth_stream.to_owned(), host_dir: HOSTS.to_owned(), ..Default::default() };
        let source = OciRegistry { reference: name.to_owned(), resolver: Some(resolver) };
        let destination = ImageStore {
            name: name.to_owned(),
            platforms: platforms.clone(),
            unpacks: platforms.into_iter().map(unpacked).collect(),
            ..Default::default()
        };
        let request = TransferRequest {
            source: Some(any("containerd.types.transfer.OCIRegistry", &source)),
            destination: Some(any("containerd.types.transfer.ImageStore", &destination)),
            options: None,
        };
        self.call::<()>(&call::TRANSFER, &request).await
    }
}

fn platform(own: crate::containerd::platform::Platform) -> Platform {
    Platform { os: own.os, architecture: own.architecture, variant: own.variant, ..Default::default() }
}

/// Unpacked by the snapshotter that containerd takes if none is named.
fn unpacked(platform: Platform) -> UnpackConfiguration {
    UnpackConfiguration { platform: Some(platform), snapshotter: String::new() }
}

/// Answers whatever is asked for credentials. Returns why it can't be any more.
async fn answer(credentials: &Credentials, sender: &Sender, mut asked: Bodies<'_>) -> Status {
    // The first answer says that the stream is known.
    let mut is_known = false;
    loop {
        let message = match asked.message().await {
            Ok(Some(message)) => message,
            // The transfer says what it makes of that.
            Ok(None) => return std::future::pending().await,
            Err(status) => return status,
        };
        if !std::mem::replace(&mut is_known, true) {
            continue;
        }
        let request = call::read::<Any>(&call::STREAM, message)
            .and_then(|any| call::read::<AuthRequest>(&call::STREAM, any.value.into()));
        let answer = match request {
            Ok(request) => credentials.of(&request.host),
            Err(status) => return status,
        };
        sender.send(any("containerd.types.transfer.AuthResponse", &answer).encode_to_vec()).await;
    }
}

impl Credentials {
    /// What a registry is told; nothing where they are those of another one, as containerd's own CRI has it (`ParseAuth`
    /// in `internal/cri/server/images/image_pull.go`).
    fn of(&self, host: &str) -> AuthResponse {
        let server = self.server.split_once("://").map_or(self.server.as_str(), |(_, rest)| rest);
        match server.split('/').next().is_none_or(|server| server.is_empty() || server == host) {
            true => self.answer.clone(),
            false => AuthResponse::default(),
        }
    }
}

/// The credentials of a request, if it has any.
///
/// # Errors
/// They are in no form that containerd's service takes.
fn credentials(auth: &cri::AuthConfig) -> Result<Option<Credentials>, Status> {
    let of = |kind: AuthType, username: &str, secret: &str| AuthResponse {
        auth_type: kind.into(),
        username: username.to_owned(),
        secret: secret.to_owned(),
        ..Default::default()
    };
    let answer = if !auth.username.is_empty() {
        of(AuthType::Credentials, &auth.username, &auth.password)
    } else if !auth.identity_token.is_empty() {
        of(AuthType::Refresh, "", &auth.identity_token)
    } else if !auth.auth.is_empty() {
        let wrong = || Status::invalid_argument("the credentials are not the base64 of USER:PASSWORD");
        let decoded = STANDARD.decode(&auth.auth).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let decoded = decoded.ok_or_else(wrong)?;
        let (user, password) = decoded.split_once(':').ok_or_else(wrong)?;
        // Some that fill up their text do so with zeros.
        of(AuthType::Credentials, user, password.trim_end_matches('\0'))
    } else if !auth.registry_token.is_empty() {
        return Err(Status::invalid_argument(
            "a namespace of containerd takes no token of a registry, only a password",
        ));
    } else {
        return Ok(None);
    };
    Ok(Some(Credentials { server: auth.server_address.clone(), answer }))
}

/// A message under its name, as Go's `typeurl` has it: without a domain.
fn any(name: &str, message: &impl Message) -> Any {
    Any { type_url: name.to_owned(), value: message.encode_to_vec() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(auth: &cri::AuthConfig, host: &str) -> (AuthType, String, String) {
        let answer = credentials(auth).expect("credentials").expect("some").of(host);
        (answer.auth_type(), answer.username, answer.secret)
    }

    #[test]
    fn credentials_come_in_three_forms_and_are_for_one_registry_where_that_is_named() {
        let ada = |server: &str| cri::AuthConfig {
            username: "ada".to_owned(),
            password: "x".to_owned(),
            server_address: server.to_owned(),
            ..Default::default()
        };
        let expected = (AuthType::Credentials, "ada".to_owned(), "x".to_owned());
        assert_eq!(answer(&ada(""), "r:5000"), expected);
        assert_eq!(answer(&ada("https://r:5000/v2"), "r:5000"), expected);
        assert_eq!(answer(&ada("r:5001"), "r:5000").0, AuthType::None);
        let auth = STANDARD.encode("ada:x\0");
        assert_eq!(answer(&cri::AuthConfig { auth, ..Default::default() }, "r"), expected);
        let token = cri::AuthConfig { identity_token: "t".to_owned(), ..Default::default() };
        assert_eq!(answer(&token, "r"), (AuthType::Refresh, String::new(), "t".to_owned()));
    }

    #[test]
    fn what_is_no_password_is_refused_and_nothing_is_nothing() {
        let wrong = |auth: &str| credentials(&cri::AuthConfig { auth: auth.to_owned(), ..Default::default() }).is_err();
        assert!(wrong("?") && wrong(&STANDARD.encode("ada")));
        assert!(credentials(&cri::AuthConfig { registry_token: "t".to_owned(), ..Default::default() }).is_err());
        assert!(credentials(&cri::AuthConfig::default()).expect("nothing").is_none());
    }
}
