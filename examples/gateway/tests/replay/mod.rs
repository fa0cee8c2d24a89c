//! Plays the client's and the product server's part of a transcript and compares the answers.

pub mod differences;
mod transcript;

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};

use crate::support::{DEADLINE, Gateway, Incoming, Peer, SERVICE_TOKEN, Stub, answer, production, tokens};
use differences::DIFFERENCES;
use transcript::{fill, finalize_answer, pace_of, plain, stub_request, text, thousand_and_one_events, whole};

/// How much earlier than recorded a timer may fire before it counts as wrong.
const EARLY: Duration = Duration::from_millis(150);
/// How much later: more than load explains, less than a timer that was put off by a wrong frame.
const LATE: Duration = Duration::from_millis(2500);
/// How long a socket is watched for frames the transcript does not have.
const SETTLE: Duration = Duration::from_millis(100);

/// What came of one transcript.
pub struct Outcome {
    pub name: String,
    pub compared: usize,
    pub failures: Vec<String>,
    pub differences: BTreeSet<&'static str>,
}

/// Plays the transcript `name` against a gateway of its own.
pub async fn replay(fixtures: &Path, name: &str) -> Outcome {
    let text = std::fs::read_to_string(fixtures.join(format!("{name}.jsonl"))).expect("the transcript is readable");
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("a JSON line")).collect();
    let (timers, scale) = pace_of(name);
    let stub = Stub::start(finalize_answer(name)).await;
    let gateway = Gateway::start(production(timers, Some(stub.url.clone()))).await;
    let outcome = Outcome { name: name.to_owned(), compared: 0, failures: Vec::new(), differences: BTreeSet::new() };
    let mut replay = Replay {
        outcome,
        gateway,
        stub,
        scale,
        started: Instant::now(),
        operations: lines.iter().filter_map(|line| line["body"]["operationId"].as_str()).map(str::to_owned).collect(),
        peers: HashMap::new(),
        on_v2: HashSet::new(),
        fragmented: HashSet::new(),
        early: HashMap::new(),
        closed_by_us: HashSet::new(),
        heartbeats: HashMap::new(),
        pending: HashMap::new(),
        request_ids: Vec::new(),
        asked: Vec::new(),
    };
    for index in 0..lines.len() {
        replay.line(&lines, index).await;
    }
    replay.finish().await
}

struct Replay {
    outcome: Outcome,
    gateway: Gateway,
    stub: Stub,
    scale: u32,
    started: Instant,
    /// What the product server speaks of; a recorded gateway had other conversations going on as well.
    operations: HashSet<String>,
    peers: HashMap<String, Peer>,
    on_v2: HashSet<String>,
    /// Who sent a message in pieces and has not been answered yet.
    fragmented: HashSet<String>,
    /// `op_lifecycle` frames that came before a frame recorded as the earlier one.
    early: HashMap<String, VecDeque<(Instant, Value)>>,
    closed_by_us: HashSet<String>,
    heartbeats: HashMap<String, usize>,
    pending: HashMap<String, VecDeque<JoinHandle<(u16, Value)>>>,
    /// Recorded and actual ids of input requests.
    request_ids: Vec<(String, String)>,
    asked: Vec<Value>,
}

impl Replay {
    async fn line(&mut self, lines: &[Value], index: usize) {
        let line = &lines[index];
        let conn = line["conn"].as_str().unwrap_or_default().to_owned();
        let due = self.due(line);
        match line["kind"].as_str().expect("a kind") {
            "scenario" | "open" | "check" | "note" | "error" | "result" => {}
            "http" if line["dir"] == "client->gateway" => self.get(line).await,
            "http" if line["dir"] == "server->gateway" => {
                sleep_until(due).await;
                self.call(lines, index);
            }
            "http" => self.answered(line).await,
            "dial" => {
                sleep_until(due).await;
                self.dial(&conn, text(line, "url")).await;
            }
            "http-refused" => {}
            "frame" if line["dir"] == "c2s" => {
                sleep_until(due).await;
                self.send(&conn, text(line, "raw")).await;
            }
            "frame" => self.expect(&conn, line, due).await,
            "frame-fragments" => {
                let total = line["sizes"].as_array().expect("sizes").iter().filter_map(Value::as_u64).sum::<u64>();
                let message = fill(text(line, "rawStart"), usize::try_from(total).expect("a small message"));
                let first = usize::try_from(line["sizes"][0].as_u64().expect("a size")).expect("a small frame");
                self.peer(&conn).send_fragmented(&message, first).await;
                self.fragmented.insert(conn);
            }
            "frame-binary" => self.peer(&conn).send_binary(text(line, "raw").as_bytes().to_vec()).await,
            "pong" => {
                self.peer(&conn).ping(text(line, "data")).await;
                let seen = self.peer(&conn).next().await.1;
                self.compare(&format!("Pong({:?})", text(line, "data")), &format!("{seen:?}"));
            }
            "close-sent" => self.close(&conn, line).await,
            "close" => self.expect_close(&conn, line, due).await,
            "stub" => self.asked.push(line.clone()),
            kind => panic!("{}: a line of kind {kind} cannot be played", self.outcome.name),
        }
    }

