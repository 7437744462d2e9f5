//! The typed clients, one struct for each service.

use proc_macro2::TokenStream;
use quote::quote;

use super::{ident, rust};
use crate::model::{Flow, Method, Model, Service};

pub(super) fn tokens(model: &Model) -> TokenStream {
    let clients = model.services.iter().map(|service| client(service, &model.package));
    quote! {
        use super::{cri, methods};
        use crate::method::Caller;

        #(#clients)*
    }
}

fn client(service: &Service, package: &str) -> TokenStream {
    let doc = format!(" The calls of `{package}.{}`.", service.name);
    let client = ident(&service.client);
    let functions = service.methods.iter().map(function);
    quote! {
        #[doc = #doc]
        #[derive(Clone, Copy, Debug)]
        pub struct #client<C>(pub C);

        impl<C: Caller> #client<C> {
            #(#functions)*
        }
    }
}

fn function(method: &Method) -> TokenStream {
    let doc = match method.doc.as_str() {
        "" => format!(" Calls `{}`.", method.name),
        doc => format!(" {doc}."),
    };
    let (name, table) = (ident(&method.function), ident(&method.table));
    let (request, response) = (rust(&method.request.rust), rust(&method.response.rust));
    let (call, response) = match method.flow {
        Flow::Unary | Flow::ClientStream => (quote!(unary), response),
        Flow::ServerStream | Flow::Duplex => (quote!(stream), quote!(C::Stream<#response>)),
    };
    quote! {
        #[doc = #doc]
        pub async fn #name(&self, request: #request) -> Result<#response, C::Error> {
            self.0.#call(&methods::#table, request).await
        }
    }
}
