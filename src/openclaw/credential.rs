//! Which credential is presented, and which the gateway refused. None is ever logged.

use super::wire::Json;

/// A text that must not be shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Secret")
    }
}

/// The credentials of the application. The first that is there is presented, in this order; a password goes along until
/// the gateway refused it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Auth {
    /// The token that all clients of the gateway share.
    pub token: Option<Secret>,
    /// A token of this device.
    pub device_token: Option<Secret>,
    /// The gateway's password.
    pub password: Option<Secret>,
    /// A token for the first connection of a device.
    pub bootstrap_token: Option<Secret>,
}

/// A token that the gateway gave this device. Hosts keep it under the URL, the id of the client, the device and the role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredToken {
    /// The token.
    pub token: Secret,
    /// What it is good for.
    pub scopes: Vec<String>,
}

/// What is presented on one socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Presented {
    Shared,
    Device,
    Stored,
    Password,
    Bootstrap,
    Nothing,
}

/// The credentials and what the gateway thinks of them. One that it refused is not presented again, unless a person asks.
#[derive(Debug)]
pub(super) struct Credentials {
    auth: Auth,
    stored: Option<StoredToken>,
    refused: Vec<Presented>,
    /// The kept token that was refused and dropped.
    forgotten: Option<Secret>,
    /// Whether the kept token came from the host after the gateway refused another.
    is_renewed: bool,
}

impl Credentials {
    pub(super) fn new(auth: Auth, stored: Option<StoredToken>) -> Self {
        Self { auth, stored, refused: Vec::new(), forgotten: None, is_renewed: false }
    }

    /// What the next socket presents.
    pub(super) fn choice(&self) -> Presented {
        let has = |presented: Presented, is_there: bool| {
            (is_there && !self.refused.contains(&presented)).then_some(presented)
        };
        has(Presented::Shared, self.auth.token.is_some())
            .or_else(|| has(Presented::Device, self.auth.device_token.is_some()))
            .or_else(|| has(Presented::Stored, self.stored.is_some()))
            .or_else(|| has(Presented::Password, self.auth.password.is_some()))
            .or_else(|| has(Presented::Bootstrap, self.auth.bootstrap_token.is_some()))
            .unwrap_or(Presented::Nothing)
    }

    /// The token that the device's signature covers.
    pub(super) fn signed_token(&self, presented: Presented) -> &str {
        let secret = match presented {
            Presented::Shared => self.auth.token.as_ref(),
            Presented::Device => self.auth.device_token.as_ref(),
            Presented::Stored => self.stored.as_ref().map(|stored| &stored.token),
            Presented::Bootstrap => self.auth.bootstrap_token.as_ref(),
            Presented::Password | Presented::Nothing => None,
        };
        secret.map_or("", |secret| &secret.0)
    }

    /// The scopes to ask for: those of the stored token where it is presented, else the wished ones.
    pub(super) fn scopes<'a>(&'a self, presented: Presented, wished: &'a [String]) -> &'a [String] {
        match &self.stored {
            Some(stored) if presented == Presented::Stored && !stored.scopes.is_empty() => &stored.scopes,
            _ => wished,
        }
    }

    /// The member `auth` of `connect`; `None`: there is nothing to present.
    pub(super) fn auth(&self, presented: Presented) -> Option<Json> {
        let token = Json::text(self.signed_token(presented));
        let mut members = match presented {
            Presented::Shared => vec![("token", token)],
            Presented::Device | Presented::Stored => vec![("deviceToken", token)],
            Presented::Bootstrap => vec![("bootstrapToken", token)],
            Presented::Password | Presented::Nothing => Vec::new(),
        };
        if let Some(password) = self.password_beside(presented) {
            members.push(("password", Json::text(&password.0)));
        }
        (!members.is_empty()).then_some(Json::Object(members))
    }

    /// The gateway refused what was presented, and what went along.
    pub(super) fn refuse(&mut self, presented: Presented) {
        let password = self.password_beside(presented).map(|_| Presented::Password);
        for refused in [Some(presented), password].into_iter().flatten() {
            if !self.refused.contains(&refused) {
                self.refused.push(refused);
            }
        }
    }

    /// Forgets the kept token where it is what was presented.
    pub(super) fn forget_stored(&mut self, presented: Presented) -> Option<Secret> {
        let is_it = self.stored.as_ref().is_some_and(|stored| stored.token.0 == self.signed_token(presented));
        if !is_it {
            return None;
        }
        self.forgotten = self.stored.take().map(|stored| stored.token);
        self.forgotten.clone()
    }

    /// Takes the token that the host keeps by now, where it is neither the known one nor one that was refused.
    pub(super) fn renew(&mut self, stored: StoredToken) {
        let was_refused = self.forgotten.as_ref() == Some(&stored.token)
            || self.refused.iter().any(|refused| self.signed_token(*refused) == stored.token.0);
        if !was_refused && self.stored.as_ref().is_none_or(|known| known.token != stored.token) {
            self.refused.retain(|refused| *refused != Presented::Stored);
            self.stored = Some(stored);
            self.is_renewed = true;
        }
    }

    /// Whether a token that the host kept took the place of a refused one, since a connection last stood or a person
    /// wanted another try.
    pub(super) fn is_renewed(&self) -> bool {
        self.is_renewed
    }

    /// The gateway accepted what was presented.
    pub(super) fn accepted(&mut self) {
        self.is_renewed = false;
    }

    /// Whether everything that there was to present was refused.
    pub(super) fn are_spent(&self) -> bool {
        !self.refused.is_empty() && self.choice() == Presented::Nothing
    }

    /// Whether a token of the device is there that was not refused.
    pub(super) fn has_stored(&self) -> bool {
        self.stored.is_some() && !self.refused.contains(&Presented::Stored)
    }

    /// The gateway gave a token. The one to be stored, where it is a new one; the scopes of a known one stay.
    pub(super) fn granted(&mut self, token: String, scopes: &[String]) -> Option<StoredToken> {
        let token = Secret(token);
        self.refused.retain(|refused| *refused != Presented::Stored);
        if self.stored.as_ref().is_some_and(|stored| stored.token == token) {
            return None;
        }
        self.stored = Some(StoredToken { token, scopes: scopes.to_vec() });
        self.stored.clone()
    }

    /// Other credentials of the application.
    pub(super) fn replace(&mut self, auth: Auth) {
        self.auth = auth;
        self.pardon();
    }

    /// A person wants another try.
    pub(super) fn pardon(&mut self) {
        self.refused.clear();
        self.forgotten = None;
        self.is_renewed = false;
    }

    /// The password that is presented with a token, or alone.
    fn password_beside(&self, presented: Presented) -> Option<&Secret> {
        let goes_along = presented != Presented::Bootstrap && !self.refused.contains(&Presented::Password);
        self.auth.password.as_ref().filter(|_| goes_along)
    }
}
