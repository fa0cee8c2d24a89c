//! The parameters of `connect`, a closed object: the gateway refuses a member it does not know.

use super::config::{Application, Config};
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
    let Application { locale, user_agent, .. } = &config.client;
    let mut members = Json::members(&[
        ("role", Some(&config.role)),
        ("locale", locale.as_deref()),
        ("userAgent", user_agent.as_deref()),
    ]);
    members.push(("minProtocol", Json::Number(lowest)));
    members.push(("maxProtocol", Json::Number(highest)));
    members.push(("client", client(&config.client)));
    members.push(("scopes", Json::texts(credentials.scopes(presented, &config.scopes))));
    members.push(("caps", Json::texts(&config.capabilities)));
    if !config.commands.is_empty() {
        members.push(("commands", Json::texts(&config.commands)));
    }
    members.extend(credentials.auth(presented).map(|auth| ("auth", auth)));
    if let (Some(device), Some((challenge, signature))) = (&config.device, signed) {
        let mut device = Json::members(&[
            ("id", Some(&device.id)),
            ("publicKey", Some(&device.public_key)),
            ("signature", Some(signature)),
            ("nonce", Some(&challenge.nonce)),
        ]);
        device.push(("signedAt", Json::Number(challenge.at)));
        members.push(("device", Json::Object(device)));
    }
    Json::Object(members)
}

fn client(client: &Application) -> Json {
    Json::Object(Json::members(&[
        ("id", Some(&client.id)),
        ("version", Some(&client.version)),
        ("platform", Some(&client.platform)),
        ("mode", Some(&client.mode)),
        ("displayName", client.display_name.as_deref()),
        ("instanceId", client.instance_id.as_deref()),
    ]))
}
