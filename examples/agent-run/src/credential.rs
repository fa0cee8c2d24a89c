//! What this program presents itself with.

use agent_gateway_client::link::Token;

use crate::settings::variable;

/// A secret and its kind. It is never printed: a [`Token`] does not show itself.
#[derive(Clone, Debug)]
pub struct Credential {
    pub kind: Kind,
    pub token: Token,
}

/// The kind of a secret (`tokenType` of `auth`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Jwt,
    ApiKey,
}

impl Credential {
    /// A JSON Web Token.
    pub fn jwt(secret: String) -> Self {
        Self { kind: Kind::Jwt, token: Token::read(secret) }
    }

    /// The one that the environment holds; a token goes before a key.
    pub fn from_environment() -> Option<Self> {
        let key = || Some(Self { kind: Kind::ApiKey, token: Token::read(variable("LOBEHUB_CLI_API_KEY")?) });
        variable("LOBEHUB_JWT").map(Self::jwt).or_else(key)
    }
}

impl Kind {
    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Jwt => "jwt",
            Self::ApiKey => "apiKey",
        }
    }

    /// The header of an HTTP request.
    pub fn header(self) -> &'static str {
        match self {
            Self::Jwt => "oidc-auth",
            Self::ApiKey => "x-api-key",
        }
    }
}
