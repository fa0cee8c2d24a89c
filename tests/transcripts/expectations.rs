//! How every recorded connection ends when this client has it.

/// A row for every connection: transcript | connection | ids of the delivered events | what else was told, without
/// statuses | ending | deliberate differences, by the names in [`crate::differences::DIFFERENCES`].
pub const EXPECTED: &str = r#"
browser-chrome | v1 bad auth |  |  | auth_failed invalid token |
browser-firefox | v1 bad auth |  |  | auth_failed invalid token |
fast-cleanup-gone | v1 | 1-2 |  | completed by agent_event, succeeded | hangs-up-at-the-end, resume-at-once
fast-cleanup-gone | v1-late |  |  | connected | covered-by-given-cursor, resume-at-once
fast-heartbeats | v1 |  |  | reconnecting in 1000 | resume-at-once
fast-v1-error-then-expired | v1 |  | session_complete status_change error | error by status_change | hangs-up-at-the-end, resume-at-once, terminal-status-change
fast-v1-error-then-expired | v1-reconnect |  |  | connected |
fast-watchdog-abandoned | v1 | 1 | session_complete status_change error | error by status_change | resume-at-once, terminal-status-change
fast-watchdog-backend-down | v1 | 1 | session_complete status_change error | error by status_change | hangs-up-at-the-end, resume-at-once, terminal-status-change
fast-watchdog-inflight | v1 | 1 | session_complete status_change error | error by status_change | hangs-up-at-the-end, resume-at-once, terminal-status-change
fast-watchdog-inflight | quiet |  |  | connected | resume-at-once
fast-watchdog-phantom | v1 | 1 | session_complete raw_session_complete | completed by session_complete | resume-at-once
http-control | A |  |  | connected | resume-at-once
http-control | dblslash |  |  | reconnecting in 1000 | one-slash
long-cleanup-10min | v1 | 1 |  | completed by agent_event, succeeded | hangs-up-at-the-end, resume-at-once
long-idle-watchdog-10min | v1 | 1 | session_complete status_change error | error by status_change | resume-at-once, terminal-status-change
long-v1-auth-timeout-10s | A |  |  | reconnecting in 948 | auth-at-once, handshake-deadline
long-v1-client-close | c0 |  |  | disconnected by disconnect | forgets-its-closed-socket, resume-at-once
long-v1-client-close | c1 |  |  | disconnected by disconnect | forgets-its-closed-socket, resume-at-once
long-v1-client-close | c2 |  |  | disconnected by disconnect | forgets-its-closed-socket, resume-at-once
long-v1-client-close | c3 |  |  | disconnected by disconnect | forgets-its-closed-socket, resume-at-once
long-v1-client-close | c4 |  |  | disconnected by disconnect | forgets-its-closed-socket, resume-at-once
long-v1-client-close | c5 |  |  | disconnected by disconnect | forgets-its-closed-socket, resume-at-once
long-v1-client-close | c6 |  |  | disconnected by disconnect | forgets-its-closed-socket, resume-at-once
long-v1-client-close | c7 |  |  | disconnected by disconnect | forgets-its-closed-socket, resume-at-once
long-v1-client-close | c8 |  |  | disconnected by disconnect | forgets-its-closed-socket, resume-at-once
long-v1-client-close | c9 |  |  | disconnected by disconnect | forgets-its-closed-socket, resume-at-once
long-v1-heartbeat-timeout-90s | A |  | resume_complete running | reconnecting in 1000 | heartbeats
long-v1-heartbeat-timeout-90s | B |  |  | reconnecting in 1000 | heartbeats, resume-at-once
v1-apikey | ok |  |  | connected | api-key, resume-at-once
v1-apikey | no-serverUrl |  |  | auth_failed Missing serverUrl for apiKey auth | api-key
v1-apikey | bad-key |  |  | auth_failed Invalid API key | api-key
v1-apikey | long-reason |  |  | auth_failed (200 characters) | api-key
v1-auth-expired | A |  | resume_complete running | connected | resume-at-once
v1-auth-expired | B |  | auth_expired | auth_failed Authentication timeout |
v1-auth-expired | C |  | auth_expired | authenticating |
v1-auth-failed | bad-signature |  |  | auth_failed crypto/rsa: verification error |
v1-auth-failed | garbage |  |  | auth_failed invalid token |
v1-auth-failed | empty |  |  | auth_failed Missing token |
v1-auth-failed | other-user |  |  | auth_failed userId mismatch |
v1-auth-failed | no-sub |  |  | auth_failed Missing sub claim |
v1-auth-failed | nbf-future |  |  | auth_failed "nbf" claim timestamp check failed |
v1-auth-failed | alg-none |  |  | auth_failed unexpected signing method: HS256 |
v1-auth-failed | undecodable-parts |  |  | auth_failed illegal base64 data at input byte 0 |
v1-auth-failed | service-token-wrong |  |  | auth_failed invalid token |
v1-auth-failed | no-exp |  |  | connected | resume-at-once
v1-auth-failed | pipelined |  |  | connected | frames-only, heartbeats, one-auth, resume-at-once
v1-basic-stream | A | 1-10 | resume_complete running | completed by agent_event, succeeded | hangs-up-at-the-end, heartbeats
v1-before-init | A | 1 |  | connected |
v1-before-init | B |  |  | auth_failed userId mismatch | refusal-without-frame, resume-at-once
v1-before-init | C |  |  | auth_failed Missing userId |
v1-before-init | D |  |  | connected | resume-at-once
v1-before-init | E | 1 |  | connected | resume-at-once
v1-confirmation-input | A |  | tool_confirmation_request; input_request; input_request | connected | resume-at-once
v1-confirmation-input | B |  | tool_confirmation_request; input_request; input_request; resume_complete running | connected |
v1-fragmented | A |  |  | connected | resume-at-once, text-frames
v1-gap | A | 502-1001 | continuity gap; resume_complete running gap | connected |
v1-gap | B | 502-1001 | resume_complete running | connected |
v1-mirrored-terminal | A | 1 3-5 |  | error by agent_event | resume-at-once
v1-mirrored-terminal | B | 1 3-5 | resume_complete completed | error by agent_event |
v1-resume | A | 1-6 | resume_complete running | connected | once-and-in-order
v1-resume | B | 4-6 | resume_complete running | connected |
v1-resume | C | 5-6 |  | connected | resume-at-once
v1-resume | D |  | resume_complete running | connected |
v1-resume | E | 1-6 | resume_complete running | connected |
v1-resume | F | 1-6 | resume_complete running | connected | resume-at-once
v1-resume | G |  |  | connected | resume-at-once
v1-resume-terminal | A | 1-2 |  | error by agent_event | hangs-up-at-the-end
v1-resume-terminal | B |  | resume_complete error; session_complete resume_status error | error by resume_status |
v1-resume-terminal | C | 1 |  | interrupted by agent_event | hangs-up-at-the-end, resume-at-once
v1-status-change | A |  | status_change waiting_input; status_change running; status_change waiting_confirmation; status_change cancelled; resume_complete cancelled; session_complete status_change error | error by status_change | once-and-in-order, resume-at-once, terminal-status-change
v1-status-change | B |  | session_complete raw_session_complete | completed by session_complete | hangs-up-at-the-end, resume-at-once
v1-tool-execute | A | 1 |  | connected | resume-at-once
v1-tool-execute | B | 1 |  | connected | resume-at-once
v2-tools | v1 | 1-3 7 | tool_confirmation_request; input_request | connected | resume-at-once
"#;

/// The transcripts without a v1 connection, and what they hold instead.
pub const NOT_REPLAYED: [(&str, &str); 9] = [
    ("browser-chrome-boundary", "from which size on a browser splits messages; frames were counted, not recorded"),
    ("browser-chrome-fragmentation", "which sizes of messages arrive; frames were not recorded"),
    ("long-v2-heartbeat-timeout-180s", "of v2: tests/v2_transcripts.rs"),
    ("v2-auth-close", "of v2: tests/v2_transcripts.rs"),
    ("v2-basic", "of v2: tests/v2_transcripts.rs"),
    ("v2-errors", "of v2: tests/v2_transcripts.rs"),
    ("v2-lifecycle-feed", "of v2: tests/v2_transcripts.rs"),
    ("v2-lifecycle-order", "of v2: tests/v2_transcripts.rs"),
    ("v2-pending", "of v2: tests/v2_transcripts.rs"),
];
