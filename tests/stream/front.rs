//! A server in front of another: it sees what a client begins with, and decides what becomes of it.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// What becomes of a connection.
pub(super) enum Fate {
    /// It is answered, and closed.
    Answered(&'static str),
    /// It is answered, and from then on is one with this port.
    Joined(&'static str, u16),
    /// It is one with this port from its first byte.
    PassedOn(u16),
}

#[derive(Clone)]
pub(super) struct Front {
    pub(super) port: u16,
    /// How the connections began.
    heads: Arc<Mutex<Vec<String>>>,
    /// What clients sent behind that.
    sent: Arc<Mutex<Vec<u8>>>,
    open: Arc<Mutex<Vec<TcpStream>>>,
}

impl Front {
    /// Serves until the process ends. `read` takes as much of a connection as `decide` needs to know.
    pub(super) fn serve(
        read: fn(&mut TcpStream) -> io::Result<Vec<u8>>,
        decide: impl Fn(&str) -> Fate + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let front = Self { port, heads: Arc::default(), sent: Arc::default(), open: Arc::default() };
        let (serving, decide) = (front.clone(), Arc::new(decide));
        thread::spawn(move || {
            for client in listener.incoming() {
                let (front, decide) = (serving.clone(), decide.clone());
                // A client may break off at any point.
                thread::spawn(move || front.connection(client?, read, &*decide));
            }
        });
        front
    }

    fn connection(
        &self,
        mut client: TcpStream,
        read: fn(&mut TcpStream) -> io::Result<Vec<u8>>,
        decide: &dyn Fn(&str) -> Fate,
    ) -> io::Result<()> {
        let head = read(&mut client)?;
        let text = String::from_utf8_lossy(&head).into_owned();
        let fate = decide(&text);
        self.heads.lock().unwrap().push(text);
        let mut server = match fate {
            Fate::Answered(words) => return client.write_all(words.as_bytes()),
            Fate::Joined(words, port) => {
                client.write_all(words.as_bytes())?;
                TcpStream::connect(("127.0.0.1", port))?
            }
            Fate::PassedOn(port) => {
                let mut server = TcpStream::connect(("127.0.0.1", port))?;
                server.write_all(&head)?;
                server
            }
        };
        self.open.lock().unwrap().extend([client.try_clone()?, server.try_clone()?]);
        let (mut from, mut to) = (server.try_clone()?, client.try_clone()?);
        thread::spawn(move || {
            let _ = io::copy(&mut from, &mut to);
            to.shutdown(Shutdown::Write)
        });
        let mut buffer = [0; 4096];
        loop {
            let count = client.read(&mut buffer)?;
            if count == 0 {
                return server.shutdown(Shutdown::Write);
            }
            self.sent.lock().unwrap().extend_from_slice(&buffer[..count]);
            server.write_all(&buffer[..count])?;
        }
    }

    pub(super) fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }

    pub(super) fn sent(&self) -> Vec<u8> {
        self.sent.lock().unwrap().clone()
    }

    /// Cuts what is open.
    pub(super) fn cut(&self) {
        for socket in self.open.lock().unwrap().drain(..) {
            let _ = socket.shutdown(Shutdown::Both);
        }
    }
}

/// Reads the head of a request.
pub(super) fn request(client: &mut TcpStream) -> io::Result<Vec<u8>> {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        client.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    Ok(head)
}
