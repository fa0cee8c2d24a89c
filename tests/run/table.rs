//! The table of transitions, walked from end to end, and the document that is made of it.

use agent_gateway_client::run::{Cause, Ending, Phase, Timer, Verdict, next};

#[test]
fn nothing_leads_out_of_settled() {
    for cause in Cause::all() {
        assert_eq!(next(Phase::Settled, cause), None, "{cause:?}");
    }
}

#[test]
fn only_a_call_of_the_application_leads_out_of_idle() {
    let leads_out = |cause: &Cause| next(Phase::Idle, *cause).is_some();
    let causes: Vec<Cause> = Cause::all().filter(leads_out).collect();
    assert_eq!(causes, [Cause::Submitted, Cause::Resumed]);
}

#[test]
fn no_cause_leads_back_to_the_phase_it_came_from() {
    for (phase, cause, following) in transitions() {
        assert_ne!(phase, following, "{cause:?}");
    }
}

#[test]
fn every_phase_can_be_reached_and_every_cause_is_of_use() {
    let mut reached = vec![Phase::Idle];
    let mut looked_at = 0;
    while let Some(phase) = reached.get(looked_at).copied() {
        looked_at += 1;
        let following = Cause::all().filter_map(|cause| next(phase, cause));
        let new: Vec<Phase> = following.filter(|following| !reached.contains(following)).collect();
        reached.extend(new.into_iter().fold(Vec::new(), |mut phases, phase| {
            if !phases.contains(&phase) {
                phases.push(phase);
            }
            phases
        }));
    }
    assert_eq!(reached.len(), Phase::ALL.len(), "{reached:?}");
    for cause in Cause::all() {
        assert!(Phase::ALL.iter().any(|phase| next(*phase, cause).is_some()), "{cause:?}");
    }
}

#[test]
fn every_phase_in_between_waits_for_somebody_who_is_patient_or_has_a_deadline() {
    for phase in live() {
        assert!(!phase.waits_for().is_empty(), "{phase:?} waits for nobody");
        let limited = !phase.timers().is_empty();
        let patient = phase.waits_for().iter().all(|waiting_for| waiting_for.is_patient());
        assert!(limited || patient, "{phase:?} may wait for ever");
    }
    for phase in [Phase::Idle, Phase::Settled] {
        assert!(phase.waits_for().is_empty() && phase.timers().is_empty(), "{phase:?}");
    }
}

#[test]
fn every_deadline_leads_out_of_the_phases_that_it_limits() {
    for phase in live() {
        for timer in phase.timers() {
            let way_out = match timer {
                Timer::Start => Cause::Ended(Ending::StartTimeout),
                Timer::Token | Timer::TokenRetry => Cause::Ended(Ending::RefreshFailed),
                Timer::Connect => Cause::Ended(Ending::ConnectLimit),
                Timer::Reconnect => Cause::Ended(Ending::ReconnectLimit),
                Timer::Pending => Cause::Ended(Ending::PendingLimit),
                Timer::Tool | Timer::Intervention => Cause::AgentWorks,
                Timer::ToolResult => panic!("no phase waits for a result to arrive"),
                Timer::Stop => Cause::Ended(Ending::StopUnconfirmed),
            };
            assert!(next(phase, way_out).is_some(), "{phase:?} does not end with {timer:?}");
        }
    }
}

#[test]
fn every_phase_in_between_can_be_left_and_stopped_once() {
    for phase in live() {
        for ending in [Ending::Detached, Ending::Superseded] {
            assert_eq!(next(phase, Cause::Ended(ending)), Some(Phase::Settled), "{phase:?}");
        }
        let stopped = next(phase, Cause::StopAsked);
        assert_eq!(stopped, (phase != Phase::Stopping).then_some(Phase::Stopping), "{phase:?}");
    }
}

#[test]
fn the_gateways_word_ends_every_phase_that_has_a_transport() {
    for phase in live().filter(|phase| *phase != Phase::Submitting) {
        for ending in Ending::ALL.into_iter().filter(|ending| ending.is_told()) {
            assert_eq!(next(phase, Cause::Ended(ending)), Some(Phase::Settled), "{phase:?} {ending:?}");
        }
    }
}

#[test]
fn no_ending_by_itself_says_that_a_run_completed() {
    for ending in Ending::ALL {
        assert_ne!(ending.verdict(), Verdict::Completed, "{ending:?}");
    }
}

#[test]
fn the_document_is_the_one_that_the_table_makes() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/run-states.md");
    let document = crate::document::render();
    if std::env::var_os("WRITE_RUN_STATES").is_some() {
        std::fs::write(path, &document).expect("docs/run-states.md can be written");
    }
    let written = std::fs::read_to_string(path).expect("docs/run-states.md is there");
    assert!(written == document, "docs/run-states.md is stale: WRITE_RUN_STATES=1 cargo test --test run");
}

fn live() -> impl Iterator<Item = Phase> {
    Phase::ALL.into_iter().filter(|phase| !matches!(phase, Phase::Idle | Phase::Settled))
}

fn transitions() -> impl Iterator<Item = (Phase, Cause, Phase)> {
    let of = |phase| Cause::all().filter_map(move |cause| Some((phase, cause, next(phase, cause)?)));
    Phase::ALL.into_iter().flat_map(of)
}
