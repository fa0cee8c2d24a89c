//! Runs a model over random schedules.
//!
//! `MODEL_SCHEDULES` says how many schedules to run (10,000 unless set), `MODEL_SEED` which (random unless set; 64 hex
//! digits, printed by every run). `MODEL_TRACE=1` prints what the client does and hears; the last run printed is the
//! smallest schedule that fails.

use std::fmt::Debug;
use std::hash::{BuildHasher, RandomState};

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};

/// Runs the schedules of a strategy; `run` panics where a promise is broken.
pub fn run_schedules<S: Debug>(model: &str, strategy: impl Strategy<Value = S>, run: impl Fn(S)) {
    let schedules = std::env::var("MODEL_SCHEDULES").ok().and_then(|text| text.parse().ok()).unwrap_or(10_000);
    let seed = std::env::var("MODEL_SEED").ok().and_then(|text| seed_from(&text)).unwrap_or_else(random_seed);
    let hex: String = seed.iter().map(|byte| format!("{byte:02x}")).collect();
    println!("{model}: {schedules} schedules, MODEL_SEED={hex}");
    let config = Config { cases: schedules, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed));
    let result = runner.run(&strategy, |schedule| {
        run(schedule);
        Ok(())
    });
    if let Err(error) = result {
        match error {
            TestError::Fail(reason, schedule) => panic!("{reason}\nMODEL_SEED={hex}\n{schedule:#?}"),
            TestError::Abort(reason) => panic!("aborted: {reason}"),
        }
    }
    println!("{model}: {schedules} schedules passed");
}

/// Thirty-two bytes from the hasher that the standard library seeds anew for each process.
fn random_seed() -> [u8; 32] {
    let words = (0..4).map(|word: u64| RandomState::new().hash_one(word).to_le_bytes());
    words.collect::<Vec<[u8; 8]>>().concat().try_into().expect("four times eight bytes")
}

fn seed_from(hex: &str) -> Option<[u8; 32]> {
    let bytes = (0..32).map(|index| u8::from_str_radix(hex.get(index * 2..index * 2 + 2)?, 16).ok());
    bytes.collect::<Option<Vec<u8>>>()?.try_into().ok()
}
