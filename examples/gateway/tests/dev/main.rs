//! The development side: every script and every fault.

mod faults;
mod faults_v2;
mod runs;
mod scripts;
mod scripts_v2;
#[path = "../support/mod.rs"]
mod support;
