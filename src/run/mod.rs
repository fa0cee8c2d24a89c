//! What a chat application keeps beside the connection: where tools run, what its page shows, and when it paints.

pub mod dispatch;
pub mod notify;
pub mod transcript;
