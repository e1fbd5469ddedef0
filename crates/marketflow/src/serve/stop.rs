//! Being asked to stop: by Ctrl-C, or by the system's polite signal. The second time it is an order.

use std::io;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// Tells when to stop. Every clone hears it, also one made afterwards.
#[derive(Debug, Clone)]
pub struct Stop(watch::Receiver<bool>);

/// Gives the word.
#[derive(Debug)]
pub struct Stopper(watch::Sender<bool>);

impl Stop {
    pub fn new() -> (Stopper, Stop) {
        let (sender, receiver) = watch::channel(false);
        (Stopper(sender), Stop(receiver))
    }

    /// Comes back when it is time to stop; also when nobody is left who could say so.
    pub async fn asked(&mut self) {
        let _ = self.0.wait_for(|stop| *stop).await;
    }
}

impl Stopper {
    pub fn stop(&self) {
        self.0.send_replace(true);
    }
}

/// The signals that end a server.
pub struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

impl Signals {
    /// From now on the signals do not end the process by themselves.
    pub fn listen() -> io::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    pub async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn everybody_hears_it_even_who_comes_late() {
        let (stopper, stop) = Stop::new();
        let mut early = stop.clone();
        stopper.stop();
        early.asked().await;
        stop.clone().asked().await;
        drop(stopper);
        let mut late = stop;
        late.asked().await;
    }
}
