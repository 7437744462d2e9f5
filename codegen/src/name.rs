//! Names in the generated code. The Rust names have to match those that prost gives its types, so keywords are escaped
//! by prost's rules. Only this file uses heck.

use heck::{ToKebabCase, ToShoutySnakeCase, ToSnakeCase, ToUpperCamelCase};

/// The word on the command line: `ListContainers` is `list-containers`.
pub(crate) fn command(name: &str) -> String {
    name.to_kebab_case()
}

/// The name of a static: `SecurityProfile.ProfileType` is `SECURITY_PROFILE_PROFILE_TYPE`.
pub(crate) fn table(name: &str) -> String {
    name.to_shouty_snake_case()
}

/// A function, field or module.
pub(crate) fn snake(name: &str) -> String {
    escape(name.to_snake_case())
}

/// A type.
pub(crate) fn camel(name: &str) -> String {
    escape(name.to_upper_camel_case())
}

/// The path of the type that prost makes for a name without its package: `SecurityProfile.ProfileType` is
/// `security_profile::ProfileType`.
pub(crate) fn path(name: &str) -> String {
    let (modules, own) = name.rsplit_once('.').unwrap_or(("", name));
    let modules = modules.split('.').filter(|module| !module.is_empty());
    let mut segments: Vec<_> = modules.map(snake).collect();
    segments.push(camel(own));
    segments.join("::")
}

/// The variant that prost makes for an enum's value: `CONTAINER_RUNNING` of `ContainerState` is `ContainerRunning`, and
/// `RUNNING_FAST` of `Running` is `Fast`.
pub(crate) fn variant(of: &str, value: &str) -> String {
    let value = camel(value);
    match value.strip_prefix(&camel(of)) {
        Some(rest) if rest.starts_with(char::is_uppercase) => escape(rest.to_owned()),
        _ => value,
    }
}

/// The default JSON name of a field: `pod_id` is `podId`.
#[cfg(feature = "emit")]
pub(crate) fn json(name: &str) -> String {
    let mut parts = name.split('_');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |name, part| {
        let mut letters = part.chars();
        let capital = letters.next().map(|letter| letter.to_ascii_uppercase());
        name.chars().chain(capital).chain(letters).collect()
    })
}

fn escape(name: String) -> String {
    match name.as_str() {
        "as" | "break" | "const" | "continue" | "else" | "enum" | "false" | "fn" | "for" | "if" | "impl" | "in"
        | "let" | "loop" | "match" | "mod" | "move" | "mut" | "pub" | "ref" | "return" | "static" | "struct"
        | "trait" | "true" | "type" | "unsafe" | "use" | "where" | "while" | "dyn" | "abstract" | "become" | "box"
        | "do" | "final" | "macro" | "override" | "priv" | "typeof" | "unsized" | "virtual" | "yield" | "async"
        | "await" | "try" | "gen" => format!("r#{name}"),
        // These can't be raw identifiers.
        "super" | "self" | "Self" | "extern" | "crate" => format!("{name}_"),
        _ if name.starts_with(char::is_numeric) => format!("_{name}"),
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_types_live_in_the_module_of_their_parent() {
        assert_eq!(path("Mount"), "Mount");
        assert_eq!(path("SecurityProfile.ProfileType"), "security_profile::ProfileType");
    }

    #[test]
    fn keywords_are_escaped_as_prost_does() {
        assert_eq!(snake("type"), "r#type");
        assert_eq!(snake("self"), "self_");
        assert_eq!(camel("Self"), "Self_");
        assert_eq!(path("Type.Gen"), "r#type::Gen");
    }

    #[test]
    fn the_name_of_an_enum_is_stripped_from_its_values() {
        assert_eq!(variant("Protocol", "TCP"), "Tcp");
        assert_eq!(variant("Shade", "SHADE_DARK"), "Dark");
        assert_eq!(variant("Shade", "SHADES"), "Shades");
        assert_eq!(variant("Name", "NAME_SELF"), "Self_");
    }
}
