//! Who a client is: JWT, API key or service token (§1.4).

use aws_lc_rs::constant_time::verify_slices_are_equal;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::{Map, Value};

use crate::frames::now_ms;
use crate::lobe::Lobe;

/// What a client presents.
pub(crate) enum Credential {
    Token(String),
    ApiKey { key: String, server_url: String },
    Invalid(&'static str),
}

/// What a credential is worth.
#[derive(Debug, PartialEq)]
pub(crate) enum Verdict {
    /// `token_id` is the `jti` of a JWT.
    Accepted {
        user_id: String,
        token_id: Option<String>,
    },
    /// A JWT with no fault but its age.
    Expired,
    Refused(String),
}

/// Checks credentials against the keys and tokens a gateway was started with.
pub(crate) struct Authenticator {
    keys: Vec<SigningKey>,
    service_token: String,
    lobe: Lobe,
}

/// A public key, with the id a token may name it by.
pub(crate) struct SigningKey {
    pub(crate) id: Option<String>,
    pub(crate) key: DecodingKey,
}

impl Credential {
    /// Reads the fields of an `auth` frame.
    pub(crate) fn from_frame(token: Option<Value>, token_type: Option<Value>, server_url: Option<Value>) -> Self {
        let Some(token) = text(token) else {
            return Self::Invalid("Missing token");
        };
        if text(token_type).as_deref() != Some("apiKey") {
            return Self::Token(token);
        }
        match text(server_url) {
            Some(server_url) => Self::ApiKey { key: token, server_url },
            None => Self::Invalid("Missing serverUrl for apiKey auth"),
        }
    }
}

impl Authenticator {
    pub(crate) fn new(keys: Vec<SigningKey>, service_token: String, lobe: Lobe) -> Self {
        Self { keys, service_token, lobe }
    }

    /// Judges a credential for an operation of `owner`.
    pub(crate) async fn verify(&self, credential: &Credential, owner: Option<&str>) -> Verdict {
        let verdict = match credential {
            Credential::Invalid(reason) => return Verdict::Refused((*reason).to_owned()),
            Credential::Token(token) if self.is_service_token(token) => {
                return match owner {
                    Some(owner) => Verdict::Accepted { user_id: owner.to_owned(), token_id: None },
                    None => Verdict::Refused("Missing userId".to_owned()),
                };
            }
            Credential::Token(token) => self.verify_jwt(token),
            Credential::ApiKey { key, server_url } => match self.lobe.user_of_api_key(server_url, key).await {
                Ok(user_id) => Verdict::Accepted { user_id, token_id: None },
                Err(reason) => Verdict::Refused(reason),
            },
        };
        match verdict {
            Verdict::Accepted { user_id, .. } if owner.is_some_and(|owner| owner != user_id) => {
                Verdict::Refused("userId mismatch".to_owned())
            }
            verdict => verdict,
        }
    }

    pub(crate) fn is_service_token(&self, token: &str) -> bool {
        verify_slices_are_equal(token.as_bytes(), self.service_token.as_bytes()).is_ok()
    }

    fn verify_jwt(&self, token: &str) -> Verdict {
        let Ok(header) = decode_header(token) else {
            return Verdict::Refused("invalid token".to_owned());
        };
        if header.alg != Algorithm::RS256 {
            return Verdict::Refused(format!("unexpected signing method: {:?}", header.alg));
        }
        let named = self.keys.iter().filter(|candidate| match (&header.kid, &candidate.id) {
            (Some(wanted), Some(id)) => wanted == id,
            _ => true,
        });
        let mut reason = "signature verification failed".to_owned();
        for candidate in named {
            match decode::<Map<String, Value>>(token, &candidate.key, &validation()) {
                Ok(decoded) => return judge(&decoded.claims),
                Err(error) => match error.kind() {
                    ErrorKind::InvalidSignature => {}
                    ErrorKind::ImmatureSignature => reason = "\"nbf\" claim timestamp check failed".to_owned(),
                    _ => reason = "invalid token".to_owned(),
                },
            }
        }
        Verdict::Refused(reason)
    }
}

/// Reads the RSA keys of a JSON Web Key Set.
///
/// Errors with a sentence for the operator when the text is no key set or holds no RSA key.
pub(crate) fn keys_from_jwks(text: &str) -> Result<Vec<SigningKey>, String> {
    let set: JwkSet = serde_json::from_str(text).map_err(|error| format!("the JWKS is not a key set: {error}"))?;
    let rsa = set.keys.iter().filter(|jwk| matches!(jwk.algorithm, jsonwebtoken::jwk::AlgorithmParameters::RSA(_)));
    let keys: Result<Vec<_>, _> = rsa
        .map(|jwk| Ok(SigningKey { id: jwk.common.key_id.clone(), key: DecodingKey::from_jwk(jwk)? }))
        .collect::<Result<_, jsonwebtoken::errors::Error>>();
    let keys = keys.map_err(|error| format!("the JWKS holds an RSA key that cannot be used: {error}"))?;
    if keys.is_empty() {
        return Err("the JWKS holds no RSA key".to_owned());
    }
    Ok(keys)
}

/// `exp` is left to [`judge`]: only a token without any other fault may count as expired.
fn validation() -> Validation {
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_required_spec_claims::<&str>(&[]);
    validation.leeway = 0;
    validation.validate_exp = false;
    validation.validate_nbf = true;
    validation.validate_aud = false;
    validation
}

fn judge(claims: &Map<String, Value>) -> Verdict {
    match claims.get("exp").map(Value::as_f64) {
        Some(None) => return Verdict::Refused("\"exp\" claim must be a number".to_owned()),
        #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 are far below 2^53")]
        Some(Some(expires_at)) if expires_at * 1000.0 <= now_ms() as f64 => return Verdict::Expired,
        _ => {}
    }
    let Some(user_id) = claims.get("sub").and_then(Value::as_str).filter(|sub| !sub.is_empty()) else {
        return Verdict::Refused("Missing sub claim".to_owned());
    };
    let token_id = claims.get("jti").and_then(Value::as_str).map(str::to_owned);
    Verdict::Accepted { user_id: user_id.to_owned(), token_id }
}

fn text(value: Option<Value>) -> Option<String> {
    match value {
        Some(Value::String(text)) if !text.is_empty() => Some(text),
        _ => None,
    }
}
