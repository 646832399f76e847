//! One connection to a port of a pod: bytes both ways at once, and its error at the end. Knows no protocol of clients.

use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;

use super::{BUFFER, Dial};

/// What is to be told the client.
pub(super) struct Said {
    /// Its stream or channel.
    pub stream: u32,
    /// May be empty for the last.
    pub data: Bytes,
    /// Nothing more comes on the stream.
    pub last: bool,
}

/// Data on its way to a pod, and where to.
pub(super) type Waiting = (mpsc::Sender<Bytes>, Bytes);

/// A connection to a port; ends when it is dropped.
pub(super) struct Line {
    /// What the client says, on its way to the pod; `None` when it has closed its side.
    to_pod: Option<mpsc::Sender<Bytes>>,
    serving: AbortOnDropHandle<()>,
}

impl Line {
    /// Dials; what the pod says goes to `said` under the first number, its error (empty for none) under the second.
    pub fn open(dial: &Dial, port: u16, (data, error): (u32, u32), said: mpsc::Sender<Said>) -> Self {
        let (to_pod, from_client) = mpsc::channel(1);
        let (ours, theirs) = tokio::io::duplex(BUFFER);
        let serving = dial(port, theirs);
        let task = tokio::spawn(async move {
            let carrying = carry(ours, from_client, (data, said.clone()));
            let (ending, ()) = tokio::join!(serving, carrying);
            let text = ending.err().unwrap_or_default();
            for (stream, data) in [(data, Bytes::new()), (error, text.into())] {
                let last = true;
                // An error means that the client is gone.
                let _ = said.send(Said { stream, data, last }).await;
            }
        });
        Self {
            to_pod: Some(to_pod),
            serving: AbortOnDropHandle::new(task),
        }
    }

    /// Takes what the client says; `last` closes its side. What is returned has to be passed on before more is read.
    pub fn take(&mut self, data: Bytes, last: bool) -> Option<Waiting> {
        let to_pod = self.to_pod.clone().filter(|_| !data.is_empty());
        self.to_pod = self.to_pod.take().filter(|_| !last);
        to_pod.map(|to_pod| (to_pod, data))
    }

    /// Whether the pod has closed it and everything is told.
    pub fn is_through(&self) -> bool {
        self.serving.is_finished()
    }
}

/// Hands data to a pod; done when it is taken or never will be.
pub(super) async fn pass(waiting: Option<Waiting>) {
    if let Some((to_pod, data)) = waiting {
        let _ = to_pod.send(data).await;
    }
}

/// Carries bytes both ways until the pod has closed its side.
async fn carry(
    pod: DuplexStream,
    mut from_client: mpsc::Receiver<Bytes>,
    (stream, said): (u32, mpsc::Sender<Said>),
) {
    let (mut from_pod, mut to_pod) = tokio::io::split(pod);
    let inward = async {
        while let Some(data) = from_client.recv().await {
            if to_pod.write_all(&data).await.is_err() {
                return;
            }
        }
        let _ = to_pod.shutdown().await;
    };
    let outward = async {
        let mut buffer = vec![0; BUFFER];
        while let Ok(count @ 1..) = from_pod.read(&mut buffer).await {
            let data = Bytes::copy_from_slice(buffer.get(..count).unwrap_or_default());
            let last = false;
            if said.send(Said { stream, data, last }).await.is_err() {
                return;
            }
        }
    };
    tokio::pin!(inward, outward);
    tokio::select! {
        () = &mut outward => {}
        () = &mut inward => outward.await,
    }
}
