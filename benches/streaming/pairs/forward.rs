//! Downloads from a web server in the container.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::process::ChildStdout;
use std::thread;

use super::measure::Sample;
use super::{MEBIBYTES, Options};

const PORT: u16 = 18080;

/// Starts the server, unless it runs since another time. Its files are holes, so that no disk is measured.
pub(super) fn serve(options: &Options) -> io::Result<()> {
    let make = |connections: u32| {
        let size = MEBIBYTES / connections;
        format!("dd if=/dev/zero of=/tmp/bench/{connections} bs=1M count=0 seek={size}")
    };
    let files = [1, 8].map(make).join(" && ");
    let script = format!("mkdir -p /tmp/bench && {files} && (pidof httpd || httpd -p {PORT} -h /tmp/bench)");
    options.run(&options.crictl, &["exec", "-s", &options.container, "sh", "-c", &script]).measure(false).map(drop)
}

/// Downloads through so many connections at once.
pub(super) fn download(options: &Options, program: &str, connections: u32) -> io::Result<Sample> {
    let ports = format!(":{PORT}");
    options.run(program, &["port-forward", &options.pod, &ports]).measure_while(|said| {
        let port = port(said)?;
        let downloads: Vec<_> = (0..connections).map(|_| thread::spawn(move || file(port, connections))).collect();
        let mut received = 0;
        for download in downloads {
            received += download.join().map_err(|_| io::Error::other("a download panicked"))??;
        }
        match received >= u64::from(MEBIBYTES) << 20 {
            true => Ok(()),
            false => Err(io::Error::other(format!("only {received} bytes came through"))),
        }
    })
}

/// The local port, once it is there.
fn port(said: ChildStdout) -> io::Result<u16> {
    let mut lines = BufReader::new(said).lines();
    let line = lines.next().ok_or(io::ErrorKind::UnexpectedEof)??;
    // Somebody must read that connections are handled.
    thread::spawn(move || lines.for_each(drop));
    let port = line.split(" -> ").next().and_then(|address| address.rsplit(':').next()?.parse().ok());
    port.ok_or_else(|| io::Error::other(format!("no port in {line:?}")))
}

/// Downloads the file of this name, and returns how many bytes came.
fn file(port: u16, name: u32) -> io::Result<u64> {
    let mut socket = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    socket.write_all(format!("GET /{name} HTTP/1.0\r\n\r\n").as_bytes())?;
    let (mut buffer, mut received) = (vec![0; 256 << 10], 0);
    loop {
        match socket.read(&mut buffer)? {
            0 => return Ok(received),
            count => received += count as u64,
        }
    }
}
