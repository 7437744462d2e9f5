//! Credentials for a registry: from flags, from the environment, or asked for on the terminal.

use std::io::{self, Read};

use clap::Args;

use crate::context::Context;
use crate::error::{Error, lower};
use crate::generated::cri::AuthConfig;

/// The flags.
#[derive(Args, Debug, Default)]
pub(crate) struct CredentialArgs {
    /// Credentials for the registry, base64-encoded as in a Docker config
    #[arg(long, value_name = "AUTH", default_value = "", hide_default_value = true)]
    auth: String,
    /// Credentials for the registry; without a colon, the user name alone
    #[arg(long, value_name = "USER[:PASSWORD]", default_value = "", hide_default_value = true)]
    creds: String,
    /// User of the registry; crictl asks for the password on the terminal
    #[arg(long, short, value_name = "USER", default_value = "", hide_default_value = true)]
    username: String,
}

/// The credentials that were given, if any.
///
/// # Errors
/// They contradict each other, or there is no way to ask for the password.
pub(crate) async fn auth(ctx: &mut Context<'_>, args: &CredentialArgs) -> Result<Option<AuthConfig>, Error> {
    if args.username.is_empty() {
        return given(&args.creds, &args.auth);
    }
    ctx.bytes(b"Enter Password:")?;
    let password = ask(ctx).await;
    // What was typed is not shown, and neither is its newline.
    ctx.line("")?;
    let password = password.map_err(|error| {
        Error::failure(lower(&error)).context("reading the password").hint("--creds USER:PASSWORD needs no terminal")
    })?;
    Ok(Some(AuthConfig { username: args.username.clone(), password, ..Default::default() }))
}

/// The credentials from the two flags that need no terminal.
fn given(creds: &str, auth: &str) -> Result<Option<AuthConfig>, Error> {
    match (creds, auth) {
        ("", "") => Ok(None),
        ("", auth) => Ok(Some(AuthConfig { auth: auth.to_owned(), ..Default::default() })),
        (creds, "") => {
            let (username, password) = creds.split_once(':').unwrap_or((creds, ""));
            if username.is_empty() {
                return Err(Error::failure("username can't be empty: --creds takes USER:PASSWORD"));
            }
            let (username, password) = (username.to_owned(), password.to_owned());
            Ok(Some(AuthConfig { username, password, ..Default::default() }))
        }
        _ => Err(Error::failure("both `--creds` and `--auth` are specified")),
    }
}

/// Reads a line from the terminal without showing it. An interrupt ends the wait and restores the terminal.
async fn ask(ctx: &mut Context<'_>) -> io::Result<String> {
    if !ctx.io.input_is_terminal {
        return Err(io::Error::other("standard input is not a terminal"));
    }
    let _hidden = terminal::Hidden::new()?;
    terminal::typed().await?;
    line(ctx.io.input)
}

/// One line, without its end. Read byte by byte, because what follows is not ours to read.
fn line(input: &mut dyn Read) -> io::Result<String> {
    let mut bytes = Vec::new();
    let mut byte = [0];
    loop {
        match input.read(&mut byte) {
            Ok(0) if bytes.is_empty() => return Err(io::Error::other("no password was typed")),
            Ok(0) => break,
            Ok(_) if byte[0] == b'\n' => break,
            Ok(_) => bytes.extend(byte),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let text = String::from_utf8(bytes).map_err(|_| io::Error::other("the password is not UTF-8"))?;
    Ok(text.strip_suffix('\r').map(str::to_owned).unwrap_or(text))
}

/// The terminal on standard input, if there is one and we know how to turn off its echo.
#[cfg(unix)]
mod terminal {
    use std::io;
    use std::time::Duration;

    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::stdio::stdin;
    use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

    /// While this exists, typed text is not shown.
    pub(super) struct Hidden(Termios);

    impl Hidden {
        pub(super) fn new() -> io::Result<Self> {
            let before = tcgetattr(stdin())?;
            let mut hidden = before.clone();
            hidden.local_modes.remove(LocalModes::ECHO);
            hidden.local_modes.insert(LocalModes::ICANON | LocalModes::ISIG);
            // Applied at once, without discarding input: what was typed before the prompt is part of the password.
            tcsetattr(stdin(), OptionalActions::Now, &hidden)?;
            Ok(Self(before))
        }
    }

    impl Drop for Hidden {
        fn drop(&mut self) {
            // A terminal that has gone need not be restored.
            let _ = tcsetattr(stdin(), OptionalActions::Now, &self.0);
        }
    }

    /// Waits until a line has been typed. A read would block the only thread, and with it the handling of Ctrl-C.
    pub(super) async fn typed() -> io::Result<()> {
        let stdin = stdin();
        loop {
            let mut ready = [PollFd::new(&stdin, PollFlags::IN)];
            if poll(&mut ready, Some(&Timespec { tv_sec: 0, tv_nsec: 0 }))? > 0 {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

#[cfg(windows)]
mod terminal {
    use std::io::{self, BufRead as _};
    use std::thread;

    use crossterm_winapi::HandleType;
    use tokio::sync::oneshot;

    use crate::console::{ECHO_INPUT, LINE_INPUT, Mode, PROCESSED_INPUT};

    /// While this exists, typed text is not shown.
    pub(super) struct Hidden(#[expect(dead_code, reason = "it is there to be dropped")] Mode);

    impl Hidden {
        pub(super) fn new() -> io::Result<Self> {
            Mode::set(HandleType::InputHandle, |mode| (mode | PROCESSED_INPUT | LINE_INPUT) & !ECHO_INPUT).map(Self)
        }
    }

    /// Waits until a line has been typed; std keeps it for whoever reads next. The thread is for the sake of Ctrl-C: a
    /// read of the console can't be interrupted.
    pub(super) async fn typed() -> io::Result<()> {
        let (tell, told) = oneshot::channel();
        let read = || io::stdin().lock().fill_buf().map(drop);
        thread::Builder::new().name("password".to_owned()).spawn(move || tell.send(read()))?;
        told.await.unwrap_or_else(|_| Err(io::Error::other("the thread that reads is gone")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn basic(username: &str, password: &str) -> Option<AuthConfig> {
        Some(AuthConfig { username: username.to_owned(), password: password.to_owned(), ..Default::default() })
    }

    #[test]
    fn creds_are_split_at_the_first_colon() {
        for (creds, expected) in
            [("u:p:q", basic("u", "p:q")), ("u:", basic("u", "")), ("u", basic("u", "")), ("", None)]
        {
            assert_eq!(given(creds, "").ok(), Some(expected), "{creds}");
        }
        assert!(given(":p", "").is_err());
    }

    #[test]
    fn auth_goes_as_it_is_and_not_with_creds() {
        let auth = AuthConfig { auth: "!!".to_owned(), ..Default::default() };
        assert_eq!(given("", "!!").ok(), Some(Some(auth)));
        assert!(given("u:p", "!!").is_err());
    }

    #[test]
    fn a_password_is_the_first_line() {
        let read = |text: &str| line(&mut io::Cursor::new(text.to_owned().into_bytes()));
        assert_eq!(read("pä ss\nrest").ok().as_deref(), Some("pä ss"));
        assert_eq!(read("x\r\n").ok().as_deref(), Some("x"));
        assert_eq!(read("unended").ok().as_deref(), Some("unended"));
        assert_eq!(read("\n").ok().as_deref(), Some(""));
        assert!(read("").is_err());
    }
}
