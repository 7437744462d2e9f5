//! Finds names that differ in a proto but would be the same in Rust or on the command line. Without this check the
//! compiler, or prost's panic, would report them far from their cause.

use std::collections::{HashMap, HashSet};

use crate::{
    Error,
    model::{Enum, Message, Model},
    name,
};

/// Refuses a model in which two elements have the same name.
pub(super) fn check(model: &Model) -> Result<(), Error> {
    methods(model)?;
    let messages = model.messages.iter().map(|it| (&it.names, &it.full_name));
    let enums = model.enums.iter().map(|it| (&it.names, &it.full_name));
    let mut tables = Scope::default();
    for (names, full_name) in messages.chain(enums) {
        tables.add(&names.table, full_name)?;
    }
    model.messages.iter().try_for_each(fields)?;
    model.enums.iter().try_for_each(values)
}

/// The methods of all services share the names after `crictl rpc`.
fn methods(model: &Model) -> Result<(), Error> {
    let mut clients = Scope::default();
    let mut commands = Scope::default();
    let mut tables = Scope::default();
    tables.add("METHODS", "the table of all methods")?;
    for service in &model.services {
        clients.add(&service.client, &service.name)?;
        for method in &service.methods {
            commands.add(&method.command, &method.full_name)?;
            tables.add(&method.table, &method.full_name)?;
        }
    }
    Ok(())
}

/// A oneof is a field of the struct, its members are not. The compiler of protos refuses two fields with the same name,
/// but does not look at oneofs.
fn fields(message: &Message) -> Result<(), Error> {
    let mut names = Scope::default();
    let mut oneofs = HashSet::new();
    for field in &message.fields {
        let name = field.oneof.as_ref().unwrap_or(&field.name);
        if field.oneof.is_none() || oneofs.insert(name) {
            let full_name = format!("{}.{name}", message.full_name);
            names.add(&name::snake(name), &full_name)?;
        }
    }
    Ok(())
}

/// An alias, a second name for a number, has no variant.
fn values(it: &Enum) -> Result<(), Error> {
    let own = it.full_name.rsplit('.').next().unwrap_or_default();
    let mut variants = Scope::default();
    let mut numbers = HashSet::new();
    for (value, number) in &it.values {
        if numbers.insert(number) {
            let full_name = format!("{}.{value}", it.full_name);
            variants.add(&name::variant(own, value), &full_name)?;
        }
    }
    Ok(())
}

/// A scope in which each name may occur only once.
#[derive(Default)]
struct Scope {
    names: HashMap<String, String>,
}

impl Scope {
    fn add(&mut self, name: &str, full_name: &str) -> Result<(), Error> {
        let first = self.names.insert(name.to_owned(), full_name.to_owned());
        let Some(first) = first else { return Ok(()) };
        Err(Error::NameClash { first, second: full_name.to_owned(), name: name.to_owned() })
    }
}
