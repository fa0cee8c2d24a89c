//! Every recorded conversation, held again with this gateway.

mod replay;
mod support;

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::timeout;

use replay::differences::DIFFERENCES;
use replay::replay;

const LIMIT: Duration = Duration::from_secs(50);

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_recorded_conversation_gets_the_recorded_answers() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/agent-gateway");
    let names = transcripts(&fixtures);
    let replays = names.iter().map(|name| timeout(LIMIT, replay(&fixtures, name)));
    let outcomes: Vec<_> = join_all(replays).await.into_iter().map(|end| end.expect("a replay ends in time")).collect();

    let met: BTreeSet<_> = outcomes.iter().flat_map(|outcome| outcome.differences.iter().copied()).collect();
    let compared: usize = outcomes.iter().map(|outcome| outcome.compared).sum();
    println!("{} transcripts replayed, {compared} comparisons, {} deliberate differences:", names.len(), met.len());
    for difference in DIFFERENCES.iter().filter(|difference| met.contains(difference.name)) {
        println!("  {} ({}): {}", difference.name, difference.transcripts.join(", "), difference.reason);
    }

    let failures: Vec<_> = outcomes
        .iter()
        .flat_map(|outcome| outcome.failures.iter().map(move |failure| format!("{}: {failure}", outcome.name)))
        .collect();
    assert!(failures.is_empty(), "{} failures\n{}", failures.len(), failures.join("\n"));
    let stale: Vec<_> =
        DIFFERENCES.iter().map(|difference| difference.name).filter(|name| !met.contains(name)).collect();
    assert!(stale.is_empty(), "differences nothing shows any more: {stale:?}");
    assert_eq!(names.len(), 34, "transcripts came or went: {names:?}");
}

fn transcripts(fixtures: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(fixtures).expect("the fixtures are there");
    let mut names: Vec<_> = entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.strip_suffix(".jsonl").map(str::to_owned))
        .filter(|name| ["v1-", "v2-", "fast-", "long-", "http-control"].iter().any(|prefix| name.starts_with(prefix)))
        .collect();
    names.sort();
    names
}
