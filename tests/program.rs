//! The programs as files.

/// A program that needs a loader names it in a header of its own, `PT_INTERP`, 3; `PT_LOAD` is 1.
#[test]
#[cfg(all(target_os = "linux", target_env = "gnu", target_endian = "little", target_pointer_width = "64"))]
fn the_programs_are_static() {
    for program in [env!("CARGO_BIN_EXE_crictl"), env!("CARGO_BIN_EXE_ephemerd")] {
        let file = std::fs::read(program).unwrap();
        let number = |at: usize, bytes: usize| {
            file[at..at + bytes].iter().rev().fold(0, |number, byte| number << 8 | usize::from(*byte))
        };
        let (table, size, count) = (number(32, 8), number(54, 2), number(56, 2));
        let kinds: Vec<_> = (0..count).map(|index| number(table + index * size, 4)).collect();
        assert!(kinds.contains(&1) && !kinds.contains(&3), "{program}: {kinds:?}");
    }
}
