//! A token and what can be told of it without verifying anything.

use crate::time::Timestamp;

/// A token to authenticate with. Its `Debug` form does not show the secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    /// The text that is sent.
    pub secret: String,
    /// When it was issued and ends. `None`: it is no JSON Web Token, or it never expires.
    pub lifetime: Option<Lifetime>,
}

/// The two dates of a JSON Web Token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetime {
    /// The `iat` claim.
    pub issued_at: Option<Timestamp>,
    /// The `exp` claim.
    pub expires_at: Timestamp,
}

impl Token {
    /// A token whose dates were read by the host; the claims are in seconds, NaN where they are absent.
    pub fn with_claims(secret: String, iat: f64, exp: f64) -> Self {
        let at = |seconds: f64| (!seconds.is_nan()).then(|| Timestamp::from_millis((seconds * 1_000.0) as u64));
        Self { secret, lifetime: at(exp).map(|expires_at| Lifetime { issued_at: at(iat), expires_at }) }
    }

    /// A token whose dates are read here, for hosts that have no JSON of their own.
    #[cfg(not(target_family = "wasm"))]
    pub fn read(secret: impl Into<String>) -> Self {
        let secret = secret.into();
        let claims = claims_of(&secret);
        let date = |claim: &str| claims.as_ref().and_then(|claims| claims.get(claim)?.as_f64()).unwrap_or(f64::NAN);
        Self::with_claims(secret, date("iat"), date("exp"))
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Token").field("lifetime", &self.lifetime).finish_non_exhaustive()
    }
}

#[cfg(not(target_family = "wasm"))]
fn claims_of(token: &str) -> Option<serde_json::Value> {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    let payload = token.split('.').nth(1)?;
    let json = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
    serde_json::from_slice(&json).ok()
}

#[cfg(all(test, not(target_family = "wasm")))]
mod tests {
    use super::*;

    #[test]
    fn a_jwt_tells_its_dates() {
        let token = Token::read("eyJhbGciOiJSUzI1NiJ9.eyJpYXQiOjE3OTAwMDAwMDAsImV4cCI6MTc5MDAwMDMwMH0.x");
        let expected = Lifetime {
            issued_at: Some(Timestamp::from_millis(1_790_000_000_000)),
            expires_at: Timestamp::from_millis(1_790_000_300_000),
        };
        assert_eq!(token.lifetime, Some(expected));
    }

    #[test]
    fn what_is_no_jwt_or_has_no_end_is_left_alone() {
        for token in ["", "lh_sk_9", "a.b.c", "eyJhbGciOiJSUzI1NiJ9.e30.x", "a.bnVsbA.c", "..."] {
            assert_eq!(Token::read(token).lifetime, None, "{token}");
        }
    }

    #[test]
    fn a_token_is_not_shown_in_debug_output() {
        assert!(!format!("{:?}", Token::read("secret")).contains("secret"));
    }
}
