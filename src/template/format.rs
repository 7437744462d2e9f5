//! Go's `fmt` for the values that a template has.

use gotmpl::Value;

use crate::gotext::quote;
use crate::template::data::Numbers;
use crate::template::number;
use crate::template::spec::Spec;

/// The largest width and precision that Go accepts.
const MAX_WIDTH: i64 = 1_000_000;

/// Prints values.
pub(super) struct Printer<'a> {
    numbers: &'a Numbers,
    out: String,
}

/// The arguments of a format, and how many are used.
struct Arguments<'a> {
    values: &'a [Value],
    next: usize,
    /// An argument was chosen by number: then unused arguments are not reported.
    reordered: bool,
    /// The last number chose an existing argument.
    good: bool,
}

impl<'a> Printer<'a> {
    pub(super) fn new(numbers: &'a Numbers) -> Self {
        Self { numbers, out: String::new() }
    }

    /// The arguments, with a space between two of which neither is a string.
    pub(super) fn print(mut self, args: &[Value]) -> String {
        let mut after_string = true;
        for arg in args {
            let string = matches!(arg, Value::String(_));
            if !string && !after_string {
                self.out.push(' ');
            }
            self.argument('v', Spec::default(), arg);
            after_string = string;
        }
        self.out
    }

    /// The arguments separated by spaces, and a newline.
    pub(super) fn println(mut self, args: &[Value]) -> String {
        for (index, arg) in args.iter().enumerate() {
            if index > 0 {
                self.out.push(' ');
            }
            self.argument('v', Spec::default(), arg);
        }
        self.out + "\n"
    }

    /// The format with its directives replaced by the arguments. As in Go, errors are reported in the text.
    pub(super) fn printf(mut self, format: &str, values: &[Value]) -> String {
        let mut args = Arguments { values, next: 0, reordered: false, good: true };
        let mut rest = format;
        while let Some((text, directive)) = rest.split_once('%') {
            self.out.push_str(text);
            args.good = true;
            let (spec, tail) = self.spec(directive, &mut args);
            let Some(verb) = tail.chars().next() else {
                self.out.push_str("%!(NOVERB)");
                rest = tail;
                break;
            };
            rest = &tail[verb.len_utf8()..];
            self.directive(verb, spec, &mut args);
        }
        self.out.push_str(rest);
        if !args.reordered && args.next < values.len() {
            self.extra(&values[args.next..]);
        }
        self.out
    }

    fn directive(&mut self, verb: char, mut spec: Spec, args: &mut Arguments<'_>) {
        if verb == '%' {
            return self.out.push('%');
        }
        if !args.good {
            return self.out.push_str(&format!("%!{verb}(BADINDEX)"));
        }
        let Some(value) = args.values.get(args.next) else {
            return self.out.push_str(&format!("%!{verb}(MISSING)"));
        };
        args.next += 1;
        if verb == 'v' {
            spec = Spec { syntax: spec.sharp, sharp: false, plus: false, ..spec };
        }
        self.argument(verb, spec, value);
    }

