//! Sockets, refusals and URLs.

use agent_gateway_client::v1::Config;

use crate::DIAL;
use crate::support::{Sim, config};

#[test]
fn c2_from_the_fourth_socket_that_opens_and_never_authenticates_the_delay_keeps_doubling() {
    let mut sim = Sim::new(config());
    sim.connect();
    let mut delays = Vec::new();
    for _ in 0..6 {
        sim.open();
        sim.close(1006, "");
        let line = sim.log().pop().unwrap();
        delays.push(line.strip_prefix("reconnecting ").unwrap().parse::<u64>().unwrap());
        sim.advance(*delays.last().unwrap());
    }
    assert_eq!(delays, [1_000, 1_000, 1_000, 2_000, 4_000, 8_000]);
    sim.authenticate();
    sim.close(1006, "");
    assert_eq!(sim.log().last().unwrap(), "reconnecting 1000");
}

#[test]
fn c3_a_close_with_1008_is_a_refusal_even_without_a_frame() {
    let mut sim = Sim::connected(config());
    sim.close(1008, "userId mismatch");
    let log = sim.log();
    assert_eq!(log[0], "auth_failed userId mismatch");
    assert_eq!(log.last().unwrap(), "done auth_failed auth_failed");
    assert_eq!(sim.deadline_in(), None);
}

#[test]
fn c10_disconnected_is_told_once_per_connection() {
    let mut sim = Sim::connected(config());
    sim.disconnect();
    sim.disconnect();
    assert_eq!(sim.log().iter().filter(|line| *line == "disconnected").count(), 1);
    sim.connect();
    sim.disconnect();
    assert_eq!(sim.log().iter().filter(|line| *line == "disconnected").count(), 1);
}

#[test]
fn url_a_slash_at_the_end_of_the_base_is_dropped() {
    let mut sim = Sim::new(Config { gateway_url: "https://g/".to_owned(), ..config() });
    sim.connect();
    assert_eq!(sim.log()[1], DIAL);
}
