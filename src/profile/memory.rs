//! The memory profile: how much of each mapping is resident, as the kernel reports it.
//!
//! It shows how large the heap is, not who allocated it: that would take an allocator that records every caller and
//! slows down every run for the few that are profiled.

use crate::error::{Error, lower};
use crate::profile::format::{Builder, Named, Profile};
use crate::profile::mapping;

/// A profile of this moment, which is given in nanoseconds since the epoch.
///
/// # Errors
/// The system has no such information.
pub(super) fn take(now: i64) -> Result<Profile, Error> {
    let text = std::fs::read_to_string("/proc/self/smaps").map_err(|error| {
        Error::failure(format!("a memory profile needs Linux's /proc/self/smaps: {}", lower(&error)))
    })?;
    Ok(profile(&text, now))
}

fn profile(smaps: &str, now: i64) -> Profile {
    let mappings = mapping::parse(smaps);
    let mut builder = Builder::new(&[("resident", "bytes"), ("private", "bytes")], None, &mappings);
    for mapping in mappings.iter().filter(|mapping| mapping.resident > 0) {
        let name = if mapping.name.is_empty() { "[anonymous]" } else { mapping.name.as_str() };
        let named = Named { name: format!("{name} {}", mapping.access), ..Named::default() };
        let location = builder.location(mapping.start, || vec![named]);
        builder.sample(vec![location], vec![mapping.resident, mapping.private]);
    }
    builder.finish(now, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mapping_in_memory_is_a_sample() {
        let smaps = "1000-2000 rw-p 00000000 00:00 0    [heap]\nRss: 4 kB\nPrivate_Dirty: 4 kB\n\
                     2000-3000 r--p 00000000 00:00 0 \nRss: 0 kB\n3000-4000 rw-p 00000000 00:00 0 \nRss: 8 kB\n";
        let profile = profile(smaps, 7);
        let values: Vec<_> = profile.sample.iter().map(|sample| sample.value.clone()).collect();
        assert_eq!(values, [[4096, 4096], [8192, 0]]);
        let names = profile.function.iter().map(|function| usize::try_from(function.name).unwrap());
        let names: Vec<_> = names.map(|name| profile.string_table[name].as_str()).collect();
        assert_eq!(names, ["[heap] rw-p", "[anonymous] rw-p"]);
        assert_eq!((profile.time_nanos, profile.string_table[0].as_str()), (7, ""));
    }
}
