//! The command of each method, and the request that its flags make.
//!
//! This is code, not a table that code walks over: the linker has to adjust each pointer in a table at the start of
//! every command, whichever it is. Code that is not called only takes space in the file.

use proc_macro2::TokenStream;
use quote::quote;

use super::{ident, schema::kind};
use crate::model::{Flag, Label, Method, Model};

pub(super) fn tokens(model: &Model) -> TokenStream {
    let methods: Vec<_> = model.services.iter().flat_map(|service| &service.methods).collect();
    let (commands, requests) = (methods.iter().map(|it| command(it)), methods.iter().map(|it| request(it)));
    let (paths, names) = (methods.iter().map(|it| &it.path), methods.iter().map(|it| ident(&it.function)));
    let (paths, names): (Vec<_>, Vec<_>) = (paths.collect(), names.collect());
    quote! {
        use crate::method::Given;
        use clap::Command;

        /// The command of the method with this path: the flags of a call, the command's name and description, and a
        /// flag for each field of the request.
        pub fn command(path: &str, call: Command) -> Command {
            match path {
                #(#paths => commands::#names(call),)*
                _ => call,
            }
        }

        /// Reads the given flags of the method with this path.
        pub fn request(path: &str, given: &mut Given<'_>) -> Result<(), String> {
            match path {
                #(#paths => requests::#names(given),)*
                _ => Ok(()),
            }
        }

        mod commands {
            use super::super::schema;
            use crate::method::flag;
            use crate::schema::Kind;
            use clap::Command;

            #(#commands)*
        }

        mod requests {
            use crate::method::Given;

            #(#requests)*
        }
    }
}

fn command(method: &Method) -> TokenStream {
    let Method { command, about, .. } = method;
    let (doc, name) = (format!(" `crictl rpc {command}`"), ident(&method.function));
    let heading = format!("Fields of {}", method.request_name);
    let (yields, flags) = (&method.yields, method.flags.iter().map(flag));
    quote! {
        #[doc = #doc]
        pub(super) fn #name(call: Command) -> Command {
            #(let call = flag::yields(call, #yields);)*
            call.name(#command).about(#about).next_help_heading(#heading) #(.arg(#flags))*
        }
    }
}

fn flag(flag: &Flag) -> TokenStream {
    let Flag { path, long, value_name, help, .. } = flag;
    let secret = flag.secret.then(|| quote!(secret::));
    let kind = |it| kind(it, &quote!(schema::));
    let value = kind(&flag.kind);
    let arg = match (flag.label, &flag.key) {
        _ if flag.is_switch() => quote!(flag::switch(#path, #long, #value_name, #help)),
        (_, Some(key)) => {
            let key = kind(key);
            quote!(flag::#secret map(#path, #long, #key, #value, #value_name, #help))
        }
        (Label::Repeated, _) => quote!(flag::#secret list(#path, #long, #value, #value_name, #help)),
        _ => quote!(flag::#secret one(#path, #long, #value, #value_name, #help)),
    };
    // The path of a top-level field.
    let aliases = flag.aliases.iter().filter(|alias| *alias != path);
    let rivals = &flag.rivals;
    quote!(#arg #(.alias(#aliases))* #(.conflicts_with(flag::id(#rivals)))*)
}

fn request(method: &Method) -> TokenStream {
    let (doc, name) = (format!(" The request of `crictl rpc {}`", method.command), ident(&method.function));
    let given = if method.flags.is_empty() { quote!(_) } else { quote!(given) };
    let flags = method.flags.iter().map(|flag| {
        let path = &flag.path;
        match flag.label {
            _ if flag.is_switch() => quote!(switch(#path)),
            Label::Map => quote!(map(#path)),
            Label::Repeated => quote!(list(#path)),
            Label::Single | Label::Optional => quote!(one(#path)),
        }
    });
    quote! {
        #[doc = #doc]
        pub(super) fn #name(#given: &mut Given<'_>) -> Result<(), String> {
            #(given.#flags?;)*
            Ok(())
        }
    }
}
