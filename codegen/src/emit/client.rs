//! The typed clients, one struct for each service.

use proc_macro2::TokenStream;
use quote::quote;

use super::{ident, path};
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
    let (request, response) = (path(&method.request.rust), path(&method.response.rust));
    let (call, response) = match method.flow {
        Flow::Unary => (quote!(unary), quote!(cri::#response)),
        Flow::ServerStream => (quote!(stream), quote!(C::Stream<cri::#response>)),
    };
    quote! {
        #[doc = #doc]
        pub async fn #name(&self, request: cri::#request) -> Result<#response, C::Error> {
            self.0.#call(&methods::#table, request).await
        }
    }
}