    /// The flags, the width and the precision, and the text from the verb on.
    fn spec<'f>(&mut self, directive: &'f str, args: &mut Arguments<'_>) -> (Spec, &'f str) {
        let mut spec = Spec::default();
        let mut rest = directive.trim_start_matches(['-', '+', '#', ' ', '0']);
        for flag in directive[..directive.len() - rest.len()].chars() {
            match flag {
                '-' => spec.minus = true,
                '+' => spec.plus = true,
                '#' => spec.sharp = true,
                ' ' => spec.space = true,
                _ => spec.zero = true,
            }
        }
        rest = args.named(rest);
        match self.count(&mut rest, args) {
            Some(Some(width)) => {
                spec.minus |= width < 0;
                spec.width = usize::try_from(width.unsigned_abs()).ok();
            }
            Some(None) => self.out.push_str("%!(BADWIDTH)"),
            None => {}
        }
        if let Some(tail) = rest.strip_prefix('.') {
            rest = args.named(tail);
            spec.precision = match self.count(&mut rest, args) {
                Some(Some(precision @ 0..)) => usize::try_from(precision).ok(),
                Some(_) => {
                    self.out.push_str("%!(BADPREC)");
                    None
                }
                None => Some(0),
            };
        }
        (spec, args.named(rest))
    }

    /// A number in the format or, for a star, an argument: `Some(None)` if that is not a number.
    fn count(&mut self, rest: &mut &str, args: &mut Arguments<'_>) -> Option<Option<i64>> {
        if let Some(tail) = rest.strip_prefix('*') {
            *rest = tail;
            let value = args.values.get(args.next);
            args.next += usize::from(value.is_some());
            return Some(match value {
                Some(Value::Int(number)) if number.abs() <= MAX_WIDTH => Some(*number),
                _ => None,
            });
        }
        let tail = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        let number = rest[..rest.len() - tail.len()].parse().ok().filter(|number| *number <= MAX_WIDTH);
        *rest = tail;
        number.map(Some)
    }

    /// The arguments that no directive used.
    fn extra(&mut self, values: &[Value]) {
        self.out.push_str("%!(EXTRA ");
        for (index, value) in values.iter().enumerate() {
            if index > 0 {
                self.out.push_str(", ");
            }
            self.typed(value, Spec::default());
        }
        self.out.push(')');
    }

    fn argument(&mut self, verb: char, spec: Spec, value: &Value) {
        match (verb, value) {
            ('T', value) => {
                let name = cut(self.numbers.type_name(value), spec);
                self.pad(&name, spec);
            }
            ('v', Value::Nil) => self.pad("<nil>", spec),
            (_, Value::Nil) => self.bad(verb, spec, value),
            (_, value) => self.value(verb, spec, value),
        }
    }

    fn value(&mut self, verb: char, spec: Spec, value: &Value) {
        match value {
            Value::Nil => self.out.push_str(if spec.syntax { "interface {}(nil)" } else { "<nil>" }),
            Value::Bool(flag) if matches!(verb, 'v' | 't') => self.pad(if *flag { "true" } else { "false" }, spec),
            Value::Int(number) => match number::integer(verb, spec, *number < 0, number.unsigned_abs()) {
                Some(text) => self.pad(&text, Spec { zero: spec.zero && matches!(verb, 'c' | 'q'), ..spec }),
                None => self.bad(verb, spec, value),
            },
            Value::Uint(number) => match number::integer(verb, spec, false, *number) {
                Some(text) => self.pad(&text, Spec { zero: spec.zero && matches!(verb, 'c' | 'q'), ..spec }),
                None => self.bad(verb, spec, value),
            },
            Value::Float(number) => match number::float(verb, spec, *number) {
                Some(text) => self.pad_number(&text, spec),
                None => self.bad(verb, spec, value),
            },
            Value::String(text) => match string(verb, spec, text) {
                Some(text) => self.pad(&text, spec),
                None => self.bad(verb, spec, value),
            },
            Value::List(items) => self.list(verb, spec, items),
            Value::Map(members) => {
                let members: Vec<_> = members.iter().map(|(key, value)| (Value::String(key.clone()), value)).collect();
                self.map(verb, spec, &members);
            }
            _ => self.bad(verb, spec, value),
        }
    }

    fn list(&mut self, verb: char, spec: Spec, items: &[Value]) {
        let [open, between, close] = if spec.syntax { ["[]interface {}{", ", ", "}"] } else { ["[", " ", "]"] };
        self.out.push_str(open);
        for (index, item) in items.iter().enumerate() {
            self.out.push_str(if index > 0 { between } else { "" });
            self.value(verb, spec, item);
        }
        self.out.push_str(close);
    }

    fn map(&mut self, verb: char, spec: Spec, members: &[(Value, &Value)]) {
        let [open, between, close] =
            if spec.syntax { ["map[string]interface {}{", ", ", "}"] } else { ["map[", " ", "]"] };
        self.out.push_str(open);
        for (index, (key, value)) in members.iter().enumerate() {
            self.out.push_str(if index > 0 { between } else { "" });
            self.value(verb, spec, key);
            self.out.push(':');
            self.value(verb, spec, value);
        }
        self.out.push_str(close);
    }

    /// A value that does not fit the verb.
    fn bad(&mut self, verb: char, spec: Spec, value: &Value) {
        self.out.push_str(&format!("%!{verb}("));
        self.typed(value, spec);
        self.out.push(')');
    }

    /// `type=value`, and nil alone.
    fn typed(&mut self, value: &Value, spec: Spec) {
        match value {
            Value::Nil => self.out.push_str("<nil>"),
            Value::Function(_) => self.out.push_str("func"),
            value => {
                self.out.push_str(self.numbers.type_name(value));
                self.out.push('=');
                self.value('v', spec, value);
            }
        }
    }

    fn pad(&mut self, text: &str, spec: Spec) {
        let missing = spec.width.unwrap_or_default().saturating_sub(text.chars().count());
        let blanks = std::iter::repeat_n(if spec.zero && !spec.minus { '0' } else { ' ' }, missing);
        if spec.minus {
            self.out.push_str(text);
            self.out.extend(blanks);
        } else {
            self.out.extend(blanks);
            self.out.push_str(text);
        }
    }

    /// As [`Printer::pad`], with a sign in front of the zeros.
    fn pad_number(&mut self, text: &str, spec: Spec) {
        let digits = text.trim_start_matches(['+', '-', ' ']);
        if digits.len() == text.len() || !spec.zero || spec.minus {
            return self.pad(text, spec);
        }
        self.out.push_str(&text[..text.len() - digits.len()]);
        self.pad(digits, Spec { width: spec.width.map(|width| width.saturating_sub(1)), ..spec });
    }
}

