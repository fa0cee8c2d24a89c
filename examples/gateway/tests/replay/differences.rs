//! Where this gateway answers differently from the recorded one, on purpose.

/// One deliberate difference.
pub struct Difference {
    pub name: &'static str,
    pub transcripts: &'static [&'static str],
    /// Part of what was recorded.
    pub recorded: &'static str,
    /// Part of what is answered instead.
    pub ours: &'static str,
    pub reason: &'static str,
}

/// The whole list; one that no transcript meets fails the test.
pub const DIFFERENCES: [Difference; 7] = [
    Difference {
        name: "signature reason",
        transcripts: &["v1-auth-failed"],
        recorded: "crypto/rsa: verification error",
        ours: "signature verification failed",
        reason: "the recorded text is that of one language's library; the protocol's own example is used",
    },
    Difference {
        name: "undecodable token reason",
        transcripts: &["v1-auth-failed"],
        recorded: "illegal base64 data at input byte 0",
        ours: "invalid token",
        reason: "the recorded text is that of one language's library; any other unreadable token gets this one",
    },
    Difference {
        name: "legal close reason",
        transcripts: &["v1-apikey"],
        recorded: "1006",
        ours: "1008 xxx",
        reason: "a close frame carries 123 bytes of reason; a longer one broke the connection instead of closing it",
    },
    Difference {
        name: "close handshake",
        transcripts: &["v1-basic-stream", "long-v1-client-close", "v2-basic"],
        recorded: "no answer to a close frame",
        ours: "1000 Client disconnect",
        reason: "a close frame is answered at once; the recorded gateway left v1 sockets open for up to 151 s and cut v2 ones",
    },
    Difference {
        name: "fragmented messages",
        transcripts: &["v1-fragmented", "v2-errors"],
        recorded: "a fragmented message is lost",
        ours: "frag_mwpr",
        reason: "fragmentation is legal, and Chromium does it from 64 KiB on",
    },
    Difference {
        name: "other conversations",
        transcripts: &[
            "fast-watchdog-phantom",
            "long-cleanup-10min",
            "long-idle-watchdog-10min",
            "long-v2-heartbeat-timeout-180s",
        ],
        recorded: "op_lifecycle",
        ours: "left out",
        reason: "the user had operations in another conversation at the same time, which is not played with this one",
    },
    Difference {
        name: "order at the watchdog",
        transcripts: &["fast-watchdog-phantom", "long-idle-watchdog-10min"],
        recorded: "op_lifecycle after",
        ours: "op_lifecycle first",
        reason: "the watchdog was recorded in either order; here op_lifecycle always comes first, as with any other end",
    },
];
