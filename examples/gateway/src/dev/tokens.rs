//! Tokens for development, right and wrong ones, signed with a key that lives in memory only.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::KeyPair as _;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, encode};
use serde::Deserialize;
use serde_json::json;

use super::{Problem, dev, parse};
use crate::app::App;
use crate::auth::SigningKey;
use crate::frames::now_ms;

/// Lifetime of a token nobody chose one for.
pub(super) const TOKEN_TTL_MS: i64 = 300_000;
const LONGEST_TTL_MS: i64 = 10 * 365 * 24 * 3_600_000;
const KEY_ID: &str = "development";

/// Issues tokens and numbers them.
pub(super) struct Mint {
    issued: AtomicU64,
}

/// Which token to issue.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum TokenKind {
    #[default]
    Valid,
    WrongKey,
    NoSub,
    NoExp,
    NotYetValid,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct TokenRequest {
    user_id: String,
    ttl_ms: Option<i64>,
    #[serde(default)]
    kind: TokenKind,
}

struct RsaKey {
    private: EncodingKey,
    public: DecodingKey,
}

pub(super) fn router() -> Router<Arc<App>> {
    Router::new().route("/tokens", post(issue))
}

/// Checks a lifetime; negative ones make a token that has expired.
pub(super) fn lifetime(ttl_ms: Option<i64>) -> Result<i64, Problem> {
    let ttl_ms = ttl_ms.unwrap_or(TOKEN_TTL_MS);
    if ttl_ms.unsigned_abs() > LONGEST_TTL_MS.unsigned_abs() {
        return Err(Problem::invalid("a token lives for ten years at most"));
    }
    Ok(ttl_ms)
}

impl Mint {
    pub(super) fn new() -> Self {
        right_key();
        Self { issued: AtomicU64::new(0) }
    }

    pub(super) fn signing_key(&self) -> SigningKey {
        SigningKey { id: Some(KEY_ID.to_owned()), key: right_key().public.clone() }
    }

    /// How many tokens there are; the number of the newest one.
    pub(super) fn issued(&self) -> u64 {
        self.issued.load(Ordering::Relaxed)
    }

    /// Issues a JWT whose `jti` is its number.
    pub(super) fn issue(&self, user_id: &str, ttl_ms: i64, kind: TokenKind) -> String {
        let number = self.issued.fetch_add(1, Ordering::Relaxed) + 1;
        let now_ms = i64::try_from(now_ms()).expect("milliseconds since 1970 fit in 63 bits");
        let mut claims = json!({
            "sub": user_id, "iat": now_ms / 1000, "exp": seconds(now_ms + ttl_ms), "jti": number.to_string(),
        });
        let claim = claims.as_object_mut().expect("claims are an object");
        match kind {
            TokenKind::Valid | TokenKind::WrongKey => {}
            TokenKind::NoSub => drop(claim.remove("sub")),
            TokenKind::NoExp => drop(claim.remove("exp")),
            TokenKind::NotYetValid => drop(claim.insert("nbf".to_owned(), json!(seconds(now_ms + 3_600_000)))),
        }
        let key = if matches!(kind, TokenKind::WrongKey) { wrong_key() } else { right_key() };
        let header = Header { kid: Some(KEY_ID.to_owned()), ..Header::new(Algorithm::RS256) };
        encode(&header, &claims, &key.private).expect("a generated key signs")
    }
}

async fn issue(State(app): State<Arc<App>>, body: Bytes) -> Result<Response, Problem> {
    let request: TokenRequest = parse(&body)?;
    if request.user_id.is_empty() {
        return Err(Problem::invalid("userId must not be empty"));
    }
    let faults = dev(&app).known_user_faults(&request.user_id).unwrap_or_default();
    faults.token_endpoint().obey().await?;
    let token = dev(&app).mint.issue(&request.user_id, lifetime(request.ttl_ms)?, request.kind);
    Ok(Json(json!({ "token": token })).into_response())
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 are far below 2^53")]
fn seconds(ms: i64) -> f64 {
    ms as f64 / 1000.0
}

fn right_key() -> &'static RsaKey {
    static KEY: OnceLock<RsaKey> = OnceLock::new();
    KEY.get_or_init(RsaKey::generate)
}

fn wrong_key() -> &'static RsaKey {
    static KEY: OnceLock<RsaKey> = OnceLock::new();
    KEY.get_or_init(RsaKey::generate)
}

impl RsaKey {
    fn generate() -> Self {
        let pair = KeyPair::generate(KeySize::Rsa2048).expect("the system has randomness");
        let der: Pkcs8V1Der<'_> = pair.as_der().expect("a generated key has a DER form");
        let label = "PRIVATE KEY";
        let pem = format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", BASE64_STANDARD.encode(der.as_ref()));
        let private = EncodingKey::from_rsa_pem(pem.as_bytes()).expect("a generated key is an RSA key");
        Self { private, public: DecodingKey::from_rsa_der(pair.public_key().as_ref()) }
    }
}
