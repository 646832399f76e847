//! The small shell inside pretend containers: what `kubectl exec` finds there. It computes its answers and touches nothing of the real machine.

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

use crate::demo::kubelet_api::{ExecRequest, Exit, Kubelets, LogOf, Output, Streams};
use crate::demo::world::World;

/// Follows what the main process prints; typed text reaches it, and it does not care.
pub async fn attach(world: World, request: ExecRequest, mut streams: Streams) -> Exit {
    let of = LogOf {
        namespace: request.namespace,
        pod: request.pod,
        container: request.container,
        previous: false,
    };
    let mut grown = world.logs_grown();
    let mut next = world.log_span(&of).map_or(0, |span| span.end);
    loop {
        for line in world.log_lines(&of, next, 500) {
            next += 1;
            let mut text = line.text.to_vec();
            text.extend_from_slice(if request.tty { b"\r\n" } else { b"\n" });
            if streams.output.send(Output::Out(text.into())).await.is_err() {
                return Exit::Code(0);
            }
        }
        if world.log_span(&of).map_or(true, |span| span.finished) {
            return Exit::Code(0);
        }
        tokio::select! {
            changed = grown.changed() => if changed.is_err() { return Exit::Code(0) },
            typed = streams.input.recv(), if request.stdin => if typed.is_none() { streams.input.close() },
            () = streams.output.closed() => return Exit::Code(0),
        }
    }
}

/// Answers one HTTP request on a forwarded port, saying what it is.
///
/// # Errors
/// When the connection breaks.
pub async fn answer_http(pod: &str, port: u16, mut stream: DuplexStream) -> std::io::Result<()> {
    let mut buffer = vec![0; 8_192];
    loop {
        let count = stream.read(&mut buffer).await?;
        if count == 0 {
            return Ok(());
        }
        let body = format!("pod {pod} of the demo cluster answers on port {port}; nothing here is real\n");
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(body.as_bytes()).await?;
    }
}