    async fn finish(mut self) -> Outcome {
        for (conn, peer) in &mut self.peers {
            while let Some((_, seen)) = peer.next_within(SETTLE).await {
                self.outcome.failures.push(format!("{conn}: not in the transcript: {seen:?}"));
            }
        }
        for (conn, frames) in &self.early {
            self.outcome
                .failures
                .extend(frames.iter().map(|(_, frame)| format!("{conn}: not in the transcript: {frame}")));
        }
        if self.outcome.name == "v1-fragmented" {
            let ids = self.tool_calls(2).await;
            self.compare("a fragmented message is lost", &ids);
        }
        if !self.asked.is_empty() {
            let mut seen: Vec<_> =
                self.stub.seen_at_least(self.asked.len()).await.iter().map(Value::to_string).collect();
            let mut recorded: Vec<_> = self.asked.iter().map(stub_request).collect();
            seen.sort();
            recorded.sort();
            self.compare(&recorded.join("\n"), &seen.join("\n"));
        }
        self.gateway.stop().await;
        self.outcome
    }

    /// Starts a request of the product server; what the transcript leaves out follows from its answer.
    fn call(&mut self, lines: &[Value], index: usize) {
        let verb = text(&lines[index], "verb").to_owned();
        let later =
            lines[index..].iter().find(|line| line["dir"] == "gateway->server" && line["verb"] == verb.as_str());
        let status = later.expect("every request is answered")["status"].as_u64();
        let token = if status == Some(401) { "another token" } else { SERVICE_TOKEN };
        let url = format!("{}/api/operations/{verb}", self.gateway.base);
        let body = &lines[index]["body"];
        let request = if status == Some(404) && verb == "init" {
            self.gateway.http.delete(url).json(body)
        } else if body.is_null() {
            self.gateway.http.get(url)
        } else if body.is_string() {
            self.gateway.http.post(url).json(&thousand_and_one_events(lines))
        } else {
            self.gateway.http.post(url).json(body)
        };
        let answer = tokio::spawn(answer(request.bearer_auth(token)));
        self.pending.entry(verb).or_default().push_back(answer);
    }

    async fn answered(&mut self, line: &Value) {
        let verb = text(line, "verb");
        let answer = self.pending.get_mut(verb).and_then(VecDeque::pop_front).expect("the request was sent");
        let (status, body) = answer.await.expect("the request does not panic");
        self.compare(&format!("{} {}", line["status"], plain(&line["body"])), &format!("{status} {}", plain(&body)));
    }

    async fn get(&mut self, line: &Value) {
        let request = self.gateway.http.get(format!("{}{}", self.gateway.base, text(line, "path")));
        let response = request.timeout(DEADLINE).send().await.expect("the gateway answers in time");
        let status = response.status().as_u16();
        let location = response.headers().get("location").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let location = location.to_owned();
        let body = response.text().await.expect("the body arrives");
        self.compare(&format!("{} {}", line["status"], text(line, "body")), &format!("{status} {body}"));
        self.compare(line["location"].as_str().unwrap_or_default(), &location);
    }

