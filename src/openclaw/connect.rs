//! The parameters of `connect`, a closed object: the gateway refuses a member it does not know.

use super::config::Config;
use super::credential::{Credentials, Presented};
use super::device::{Challenge, Claim, SigningText, signing_text};
use super::wire::Json;

/// What the device has to sign; `None` where there is no device.
pub(super) fn to_sign(
    config: &Config,
    credentials: &Credentials,
    presented: Presented,
    challenge: &Challenge,
) -> Option<SigningText> {
    let device = config.device.as_ref()?;
    let claim = Claim {
        device_id: &device.id,
        client_id: &config.client.id,
        client_mode: &config.client.mode,
        role: &config.role,
        scopes: credentials.scopes(presented, &config.scopes),
        token: credentials.signed_token(presented),
        platform: &config.client.platform,
        device_family: "",
    };
    Some(signing_text(&claim, challenge))
}

/// The parameters, with the device's signature where there is a device.
pub(super) fn parameters(
    config: &Config,
    credentials: &Credentials,
    presented: Presented,
    signed: Option<(&Challenge, &str)>,
) -> Json {
    let (lowest, highest) = config.protocols;
    let mut members = vec![
        ("minProtocol", Json::Number(lowest)),
        ("maxProtocol", Json::Number(highest)),
        ("client", client(config)),
        ("role", Json::text(&config.role)),
        ("scopes", Json::texts(credentials.scopes(presented, &config.scopes))),
        ("caps", Json::texts(&config.capabilities)),
    ];
    let optional = [("locale", &config.client.locale), ("userAgent", &config.client.user_agent)];
    members.extend(texts(optional));
    if !config.commands.is_empty() {
        members.push(("commands", Json::texts(&config.commands)));
    }
    members.extend(credentials.auth(presented).map(|auth| ("auth", auth)));
    if let (Some(device), Some((challenge, signature))) = (&config.device, signed) {
        let device = vec![
            ("id", Json::text(&device.id)),
            ("publicKey", Json::text(&device.public_key)),
            ("signature", Json::text(signature)),
            ("signedAt", Json::Number(challenge.at)),
            ("nonce", Json::text(&challenge.nonce)),
        ];
        members.push(("device", Json::Object(device)));
    }
    Json::Object(members)
}

fn client(config: &Config) -> Json {
    let client = &config.client;
    let mut members = vec![
        ("id", Json::text(&client.id)),
        ("version", Json::text(&client.version)),
        ("platform", Json::text(&client.platform)),
        ("mode", Json::text(&client.mode)),
    ];
    members.extend(texts([("displayName", &client.display_name), ("instanceId", &client.instance_id)]));
    Json::Object(members)
}

fn texts<const N: usize>(optional: [(&'static str, &Option<String>); N]) -> impl Iterator<Item = (&'static str, Json)> {
    let given = optional.map(|(name, text)| text.as_ref().map(|text| (name, Json::text(text))));
    given.into_iter().flatten()
}
