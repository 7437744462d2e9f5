//! The table of methods.

use proc_macro2::TokenStream;
use quote::quote;

use super::{ident, number};
use crate::model::{Deadline, Flow, Method, Model, Service};

pub(super) fn tokens(model: &Model) -> TokenStream {
    let services = model.services.iter().flat_map(|service| service.methods.iter().map(move |it| (service, it)));
    let tables = services.clone().map(|(service, it)| method(service, it));
    let names = services.map(|(_, it)| ident(&it.table));
    quote! {
        use super::schema;
        use crate::method::{Deadline, Flags, Flow, Method};

        #(#tables)*

        /// Every method, in the order of the proto.
        pub static METHODS: &[&Method] = &[#(&#names),*];
    }
}

/// The methods whose tables are made when somebody asks for them.
pub(super) fn without_tables(model: &Model) -> TokenStream {
    let methods = model.services.iter().flat_map(|service| service.methods.iter().map(move |it| (&service.name, it)));
    let methods = methods.map(|(service, method)| {
        let (table, flow, deadline) = (ident(&method.table), flow(method.flow), deadline(method.deadline));
        let Method { name, path, command, .. } = method;
        quote! {
            pub static #table: Method =
                Method::without_tables(#service, #name, #path, #command, Flow::#flow, Deadline::#deadline);
        }
    });
    quote! {
        use crate::method::{Deadline, Flow, Method};

        #(#methods)*
    }
}

fn method(service: &Service, method: &Method) -> TokenStream {
    let (table, request, response) =
        (ident(&method.table), ident(&method.request.table), ident(&method.response.table));
    let service = &service.name;
    let Method { name, path, command, doc, .. } = method;
    let flow = flow(method.flow);
    let deadline = deadline(method.deadline);
    quote! {
        pub static #table: Method = Method {
            service: #service,
            name: #name,
            path: #path,
            command: #command,
            doc: #doc,
            flow: Flow::#flow,
            request: &schema::#request,
            response: &schema::#response,
            deadline: Deadline::#deadline,
            flags: Flags::Code,
        };
    }
}

fn flow(flow: Flow) -> TokenStream {
    match flow {
        Flow::Unary => quote!(Unary),
        Flow::ServerStream => quote!(ServerStream),
        Flow::ClientStream => quote!(ClientStream),
        Flow::Duplex => quote!(Duplex),
    }
}

fn deadline(deadline: Deadline) -> TokenStream {
    match deadline {
        Deadline::Timeout => quote!(Timeout),
        Deadline::Twice => quote!(Twice),
        Deadline::Grace(field) => {
            let field = number(field);
            quote!(Grace(#field))
        }
        Deadline::Limit(field) => {
            let field = number(field);
            quote!(Limit(#field))
        }
        Deadline::None => quote!(None),
    }
}
