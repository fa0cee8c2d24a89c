//! A development gateway in this process, and the program as a user starts it.

#![allow(dead_code, unused_imports, reason = "each test crate uses its own part of this")]

mod gateway;
mod program;
mod stub;

pub use gateway::{Gateway, SERVICE_TOKEN};
pub use program::{Output, Program};
pub use stub::Stub;

use std::time::Duration;

/// Nothing these tests wait for takes longer.
pub const DEADLINE: Duration = Duration::from_secs(60);
