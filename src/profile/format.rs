//! pprof's `profile.proto`: the messages, written by hand because they are few and do not change, and a builder that
//! numbers every name, function and location. It does not know where samples come from.

use std::collections::HashMap;

use crate::profile::mapping::Mapping as Mapped;

/// A whole profile, as `go tool pprof` reads it.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Profile {
    #[prost(message, repeated, tag = "1")]
    pub(super) sample_type: Vec<ValueType>,
    #[prost(message, repeated, tag = "2")]
    pub(super) sample: Vec<Sample>,
    #[prost(message, repeated, tag = "3")]
    pub(super) mapping: Vec<Mapping>,
    #[prost(message, repeated, tag = "4")]
    pub(super) location: Vec<Location>,
    #[prost(message, repeated, tag = "5")]
    pub(super) function: Vec<Function>,
    /// All strings; the other messages hold indices into this list. The first is empty.
    #[prost(string, repeated, tag = "6")]
    pub(super) string_table: Vec<String>,
    #[prost(int64, tag = "9")]
    pub(super) time_nanos: i64,
    #[prost(int64, tag = "10")]
    pub(super) duration_nanos: i64,
    #[prost(message, optional, tag = "11")]
    pub(super) period_type: Option<ValueType>,
    #[prost(int64, tag = "12")]
    pub(super) period: i64,
}

/// What a sample's value counts, and its unit.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(super) struct ValueType {
    #[prost(int64, tag = "1")]
    pub(super) kind: i64,
    #[prost(int64, tag = "2")]
    pub(super) unit: i64,
}

/// A stack, leaf first, and its values.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Sample {
    #[prost(uint64, repeated, tag = "1")]
    pub(super) location_id: Vec<u64>,
    #[prost(int64, repeated, tag = "2")]
    pub(super) value: Vec<i64>,
}

/// A part of a file in memory.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Mapping {
    #[prost(uint64, tag = "1")]
    pub(super) id: u64,
    #[prost(uint64, tag = "2")]
    pub(super) memory_start: u64,
    #[prost(uint64, tag = "3")]
    pub(super) memory_limit: u64,
    #[prost(uint64, tag = "4")]
    pub(super) file_offset: u64,
    #[prost(int64, tag = "5")]
    pub(super) filename: i64,
    /// Whether its locations already have their functions' names; otherwise pprof looks them up in the file.
    #[prost(bool, tag = "7")]
    pub(super) has_functions: bool,
}

/// A location in the program; it has several lines if functions were inlined there.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Location {
    #[prost(uint64, tag = "1")]
    pub(super) id: u64,
    #[prost(uint64, tag = "2")]
    pub(super) mapping_id: u64,
    #[prost(uint64, tag = "3")]
    pub(super) address: u64,
    #[prost(message, repeated, tag = "4")]
    pub(super) line: Vec<Line>,
}

/// A line of a function.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(super) struct Line {
    #[prost(uint64, tag = "1")]
    pub(super) function_id: u64,
    #[prost(int64, tag = "2")]
    pub(super) line: i64,
}

/// A function.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Function {
    #[prost(uint64, tag = "1")]
    pub(super) id: u64,
    #[prost(int64, tag = "2")]
    pub(super) name: i64,
    #[prost(int64, tag = "3")]
    pub(super) system_name: i64,
    #[prost(int64, tag = "4")]
    pub(super) filename: i64,
}

/// A function's name, its source file, and a line of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Named {
    pub(super) name: String,
    pub(super) file: String,
    pub(super) line: u32,
}

/// A profile being built.
pub(super) struct Builder {
    profile: Profile,
    strings: HashMap<String, i64>,
    functions: HashMap<(i64, i64), u64>,
    locations: HashMap<u64, u64>,
}

impl Builder {
    /// A profile with these kinds of values: name, unit. If it is sampled, a sample is taken each time this much of the
    /// last kind has passed. A location belongs to the mapping that contains its address.
    pub(super) fn new(kinds: &[(&str, &str)], period: Option<i64>, mappings: &[Mapped]) -> Self {
        let (strings, functions, locations) = Default::default();
        let mut builder = Self { profile: Profile::default(), strings, functions, locations };
        builder.string("");
        builder.profile.sample_type = kinds.iter().map(|kind| builder.value_type(*kind)).collect();
        if let Some(period) = period {
            builder.profile.period_type = builder.profile.sample_type.last().copied();
            builder.profile.period = period;
        }
        for (mapped, id) in mappings.iter().zip(1..) {
            let filename = builder.string(&mapped.name);
            builder.profile.mapping.push(Mapping {
                id,
                memory_start: mapped.start,
                memory_limit: mapped.end,
                file_offset: mapped.offset,
                filename,
                has_functions: false,
            });
        }
        builder
    }

    /// Adds a sample at these locations, leaf first.
    pub(super) fn sample(&mut self, location_id: Vec<u64>, value: Vec<i64>) {
        self.profile.sample.push(Sample { location_id, value });
    }

    /// The number of the location at an address; `names` are its functions, innermost first.
    pub(super) fn location(&mut self, address: u64, names: impl FnOnce() -> Vec<Named>) -> u64 {
        if let Some(id) = self.locations.get(&address) {
            return *id;
        }
        let line: Vec<Line> = names().iter().map(|named| self.line(named)).collect();
        let within = |mapping: &&mut Mapping| (mapping.memory_start..mapping.memory_limit).contains(&address);
        let mapping_id = self.profile.mapping.iter_mut().find(within).map_or(0, |mapping| {
            mapping.has_functions |= !line.is_empty();
            mapping.id
        });
        let id = number(self.profile.location.len());
        self.profile.location.push(Location { id, mapping_id, address, line });
        self.locations.insert(address, id);
        id
    }

    /// The profile, with its start time and its duration, both in nanoseconds.
    pub(super) fn finish(mut self, time_nanos: i64, duration_nanos: i64) -> Profile {
        self.profile.time_nanos = time_nanos;
        self.profile.duration_nanos = duration_nanos;
        self.profile
    }

    fn line(&mut self, named: &Named) -> Line {
        let (name, filename) = (self.string(&named.name), self.string(&named.file));
        let functions = &mut self.profile.function;
        let function_id = *self.functions.entry((name, filename)).or_insert_with(|| {
            let id = number(functions.len());
            functions.push(Function { id, name, system_name: name, filename });
            id
        });
        Line { function_id, line: i64::from(named.line) }
    }

    fn value_type(&mut self, (kind, unit): (&str, &str)) -> ValueType {
        ValueType { kind: self.string(kind), unit: self.string(unit) }
    }

    fn string(&mut self, text: &str) -> i64 {
        if let Some(index) = self.strings.get(text) {
            return *index;
        }
        let index = i64::try_from(self.strings.len()).unwrap_or(i64::MAX);
        self.profile.string_table.push(text.to_owned());
        self.strings.insert(text.to_owned(), index);
        index
    }
}

/// The number of the element that follows `len` others; 0 means none.
fn number(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX).saturating_add(1)
}
