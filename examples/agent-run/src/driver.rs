//! Carries a machine out on tokio: its sockets, its deadlines and its questions to the host.
//!
//! The loop is [`Driver::next`]: perform every output, then wait for a socket, the host or the deadline, and tell the
//! machine. Nothing here decides anything.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use agent_gateway_client::machine::{Answer, DialId, Input, Machine, Output, Question, RequestId, Timer};
use agent_gateway_client::time::Timestamp;
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::task::AbortHandle;
use tokio::time::sleep;

use crate::websocket::{News, Socket};

/// The monotonic clock stands still while a laptop sleeps, so none of its timers may be long.
const LONGEST_SLEEP: Duration = Duration::from_secs(5);
/// Frames that may wait for the machine; beyond that the socket is not read, and the gateway notices.
const INBOX: usize = 64;

/// What a machine needs besides sockets and a clock.
pub trait Host {
    /// The machine.
    type Machine: Machine<Question = Question, Answer = Answer>;

    /// The text of a frame to send.
    fn encode(&self, command: <Self::Machine as Machine>::Command) -> String;

    /// The frame that a text is; errors with what is wrong with it.
    fn decode(&self, text: &str) -> Result<<Self::Machine as Machine>::Frame, String>;

    /// Answers a question; dropped where the answer is no longer wanted.
    fn answer(&self, question: Question) -> impl Future<Output = Answer> + Send + 'static;
}

/// A machine at work. Dropped, it leaves without a word.
pub struct Driver<H: Host> {
    machine: H::Machine,
    host: H,
    /// One, or two while the second takes over.
    sockets: HashMap<DialId, Socket>,
    questions: HashMap<RequestId, AbortHandle>,
    news: Sender<News>,
    inbox: Receiver<News>,
}

/// What [`Driver::next`] returns.
#[derive(Debug)]
pub enum Told<E> {
    /// The machine has news for the application.
    Event(E),
    /// A socket ended without a single frame, with what the platform said: the network or the gateway may not let
    /// sockets through. The machine tries again by itself.
    NoSocket(String),
}

impl<H: Host> Driver<H> {
    /// A driver of a machine that was not connected yet.
    pub fn new(machine: H::Machine, host: H) -> Self {
        let (news, inbox) = mpsc::channel(INBOX);
        Self { machine, host, sockets: HashMap::new(), questions: HashMap::new(), news, inbox }
    }

    /// Calls a command of the machine, such as `connect`; what follows from it is done by [`Self::next`].
    pub fn command<T>(&mut self, command: impl FnOnce(&mut H::Machine, Timestamp) -> T) -> T {
        command(&mut self.machine, now())
    }

    /// Works until there is something to tell; without a connection or a plan for one, for ever. May be dropped and called
    /// again without losing anything.
    pub async fn next(&mut self) -> Told<EventOf<H>> {
        loop {
            if self.machine.deadline().is_some_and(|(at, _)| at <= now()) {
                self.machine.handle(Input::Timeout, now());
            }
            while let Some(output) = self.machine.poll() {
                if let Some(told) = self.perform(output) {
                    return told;
                }
            }
            tokio::select! {
                // After a sleep both are ready, and what arrived may be what the deadline was for.
                biased;
                Some(news) = self.inbox.recv() => if let Some(told) = self.hear(news) { return told },
                () = nap(self.machine.deadline()) => {}
            }
        }
    }

    fn perform(&mut self, output: OutputOf<H>) -> Option<Told<EventOf<H>>> {
        match output {
            Output::Event(event) => return Some(Told::Event(event)),
            Output::Dial { dial, url } => {
                self.sockets.insert(dial, Socket::open(dial, url, self.news.clone()));
            }
            Output::Send { dial, command } => {
                self.sockets.get(&dial)?.send(self.host.encode(command));
            }
            Output::Hangup { dial, code, reason } => {
                let heard = self.sockets.remove(&dial)?.hang_up(code, reason);
                return (!heard).then(|| Told::NoSocket("nobody answered".to_owned()));
            }
            Output::Ask { request, question } => {
                let (answer, news) = (self.host.answer(question), self.news.clone());
                let asking = async move { news.send(News::Answered { request, answer: answer.await }).await };
                self.questions.insert(request, tokio::spawn(asking).abort_handle());
            }
            Output::Withdraw { request } => self.questions.remove(&request)?.abort(),
        }
        None
    }

    fn hear(&mut self, news: News) -> Option<Told<EventOf<H>>> {
        let mut told = None;
        let input = match news {
            News::Opened { dial } => Input::Opened { dial },
            News::Text { dial, text } => {
                self.sockets.entry(dial).and_modify(|socket| socket.heard = true);
                let garbled = |detail| Input::Garbled { dial, detail };
                self.host.decode(&text).map_or_else(garbled, |frame| Input::Frame { dial, frame })
            }
            News::Binary { dial } => Input::Garbled { dial, detail: "a binary message".to_owned() },
            News::Closed { dial, code, reason } => {
                let socket = self.sockets.remove(&dial);
                told = socket.filter(|socket| !socket.heard).map(|_| Told::NoSocket(reason.clone()));
                Input::Closed { dial, code, reason }
            }
            News::Answered { request, answer } => {
                self.questions.remove(&request);
                Input::Answered { request, answer }
            }
        };
        self.machine.handle(input, now());
        told
    }
}

type EventOf<H> = <<H as Host>::Machine as Machine>::Event;
type OutputOf<H> = Output<<<H as Host>::Machine as Machine>::Command, EventOf<H>>;

/// Unix time, because tokens tell their end in it.
fn now() -> Timestamp {
    let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(u64::try_from(since_1970.as_millis()).unwrap_or(u64::MAX))
}

/// Sleeps towards a deadline. It may wake up before it.
async fn nap(deadline: Option<(Timestamp, Timer)>) {
    let Some((until, _)) = deadline else { return std::future::pending().await };
    sleep(Duration::from_millis(until - now()).min(LONGEST_SLEEP)).await;
}
