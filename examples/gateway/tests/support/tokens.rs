//! The product server's keys, and the tokens the transcripts name by placeholder.

use std::sync::LazyLock;
use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::KeyPair as _;
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

use super::SERVICE_TOKEN;

static RIGHT: LazyLock<KeyPair> = LazyLock::new(generate);
static WRONG: LazyLock<KeyPair> = LazyLock::new(generate);

/// The key set a gateway is started with.
pub fn jwks() -> String {
    let public = RIGHT.public_key();
    let modulus = BASE64_URL_SAFE_NO_PAD.encode(public.modulus().big_endian_without_leading_zero());
    let exponent = BASE64_URL_SAFE_NO_PAD.encode(public.exponent().big_endian_without_leading_zero());
    json!({ "keys": [{ "kty": "RSA", "alg": "RS256", "use": "sig", "n": modulus, "e": exponent }] }).to_string()
}

/// A valid token of `user_id`.
pub fn token_of(user_id: &str) -> String {
    signed(&RIGHT, &json!({ "sub": user_id, "exp": now() + 300 }))
}

/// Replaces every placeholder of a recorded text by a token of that kind.
pub fn fill_in(text: &str) -> String {
    let mut filled = text.replace("<SERVICE_TOKEN>", SERVICE_TOKEN);
    while let Some(start) = filled.find("<JWT:") {
        let end = start + filled[start..].find('>').expect("a placeholder ends");
        let token = placeholder(&filled[start + "<JWT:".len()..end]);
        filled.replace_range(start..=end, &token);
    }
    filled
}

fn placeholder(kind: &str) -> String {
    let (past, future) = (now() - 60, now() + 300);
    match kind {
        "expired" => signed(&RIGHT, &json!({ "sub": "alice", "exp": past })),
        "expired-mallory" => signed(&RIGHT, &json!({ "sub": "mallory", "exp": past })),
        "expired-wrong-key" => signed(&WRONG, &json!({ "sub": "alice", "exp": past })),
        "2s" => signed(&RIGHT, &json!({ "sub": "alice", "exp": now() + 2 })),
        "fresh" => token_of("alice"),
        "wrong-key" => signed(&WRONG, &json!({ "sub": "alice", "exp": future })),
        "nosub" => signed(&RIGHT, &json!({ "exp": future })),
        "nbf" => signed(&RIGHT, &json!({ "sub": "alice", "exp": future, "nbf": future })),
        "noexp" => signed(&RIGHT, &json!({ "sub": "alice" })),
        "alg" => {
            let claims = json!({ "sub": "alice", "exp": future });
            encode(&Header::new(Algorithm::HS256), &claims, &EncodingKey::from_secret(b"secret")).expect("HS256 signs")
        }
        user_id => token_of(user_id),
    }
}

fn signed(key: &KeyPair, claims: &Value) -> String {
    let der: Pkcs8V1Der<'_> = key.as_der().expect("a generated key has a DER form");
    let label = "PRIVATE KEY";
    let pem = format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", BASE64_STANDARD.encode(der.as_ref()));
    let key = EncodingKey::from_rsa_pem(pem.as_bytes()).expect("a generated key is an RSA key");
    encode(&Header::new(Algorithm::RS256), claims, &key).expect("RS256 signs")
}

fn generate() -> KeyPair {
    KeyPair::generate(KeySize::Rsa2048).expect("the system has randomness")
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is later than 1970").as_secs()
}
