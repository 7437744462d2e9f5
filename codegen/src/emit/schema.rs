//! The tables of messages and enums, and the code that links prost's structs to them.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::{ident, number, rust};
use crate::model::{Enum, Field, Kind, Label, Message, Model, Type};

pub(super) fn tokens(model: &Model) -> TokenStream {
    let messages = model.messages.iter().map(message);
    let enums = model.enums.iter().map(enumeration);
    quote! {
        use super::cri;
        use crate::schema::{Described, Enum, Field, Fields, Kind, Label, Message};

        /// Most fields are not in a oneof, not secret, and not text in bytes.
        const fn field(
            name: &'static str,
            json: &'static str,
            number: u32,
            label: Label,
            kind: Kind,
            doc: &'static str,
        ) -> Field {
            Field { name, json, number, label, kind, oneof: None, redact: false, text: false, doc }
        }

        #(#messages)*
        #(#enums)*
    }
}

fn message(message: &Message) -> TokenStream {
    let (table, name, doc) = (ident(&message.names.table), &message.full_name, &message.doc);
    let fields = message.fields.iter().map(field);
    let own = !message.map_entry && !is_foreign(&message.names);
    let struct_of_it = own.then(|| struct_of(message));
    quote! {
        pub static #table: Message = Message { name: #name, doc: #doc, fields: Fields::Known(&[#(#fields),*]) };

        #struct_of_it
    }
}

fn field(field: &Field) -> TokenStream {
    let Field { name, json, doc, .. } = field;
    let (number, label, kind) = (number(field.number), label(field.label), kind(&field.kind, &TokenStream::new()));
    let plain = quote!(field(#name, #json, #number, #label, #kind, #doc));
    let oneof = field.oneof.iter().map(|oneof| quote!(oneof: Some(#oneof),));
    let redact = field.redact.then(|| quote!(redact: true,));
    let text = field.text.then(|| quote!(text: true,));
    let rest: Vec<_> = oneof.chain(redact).chain(text).collect();
    match rest.as_slice() {
        [] => plain,
        rest => quote!(Field { #(#rest)* ..#plain }),
    }
}

fn label(label: Label) -> TokenStream {
    match label {
        Label::Single => quote!(Label::Single),
        Label::Optional => quote!(Label::Optional),
        Label::Repeated => quote!(Label::Repeated),
        Label::Map => quote!(Label::Map),
    }
}

/// A kind; this path leads to the tables.
pub(super) fn kind(kind: &Kind, tables: &TokenStream) -> TokenStream {
    match kind {
        Kind::Scalar(name) => {
            let name = ident(name);
            quote!(Kind::#name)
        }
        Kind::Enum(table) => {
            let table = ident(table);
            quote!(Kind::Enum(&#tables #table))
        }
        Kind::Message(table) => {
            let table = ident(table);
            quote!(Kind::Message(&#tables #table))
        }
    }
}

/// A type that is not generated here.
fn is_foreign(names: &Type) -> bool {
    names.rust == "()" || names.rust.starts_with("::")
}

/// Links prost's struct to its table.
fn struct_of(message: &Message) -> TokenStream {
    let (rust, table) = (rust(&message.names.rust), ident(&message.names.table));
    // For a message with a secret, only the name is shown.
    let own = message.names.rust.rsplit("::").next().unwrap_or_default();
    let debug = message.opaque.then(|| debug(&rust, &quote!(f.debug_struct(#own).finish_non_exhaustive())));
    quote! {
        impl Described for #rust {
            const SCHEMA: &'static Message = &#table;
        }

        #debug
    }
}

fn debug(rust: &TokenStream, body: &TokenStream) -> TokenStream {
    quote! {
        impl std::fmt::Debug for #rust {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                #body
            }
        }
    }
}

fn enumeration(it: &Enum) -> TokenStream {
    let (table, name) = (ident(&it.names.table), &it.full_name);
    let values = it.values.iter().map(|(name, number)| {
        let number = Literal::i32_unsuffixed(*number);
        quote!((#name, #number))
    });
    // prost also leaves out `Debug` for the enums inside a message with a secret.
    let debug = it.opaque.then(|| debug(&rust(&it.names.rust), &quote!(f.write_str(self.as_str_name()))));
    quote! {
        pub static #table: Enum = Enum { name: #name, values: &[#(#values),*] };

        #debug
    }
}
