//! Connections against a server at the other end of a pipe.

use bytes::{BufMut, Bytes, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

use super::frame::{self, Decoder, Frame};
use super::header::{Deflater, Inflater};
use super::*;

/// The server's side, as far as the tests need one.
struct Server {
    socket: DuplexStream,
    decoder: Decoder,
    inflater: Inflater,
    deflater: Deflater,
}

/// A connection, and its server.
fn connected() -> (Connection, Server) {
    pinging(Duration::from_secs(5))
}

fn pinging(ping: Duration) -> (Connection, Server) {
    let (client, socket) = tokio::io::duplex(64 << 10);
    let connection = Connection::new(Box::new(client), b"", ping).expect("connection");
    let deflater = Deflater::new().expect("zlib");
    (connection, Server { socket, decoder: Decoder::default(), inflater: Inflater::new(), deflater })
}

impl Server {
    async fn next(&mut self) -> Frame {
        loop {
            if let Some(frame) = self.decoder.next().expect("frame") {
                return frame;
            }
            assert!(self.socket.read_buf(&mut self.decoder.buffer).await.expect("read") > 0, "the client is gone");
        }
    }

    async fn send(&mut self, bytes: &[u8]) {
        self.socket.write_all(bytes).await.expect("write");
    }

    /// Takes a stream, and returns its number and its headers.
    async fn accept(&mut self) -> (u32, Vec<(String, String)>) {
        let Frame::Open { stream, block } = self.next().await else { panic!("no stream is opened") };
        let headers = self.inflater.headers(&block).expect("headers");
        let block = self.deflater.block(&[]).expect("block");
        let mut reply = BytesMut::new();
        reply.put_slice(&[0x80, 3, 0, 2]);
        reply.put_u32(4 + block.len() as u32);
        reply.put_u32(stream);
        reply.put_slice(&block);
        self.send(&reply).await;
        (stream, headers)
    }

    async fn data(&mut self, stream: u32, bytes: &[u8], last: bool) {
        let mut out = BytesMut::new();
        frame::data(&mut out, stream, bytes, last);
        self.send(&out).await;
    }
}

fn headers(kind: &str) -> Vec<(&'static str, String)> {
    vec![("streamtype", kind.to_owned())]
}

/// Opens a stream on both sides.
async fn opened(connection: &Connection, server: &mut Server, kind: &str) -> (Outlet, Inlet, u32) {
    let (ends, (stream, given)) = tokio::join!(connection.open(headers(kind)), server.accept());
    let (outlet, inlet) = ends.expect("stream");
    assert_eq!(given, [("streamtype".to_owned(), kind.to_owned())]);
    (outlet, inlet, stream)
}

#[tokio::test]
async fn bytes_go_both_ways_and_each_way_ends_by_itself() {
    let (connection, mut server) = connected();
    let (outlet, mut inlet, stream) = opened(&connection, &mut server, "data").await;
    outlet.send(Bytes::from_static(b"ask")).await;
    outlet.end().await;
    assert_eq!(server.next().await, Frame::Data { stream, bytes: Bytes::from_static(b"ask"), last: false });
    assert_eq!(server.next().await, Frame::Data { stream, bytes: Bytes::new(), last: true });
    server.data(stream, b"answer", true).await;
    assert_eq!(inlet.next().await.expect("open"), Some(Bytes::from_static(b"answer")));
    assert_eq!(inlet.next().await.expect("open"), None);
    assert_eq!(inlet.next().await.expect("open"), None, "an end stays one");
}

#[tokio::test]
async fn a_connection_that_breaks_is_no_end_of_a_stream() {
    let (connection, mut server) = connected();
    let (_, mut inlet, stream) = opened(&connection, &mut server, "stdout").await;
    server.data(stream, b"part", false).await;
    drop(server);
    assert_eq!(inlet.next().await.expect("open"), Some(Bytes::from_static(b"part")));
    let lost = inlet.next().await.expect_err("broken");
    assert_eq!(lost.cause(), "the streaming connection broke: the server closed it");
    assert!(connection.open(headers("stdin")).await.is_err());
}

#[tokio::test]
async fn a_stream_that_the_server_resets_has_ended() {
    let (connection, mut server) = connected();
    let (_, mut inlet, stream) = opened(&connection, &mut server, "stdout").await;
    let mut out = BytesMut::new();
    frame::rst_stream(&mut out, stream, frame::CANCEL);
    server.send(&out).await;
    assert_eq!(inlet.next().await.expect("open"), None);
}

#[tokio::test]
async fn a_reader_that_waits_holds_the_server_up_and_not_the_other_direction() {
    let (connection, mut server) = connected();
    let (outlet, mut inlet, stream) = opened(&connection, &mut server, "data").await;
    // More than all queues between the two hold.
    let piece = vec![7; 32 << 10];
    let mut sent = 0;
    while tokio::time::timeout(Duration::from_millis(200), server.data(stream, &piece, false)).await.is_ok() {
        sent += piece.len();
        assert!(sent < 4 << 20, "nobody reads, and yet everything is taken");
    }
    outlet.send(Bytes::from_static(b"still here")).await;
    assert_eq!(server.next().await, Frame::Data { stream, bytes: Bytes::from_static(b"still here"), last: false });
    let mut received = 0;
    while received < sent {
        received += inlet.next().await.expect("open").map_or(0, |bytes| bytes.len());
    }
}

#[tokio::test]
async fn the_server_is_pinged_with_odd_numbers() {
    let (_connection, mut server) = pinging(Duration::from_millis(10));
    assert_eq!(server.next().await, Frame::Ping { id: 1 });
    assert_eq!(server.next().await, Frame::Ping { id: 3 });
}

#[tokio::test(start_paused = true)]
async fn a_server_that_does_not_even_answer_pings_is_gone_after_a_minute() {
    let (connection, server) = connected();
    let asked = Instant::now();
    let lost = connection.lost().await;
    assert_eq!(lost.cause(), "the streaming connection broke: no sign of life from the server for 61s");
    assert!(asked.elapsed() < Duration::from_secs(70));
    drop(server);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_answers_pings_may_say_nothing_else_for_hours() {
    let (connection, mut server) = connected();
    let answers = async {
        for _ in 0..2000 {
            let Frame::Ping { id } = server.next().await else { panic!("something else than a ping") };
            let mut answer = BytesMut::new();
            frame::ping(&mut answer, id);
            server.send(&answer).await;
        }
    };
    tokio::select! {
        lost = connection.lost() => panic!("{}", lost.cause()),
        () = answers => {}
    }
}

#[tokio::test]
async fn closing_says_goodbye_and_dropping_just_goes() {
    let (connection, mut server) = connected();
    let (frame, ()) = tokio::join!(server.next(), connection.close());
    assert_eq!(frame, Frame::GoAway);

    let (connection, mut server) = connected();
    drop(connection);
    assert_eq!(server.socket.read(&mut [0; 8]).await.expect("end"), 0);
}
