//! Proxies between a client and its server: HTTP CONNECT and SOCKS 5.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// A proxy that only makes connections, and what it was asked to connect to.
pub struct Proxy {
    pub address: SocketAddr,
    pub asked: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    pub async fn start(socks: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, asked) = (listener.local_addr().unwrap(), Arc::new(Mutex::new(Vec::new())));
        let log = Arc::clone(&asked);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let log = Arc::clone(&log);
                tokio::spawn(serve(client, socks, log));
            }
        });
        Self { address, asked }
    }
}

/// Makes the connection that a client asks for.
async fn serve(mut client: TcpStream, socks: bool, asked: Arc<Mutex<Vec<String>>>) {
    let (target, granted) = if socks {
        socks_target(&mut client).await
    } else {
        connect_target(&mut client).await
    };
    asked.lock().unwrap().push(target.clone());
    let mut server = TcpStream::connect(target).await.unwrap();
    client.write_all(granted).await.unwrap();
    let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
}

/// HTTP CONNECT (RFC 9110, 9.3.6).
async fn connect_target(client: &mut TcpStream) -> (String, &'static [u8]) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(client.read_u8().await.unwrap());
    }
    let head = String::from_utf8(head).unwrap();
    let target = head
        .strip_prefix("CONNECT ")
        .unwrap()
        .split(' ')
        .next()
        .unwrap()
        .to_owned();
    (target, b"HTTP/1.1 200 OK\r\n\r\n")
}

/// SOCKS 5 (RFC 1928, 3 and 4) without authentication, to an IPv4 address.
async fn socks_target(client: &mut TcpStream) -> (String, &'static [u8]) {
    let mut greeting = [0; 2];
    client.read_exact(&mut greeting).await.unwrap();
    let mut methods = vec![0; greeting[1].into()];
    client.read_exact(&mut methods).await.unwrap();
    client.write_all(&[5, 0]).await.unwrap();
    let mut request = [0; 10];
    client.read_exact(&mut request).await.unwrap();
    assert_eq!(request[..4], [5, 1, 0, 1], "CONNECT to an IPv4 address");
    let ip: [u8; 4] = request[4..8].try_into().unwrap();
    let port = u16::from_be_bytes([request[8], request[9]]);
    (
        SocketAddr::from((ip, port)).to_string(),
        &[5, 0, 0, 1, 0, 0, 0, 0, 0, 0],
    )
}