impl Arguments<'_> {
    /// Takes `[N]` off the front, which names the next argument; returns the rest.
    fn named<'f>(&mut self, rest: &'f str) -> &'f str {
        let Some(inside) = rest.strip_prefix('[') else { return rest };
        self.reordered = true;
        let Some((number, tail)) = inside.split_once(']') else {
            self.good = false;
            return inside;
        };
        match number.parse::<usize>() {
            Ok(number) if (1..=self.values.len()).contains(&number) => self.next = number - 1,
            _ => self.good = false,
        }
        tail
    }
}

/// A string formatted by one of the verbs for strings.
fn string(verb: char, spec: Spec, text: &str) -> Option<String> {
    match verb {
        'v' if spec.syntax => Some(quote(text)),
        'v' | 's' => Some(cut(text, spec)),
        'q' if spec.sharp && !text.chars().any(|c| c == '`' || c.is_control() && c != '\t') => {
            Some(format!("`{}`", cut(text, spec)))
        }
        'q' if spec.plus => Some(number::ascii(&quote(&cut(text, spec)))),
        'q' => Some(quote(&cut(text, spec))),
        'x' | 'X' => {
            let bytes = text.bytes().take(spec.precision.unwrap_or(usize::MAX));
            let prefix = if spec.sharp { ["0x", "0X"][usize::from(verb == 'X')] } else { "" };
            let hex = |byte| if verb == 'X' { format!("{byte:02X}") } else { format!("{byte:02x}") };
            let between = if spec.space { format!(" {prefix}") } else { String::new() };
            let digits = bytes.map(hex).collect::<Vec<_>>().join(&between);
            Some(if digits.is_empty() { digits } else { format!("{prefix}{digits}") })
        }
        _ => None,
    }
}

/// As many characters as the precision allows.
fn cut(text: &str, spec: Spec) -> String {
    text.chars().take(spec.precision.unwrap_or(usize::MAX)).collect()
}
