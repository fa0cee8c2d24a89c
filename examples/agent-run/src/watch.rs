//! What a run waits for by time.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// How long a question may be followed by something that shows it was answered, as in the replay of an old one.
const QUESTION_STANDS: Duration = Duration::from_secs(1);
/// From Ctrl-C to the end of the run.
const STOP_WITHIN: Duration = Duration::from_secs(15);
/// From the server's word that the run is over to its last events.
const REST_WITHIN: Duration = Duration::from_secs(10);
/// From the last news of a run to the end of its following, where the server does not answer for it either; looked at
/// when the server was asked. After so much silence gateways take a run for abandoned.
const NEWS_WITHIN: Duration = Duration::from_secs(10 * 60);

/// The deadlines of a run.
pub struct Watch {
    stall_after: Duration,
    news_at: Instant,
    stalled_at: Instant,
    asked_at: Option<Instant>,
    stopped_at: Option<Instant>,
}

/// The name of a deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// Nothing came for a while.
    Stall,
    /// A question to a human still stands.
    Question,
    /// The run was told to stop and did not say that it did.
    Stop,
}

impl Watch {
    /// Watches a run that begins now.
    pub fn new(stall_after: Duration) -> Self {
        let now = Instant::now();
        Self { stall_after, news_at: now, stalled_at: now + stall_after, asked_at: None, stopped_at: None }
    }

    /// The run showed that it lives.
    pub fn lives(&mut self) {
        self.news_at = Instant::now();
        self.waits_on();
    }

    /// The silence goes on, and is looked at again after as long.
    pub fn waits_on(&mut self) {
        self.stalled_at = Instant::now() + self.stall_after;
    }

    /// How long there were no news, where that is too long to wait on.
    pub fn given_up_after(&self) -> Option<Duration> {
        Some(self.news_at.elapsed()).filter(|silence| *silence >= NEWS_WITHIN)
    }

    /// The run is over, and its last events are owed.
    pub fn owes_rest(&mut self) {
        self.stalled_at = Instant::now() + REST_WITHIN;
    }

    /// The run asks a human, or does so no longer.
    pub fn asks(&mut self, asks: bool) {
        self.asked_at = asks.then(|| Instant::now() + QUESTION_STANDS);
    }

    /// The run was told to stop.
    pub fn stops(&mut self) {
        self.stopped_at = Some(Instant::now() + STOP_WITHIN);
    }

    /// Waits for the earliest deadline; whoever handles it sets the next one.
    pub async fn due(&self) -> Due {
        let question = self.asked_at.map(|at| (at, Due::Question));
        let stop = self.stopped_at.map(|at| (at, Due::Stop));
        let (at, due) = [question, stop]
            .into_iter()
            .flatten()
            .fold((self.stalled_at, Due::Stall), |first, other| if other.0 < first.0 { other } else { first });
        sleep_until(at).await;
        due
    }
}
