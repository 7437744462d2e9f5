//! Ctrl-P Ctrl-Q: the keys that detach from a remote terminal. Pure.

const FIRST: u8 = 0x10;
const SECOND: u8 = 0x11;

/// Looks for the keys in the input.
#[derive(Debug, Default)]
pub(crate) struct Detach {
    /// The first key was typed; what follows decides.
    held: bool,
}

impl Detach {
    /// The bytes to pass on to the remote side, and whether both keys were typed.
    pub(crate) fn filter(&mut self, typed: &[u8]) -> (Vec<u8>, bool) {
        let mut passed = Vec::with_capacity(typed.len() + 1);
        for &key in typed {
            match (self.held, key) {
                (true, SECOND) => return (passed, true),
                (true, FIRST) => passed.push(FIRST),
                (false, FIRST) => self.held = true,
                (true, _) => {
                    self.held = false;
                    passed.extend([FIRST, key]);
                }
                (false, _) => passed.push(key),
            }
        }
        (passed, false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_detach_also_when_they_come_apart() {
        assert_eq!(Detach::default().filter(b"ab\x10\x11c"), (b"ab".to_vec(), true));
        let mut detach = Detach::default();
        assert_eq!(detach.filter(b"a\x10"), (b"a".to_vec(), false));
        assert_eq!(detach.filter(b"\x11"), (Vec::new(), true));
    }

    #[test]
    fn a_first_key_alone_is_passed_on_with_the_next_one() {
        let mut detach = Detach::default();
        assert_eq!(detach.filter(b"\x10"), (Vec::new(), false));
        assert_eq!(detach.filter(b"x\x11"), (b"\x10x\x11".to_vec(), false));
        assert_eq!(detach.filter(b"\x10\x10\x10\x11"), (b"\x10\x10".to_vec(), true));
    }
}
