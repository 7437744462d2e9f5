//! What the generator makes of every field shape, compiled and called.
//!
//! The CRI has no oneof, no `optional` and no map of messages. These tests show today that a release with one of them
//! will build.

#![cfg(test)]

// Generated code finds its interface here, as it does in `crictl`.
use crictl::{method, schema};

#[allow(missing_docs, unreachable_pub, dead_code, unused_imports, deprecated, clippy::all)]
mod generated {
    pub mod cri {
        include!(concat!(env!("OUT_DIR"), "/cri.rs"));
    }
    pub mod schema {
        include!(concat!(env!("OUT_DIR"), "/schema.rs"));
    }
    pub mod methods {
        include!(concat!(env!("OUT_DIR"), "/methods.rs"));
    }
    pub mod commands {
        include!(concat!(env!("OUT_DIR"), "/commands.rs"));
    }
    pub mod client {
        include!(concat!(env!("OUT_DIR"), "/client.rs"));
    }
}

mod oracle;

mod tests {
    use crate::{
        generated::{client, commands, cri, methods::METHODS},
        method::{Caller, Method},
        schema::{Described, Kind},
    };

    /// Answers every call with what was sent, once for a stream.
    struct Mirror;

    impl Caller for Mirror {
        type Error = (&'static str, prost::DecodeError);
        type Stream<Response: Described> = Vec<Response>;

        async fn unary<Request: Described, Response: Described>(
            &self,
            method: &'static Method,
            request: Request,
        ) -> Result<Response, Self::Error> {
            let bytes = request.encode_to_vec();
            Response::decode(bytes.as_slice()).map_err(|error| (method.name, error))
        }

        async fn stream<Request: Described, Response: Described>(
            &self,
            method: &'static Method,
            request: Request,
        ) -> Result<Vec<Response>, Self::Error> {
            self.unary(method, request).await.map(|item| vec![item])
        }
    }

    #[tokio::test(flavor = "current_thread")]
    async fn a_client_hands_requests_to_its_caller() {
        let service = client::ShapeService(Mirror);
        let sent = cri::Everything { number: cri::Number::Minus.into(), ..Default::default() };
        assert_eq!(service.echo(sent.clone()).await, Ok(sent));
        let streamed = service.watch(cri::Empty {}).await;
        assert_eq!(streamed, Ok(vec![cri::Everything::default()]));
        let moved = service.r#move(cri::Type::default()).await;
        assert_eq!(moved, Ok(cri::Tree::default()));
    }

    #[test]
    fn secrets_are_not_in_the_debug_text() {
        let secret = cri::Secret {
            user: "user".into(),
            password: "hidden".into(),
            inner: Some(cri::secret::Inner { note: "hidden".into() }),
            token: Some(cri::secret::Token::Session("hidden".into())),
            ..Default::default()
        };
        let everything = cri::Everything { secret: Some(secret), ..Default::default() };
        let text = format!("{everything:?}");
        assert!(text.contains("secret: Some(Secret { .. })"), "{text}");
        assert!(!text.contains("hidden"), "{text}");
    }

    #[test]
    fn tables_refer_to_each_other_in_circles() {
        let tree = cri::Tree::SCHEMA;
        let Kind::Message(left) = tree.fields[0].kind else {
            panic!("{:?}", tree.fields[0].name);
        };
        assert!(std::ptr::eq(left, tree));
    }

    #[test]
    fn every_method_has_a_command() {
        for method in METHODS {
            let command = commands::command(method.path, clap::Command::new(""));
            assert_eq!(command.get_name(), method.command);
            command.debug_assert();
        }
    }

    #[test]
    fn every_method_is_in_the_table() {
        let commands: Vec<_> = METHODS.iter().map(|method| method.command).collect();
        let long = "list-everything-that-has-a-very-long-name";
        assert_eq!(commands, ["echo", "watch", "move", long]);
    }
}
