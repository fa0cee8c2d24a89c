//! Dead needs evidence: heartbeats, wake-ups, tabs that are throttled, devices that are offline.

use agent_gateway_client::machine::Wake;
use agent_gateway_client::v2::MuxConfig;

use crate::support::{MuxSim, config};

const ACK: &str = r#"{"type":"heartbeat_ack"}"#;
const PING: &str = r#"send {"type":"heartbeat"}"#;

#[test]
fn mx_11_mx_20_heartbeats_are_sent_every_30_s_and_the_fourth_unanswered_tick_redials() {
    let mut sim = MuxSim::subscribed();
    for _ in 0..2 {
        sim.advance(30_000);
        assert_eq!(sim.log(), [PING]);
        sim.receive(ACK);
    }
    sim.advance(90_000);
    assert_eq!(sim.log().len(), 3);
    sim.advance(30_000);
    assert_eq!(
        sim.log()[..4],
        ["hangup 1000 Client disconnect", "mux status connecting", "1 status reconnecting", "mux reconnecting"]
    );
}

#[test]
fn the_interval_of_heartbeats_can_be_chosen() {
    let mut sim = MuxSim::new(MuxConfig { heartbeat_every: 5_000, ..config() });
    sim.subscribe("op");
    sim.ready();
    sim.log();
    sim.advance(5_000);
    assert_eq!(sim.log(), [PING]);
}

#[test]
fn mx_32_a_network_that_comes_back_ends_the_wait() {
    let mut sim = MuxSim::subscribed();
    sim.close(1006, "");
    sim.wake(Wake::Offline);
    sim.log();
    sim.advance(60_000);
    assert!(sim.log().is_empty(), "nothing is dialled while the device is offline");
    sim.wake(Wake::Online);
    assert_eq!(sim.log()[0], "ask initial");
}

#[test]
fn a_wake_up_probes_and_a_silent_socket_is_replaced() {
    let mut sim = MuxSim::subscribed();
    sim.wake(Wake::Visible);
    assert_eq!(sim.log(), [PING]);
    sim.advance(4_000);
    assert_eq!(sim.log()[0], "ask initial");
    sim.ready();
    assert!(sim.log().contains(&"hangup 1000 Client disconnect".to_owned()));
}

/// Minutes in a hidden tab, whose timers fire once in each.
fn hidden_for(sim: &mut MuxSim, minutes: u32, answers: bool) {
    for _ in 0..minutes {
        sim.sleep(60_000);
        let log = sim.log();
        assert!(log.iter().all(|line| line == PING), "nothing is declared dead: {log:?}");
        if answers {
            log.iter().for_each(|_| sim.receive(ACK));
        }
    }
}

#[test]
fn a_hidden_tab_with_one_timer_a_minute_declares_nothing_dead() {
    let mut sim = MuxSim::subscribed();
    hidden_for(&mut sim, 10, true);
    sim.chunk("op", 1);
    assert_eq!(sim.log(), ["1 event stream_chunk 1"]);
    sim.wake(Wake::Visible);
    assert_eq!(sim.log(), [PING]);
    sim.receive(ACK);
    sim.advance(20_000);
    assert_eq!(sim.log(), [""; 0]);
}

#[test]
fn a_socket_that_died_in_a_hidden_tab_is_replaced_within_five_seconds_of_waking() {
    for seed in 0..50 {
        for silent_minutes in 0..=3 {
            let mut sim = MuxSim::new(MuxConfig { seed, ..config() });
            sim.subscribe("op");
            sim.ready();
            sim.log();
            hidden_for(&mut sim, 10 - silent_minutes, true);
            hidden_for(&mut sim, silent_minutes, false);
            let dead = sim.dial;
            sim.wake(Wake::Visible);
            sim.advance(5_000);
            assert_ne!(sim.dial, dead, "silent for {silent_minutes} minutes");
        }
    }
}

#[test]
fn a_socket_that_was_closed_in_a_hidden_tab_is_replaced_at_once_on_waking() {
    let mut sim = MuxSim::subscribed();
    hidden_for(&mut sim, 9, true);
    sim.now += 30_000;
    sim.close(1006, "");
    sim.log();
    sim.wake(Wake::Visible);
    assert_eq!(sim.log()[0], "ask initial");
    sim.ready();
    assert!(sim.log().contains(&"mux connected".to_owned()));
}

#[test]
fn a_jump_of_the_clock_probes_instead_of_counting() {
    let mut sim = MuxSim::subscribed();
    sim.sleep(3_600_000);
    assert_eq!(sim.log(), [PING]);
    sim.receive(ACK);
    sim.advance(29_000);
    assert_eq!(sim.log(), [""; 0]);
}
