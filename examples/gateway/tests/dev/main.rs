//! The development side: every script and every fault.

mod faults;
mod scripts;
#[path = "../support/mod.rs"]
mod support;