    async fn dial(&mut self, conn: &str, url: &str) {
        let path = url.splitn(4, '/').nth(3).map(|path| format!("/{path}")).expect("a path");
        let stub = self.stub.url.replace(':', "%3A").replace('/', "%2F");
        let path = tokens::fill_in(&path).replace("http%3A%2F%2F127.0.0.1%3A18788", &stub);
        if path.starts_with("/v2/") {
            self.on_v2.insert(conn.to_owned());
        }
        match Peer::connect(&format!("{}{path}", self.gateway.ws_base())).await {
            Ok(peer) => drop(self.peers.insert(conn.to_owned(), peer)),
            Err(refusal) => {
                let location = refusal.headers().get("location").and_then(|value| value.to_str().ok());
                let seen = format!("{} {}", refusal.status().as_u16(), location.unwrap_or_default());
                self.compare("307 /ws?operationId=op_http_mwpr91we", &seen);
                self.closed_by_us.insert(conn.to_owned());
            }
        }
    }

    async fn send(&mut self, conn: &str, raw: &str) {
        let mut raw = tokens::fill_in(&whole(raw)).replace("http://127.0.0.1:18788", &self.stub.url);
        for (recorded, actual) in &self.request_ids {
            raw = raw.replace(recorded, actual);
        }
        if raw == r#"{"type":"heartbeat"}"# {
            *self.heartbeats.entry(conn.to_owned()).or_default() += 1;
        }
        self.peer(conn).send_text(raw).await;
    }

    async fn expect(&mut self, conn: &str, line: &Value, due: Instant) {
        // The text of the watchdog names a time that is played faster.
        let raw = text(line, "raw").replace("idle for 600s", &format!("idle for {}s", 600 / self.scale));
        let mut recorded: Value = serde_json::from_str(&raw).expect("a recorded frame is JSON");
        if recorded["type"] == "heartbeat_ack" {
            return self.expect_ack(conn, due).await;
        }
        if recorded["type"] == "op_lifecycle" && !self.operations.contains(text(&recorded, "operationId")) {
            return self.compare(&recorded.to_string(), "left out");
        }
        if recorded["type"] == "error" && self.fragmented.remove(conn) {
            let ids = self.tool_calls(1).await;
            return self.compare(&format!("a fragmented message is lost: {recorded}"), &ids);
        }
        let Some((at, mut seen)) = self.next_frame(conn, &recorded, due).await else {
            return;
        };
        level(&mut recorded, &mut seen);
        if recorded["event"]["type"] == "tool_execute" && seen["event"]["timestamp"].is_u64() {
            // The gateway stamps this one itself.
            recorded["event"]["timestamp"] = seen["event"]["timestamp"].take();
            seen["event"]["timestamp"] = recorded["event"]["timestamp"].clone();
        }
        if let (Some(old), Some(new)) = (recorded["requestId"].as_str(), seen["requestId"].as_str()) {
            let (old, new) = (old.to_owned(), new.to_owned());
            let known = self.request_ids.iter().find(|(recorded, _)| *recorded == old);
            recorded["requestId"] = json!(known.map_or(&new, |(_, actual)| actual));
            self.request_ids.push((old, new));
        }
        self.compare(&recorded.to_string(), &seen.to_string());
        self.in_time(conn, at, due);
    }

    /// The next frame; an `op_lifecycle` that came too early is kept until its turn.
    async fn next_frame(&mut self, conn: &str, recorded: &Value, due: Instant) -> Option<(Instant, Value)> {
        let is_lifecycle = recorded["type"] == "op_lifecycle";
        let early = self.early.get_mut(conn).filter(|_| is_lifecycle);
        if let Some(early) = early.and_then(VecDeque::pop_front) {
            return Some(early);
        }
        loop {
            let (at, seen) = self.next(conn, due).await?;
            let Incoming::Frame(seen) = seen else {
                self.compare(&recorded.to_string(), &format!("{seen:?}"));
                return None;
            };
            if is_lifecycle || seen["type"] != "op_lifecycle" {
                return Some((at, seen));
            }
            self.compare(&format!("op_lifecycle after {}", recorded["type"]), "op_lifecycle first");
            self.early.entry(conn.to_owned()).or_default().push_back((at, seen));
        }
    }

    /// The ids of the tool results handed on to the product server.
    async fn tool_calls(&self, count: usize) -> String {
        let asked = self.stub.seen_at_least(count).await;
        let ids: Vec<_> = asked.iter().map(|request| request["body"]["toolCallId"].to_string()).collect();
        ids.join(" ")
    }

    /// Heartbeats that were sent but not recorded are sent when their acknowledgement is due.
    async fn expect_ack(&mut self, conn: &str, due: Instant) {
        match self.heartbeats.get_mut(conn).filter(|open| **open > 0) {
            Some(open) => *open -= 1,
            None => {
                sleep_until(due).await;
                self.peer(conn).send(json!({ "type": "heartbeat" })).await;
            }
        }
        let acked = self.peer(conn).acked_within(DEADLINE).await;
        self.compare("acknowledged: true", &format!("acknowledged: {acked}"));
    }

    async fn close(&mut self, conn: &str, line: &Value) {
        let code = u16::try_from(line["code"].as_u64().expect("a code")).expect("a close code");
        self.peer(conn).close(code, text(line, "reason")).await;
        let (code, reason) = self.peer(conn).closed().await;
        self.compare("no answer to a close frame", &format!("{code} {reason}"));
        self.closed_by_us.insert(conn.to_owned());
    }

    async fn expect_close(&mut self, conn: &str, line: &Value, due: Instant) {
        if self.closed_by_us.contains(conn) {
            return;
        }
        if self.on_v2.contains(conn) && line["code"] == 1006 {
            // No v2 socket is ever cut by the gateway: this client vanished.
            self.peers.remove(conn);
            return;
        }
        let Some((at, seen)) = self.next(conn, due).await else {
            return;
        };
        let recorded = format!("{} {}", line["code"], text(line, "reason"));
        let seen = match seen {
            Incoming::Closed(code, reason) => format!("{code} {reason}"),
            other => format!("{other:?}"),
        };
        self.compare(&recorded, &seen);
        self.in_time(conn, at, due);
    }

    fn compare(&mut self, recorded: &str, seen: &str) {
        self.outcome.compared += 1;
        if recorded == seen {
            return;
        }
        let name = self.outcome.name.as_str();
        let meant = DIFFERENCES.iter().find(|difference| {
            difference.transcripts.contains(&name)
                && recorded.contains(difference.recorded)
                && seen.contains(difference.ours)
        });
        match meant {
            Some(difference) => drop(self.outcome.differences.insert(difference.name)),
            None => self.outcome.failures.push(format!("recorded {recorded}\n         seen {seen}")),
        }
    }

    async fn next(&mut self, conn: &str, due: Instant) -> Option<(Instant, Incoming)> {
        let wait = due.saturating_duration_since(Instant::now()) + DEADLINE;
        let next = self.peer(conn).next_within(wait).await;
        if next.is_none() {
            self.outcome.failures.push(format!("{conn}: nothing came"));
        }
        next
    }

    fn in_time(&mut self, conn: &str, at: Instant, due: Instant) {
        if at + EARLY < due {
            self.outcome.failures.push(format!("{conn}: came {:?} before it was due", due - at));
        }
        if at > due + LATE {
            self.outcome.failures.push(format!("{conn}: came {:?} after it was due", at - due));
        }
    }

    fn due(&self, line: &Value) -> Instant {
        self.started + Duration::from_millis(line["t"].as_u64().expect("a time")) / self.scale
    }

    fn peer(&mut self, conn: &str) -> &mut Peer {
        self.peers.get_mut(conn).expect("the socket was dialled")
    }
}

/// Makes equal what a gateway makes up by itself, once it looks as it should.
fn level(recorded: &mut Value, seen: &mut Value) {
    let is_id = |id: &Value| id.as_str().is_some_and(|id| id.len() == 36 && id.matches('-').count() == 4);
    if is_id(&recorded["connectionId"]) && is_id(&seen["connectionId"]) {
        recorded["connectionId"] = seen["connectionId"].clone();
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is later than 1970").as_millis();
    let is_recent = |at: u64| u128::from(at).abs_diff(now) < DEADLINE.as_millis() * 2;
    if recorded["at"].is_u64() && seen["at"].as_u64().is_some_and(is_recent) {
        recorded["at"] = seen["at"].clone();
    }
}
