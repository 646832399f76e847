//! Attaching to a main process: what it prints goes to whoever watches, what is typed goes to it. The streams are the server's.

use bytes::Bytes;

use super::Place;
use crate::demo::kubelet_api::{ExecRequest, Exit, Streams};
use crate::demo::shell::Process;
use crate::demo::world::World;
use crate::demo::world::state::key;

impl World {
    /// Lets somebody talk to a main process until either is done; gives the streams back if there is none.
    ///
    /// # Errors
    /// The streams, untouched.
    pub(crate) async fn talk(&self, request: &ExecRequest, mut streams: Streams) -> Result<Exit, Streams> {
        let at = (key(&request.namespace, &request.pod), request.container.clone());
        let attached = {
            let mut all = self.mains.lock();
            all.get_mut(&at)
                .and_then(|main| main.process.as_mut())
                .map(Process::attach)
        };
        let Some(mut printed) = attached else {
            return Err(streams);
        };
        self.resize(&at, *streams.size.borrow_and_update());
        let mut open = request.stdin;
        loop {
            tokio::select! {
                biased;
                output = printed.recv() => {
                    // It has ended, or nobody reads any more. kubectl takes the exit code from the pod.
                    let Some(output) = output else { return Ok(Exit::Code(0)) };
                    if streams.output.send(output).await.is_err() {
                        return Ok(Exit::Code(0));
                    }
                }
                typed = streams.input.recv(), if open => {
                    open = typed.is_some();
                    // Who left does not wait for room.
                    tokio::select! {
                        () = self.type_in(&at, typed) => {}
                        () = streams.output.closed() => return Ok(Exit::Code(0)),
                    }
                }
                changed = streams.size.changed(), if open && request.tty => {
                    if changed.is_ok() {
                        self.resize(&at, *streams.size.borrow_and_update());
                    }
                }
                () = streams.output.closed() => return Ok(Exit::Code(0)),
            }
        }
    }

    /// Types something; nothing ends the input.
    async fn type_in(&self, at: &Place, typed: Option<Bytes>) {
        let Some(bytes) = typed else {
            return self.close_input(at);
        };
        let keyboard = {
            let all = self.mains.lock();
            all.get(at).and_then(|main| main.process.as_ref()?.keyboard())
        };
        let Some(keyboard) = keyboard else { return };
        // The world moves the process on meanwhile, so that it takes what fills the way to it.
        if keyboard.send(bytes).await.is_ok() {
            drop(keyboard);
            self.poke(at);
        }
    }

    fn close_input(&self, at: &Place) {
        if let Some(process) = self
            .mains
            .lock()
            .get_mut(at)
            .and_then(|main| main.process.as_mut())
        {
            process.close_input();
        }
        self.poke(at);
    }

    fn resize(&self, at: &Place, size: (u16, u16)) {
        if let Some(process) = self.mains.lock().get(at).and_then(|main| main.process.as_ref()) {
            process.resize(size);
        }
        self.poke(at);
    }

    /// Lets a process see what was typed, at once.
    fn poke(&self, at: &Place) {
        let deaths = self.mains.advance(self.store().clock().now(), Some(at));
        self.tell_deaths(&deaths);
        self.grown().send_modify(|count| *count += 1);
    }
}
