#![cfg(not(target_family = "wasm"))]
//! Every recorded v1 connection, replayed through the core: the gateway's frames at the times they were recorded.

#[path = "transcripts/differences.rs"]
mod differences;
#[path = "transcripts/expectations.rs"]
mod expectations;
#[path = "transcripts/opening.rs"]
mod opening;
#[path = "transcripts/player.rs"]
mod player;
#[path = "support/recording.rs"]
mod recording;
mod support;

use std::collections::BTreeSet;

use differences::DIFFERENCES;
use expectations::{EXPECTED, NOT_REPLAYED};
use opening::cursor;
use player::{Played, play};
use recording::{Connection, connections, transcripts};

#[test]
fn every_recorded_connection_ends_as_recorded() {
    let replayed = replayed_connections();
    let mut met = BTreeSet::new();
    let mut rows = Vec::new();
    for connection in &replayed {
        let played = play(connection, false);
        met.extend(played.differences.iter().copied());
        rows.push(row(connection, &played));
    }
    let names: BTreeSet<_> = replayed.iter().map(|connection| connection.transcript.as_str()).collect();
    println!(
        "{} transcripts, {} connections replayed through the core, {} deliberate differences",
        names.len(),
        replayed.len(),
        met.len()
    );
    for (difference, name, reason) in DIFFERENCES {
        assert!(met.contains(&difference), "{name}: nothing shows this difference any more");
        println!("  {name}: {reason}");
    }
    for (name, reason) in NOT_REPLAYED {
        println!("  not replayed: {name}: {reason}");
    }
    let expected: Vec<_> =
        EXPECTED.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect();
    assert_same_rows(&rows, &expected);
}

#[test]
fn every_transcript_is_replayed_or_has_a_reason_not_to_be() {
    let mentioned = EXPECTED.lines().filter_map(|line| Some(line.split_once('|')?.0.trim()));
    let mentioned: BTreeSet<_> = mentioned.chain(NOT_REPLAYED.iter().map(|(name, _)| *name)).collect();
    let recorded = transcripts();
    let recorded: BTreeSet<_> = recorded.iter().map(String::as_str).collect();
    assert_eq!(recorded, mentioned, "transcripts came or went");
    for (name, reason) in NOT_REPLAYED {
        assert!(connections(name).is_empty(), "{name} has v1 connections, although: {reason}");
    }
}

#[test]
fn a_first_replay_delivered_as_one_batch_tells_the_same() {
    let mut compared = 0;
    for connection in replayed_connections() {
        let replay_ends = connection.received().any(|raw| raw.contains(r#""resume_complete""#));
        if !replay_ends || !cursor(&connection).is_empty() {
            continue;
        }
        let (live, batch) = (play(&connection, false), play(&connection, true));
        assert_eq!(row(&connection, &batch), row(&connection, &live));
        compared += 1;
    }
    assert_eq!(compared, 9, "connections with a replay from the start and its end");
}

fn replayed_connections() -> Vec<Connection> {
    let left_out = |name: &String| NOT_REPLAYED.iter().any(|(other, _)| other == name);
    transcripts().into_iter().filter(|name| !left_out(name)).flat_map(|name| connections(&name)).collect()
}

/// A connection as a row of the table: transcript, connection, events, what else was told, ending, differences.
fn row(connection: &Connection, played: &Played) -> String {
    let differences: Vec<_> = played.differences.iter().map(|difference| difference.name()).collect();
    let cells = [
        connection.transcript.clone(),
        connection.name.clone(),
        ranges(&played.delivered),
        played.told.join("; "),
        played.ending.clone(),
        differences.join(", "),
    ];
    cells.join(" | ").trim_end().to_owned()
}

/// Ids as ranges: `1-3 7`.
fn ranges(ids: &[u64]) -> String {
    let mut ranges: Vec<(u64, u64)> = Vec::new();
    for id in ids {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == *id => *last = *id,
            _ => ranges.push((*id, *id)),
        }
    }
    let texts =
        ranges.iter().map(|(first, last)| if first == last { first.to_string() } else { format!("{first}-{last}") });
    texts.collect::<Vec<_>>().join(" ")
}

fn assert_same_rows(rows: &[String], expected: &[String]) {
    assert_eq!(rows.len(), rows.iter().collect::<BTreeSet<_>>().len(), "a connection has one row");
    let changed: Vec<_> = rows.iter().filter(|row| !expected.contains(row)).collect();
    let missed: Vec<_> = expected.iter().filter(|row| !rows.contains(row)).collect();
    assert!(
        changed.is_empty() && missed.is_empty() && rows.len() == expected.len(),
        "{} rows differ\nnow:\n{}\nexpected:\n{}",
        changed.len().max(missed.len()),
        changed.iter().map(|row| row.as_str()).collect::<Vec<_>>().join("\n"),
        missed.iter().map(|row| row.as_str()).collect::<Vec<_>>().join("\n"),
    );
}
