//! The facade's options as the client takes them.

use js_sys::Math;
use wasm_bindgen::JsValue;

use super::payload::Value;
use crate::openclaw::device::DeviceKey;
use crate::openclaw::{Application, Auth, Config, Payload, Secret, StoredToken};

/// Members that are absent, or of another type, mean the default.
pub(super) fn config(options: &JsValue) -> Config {
    let options = Value(options.clone());
    let defaults = Config::default();
    let texts =
        |name: &'static str, default: Vec<String>| options.member(name).map_or(default, |_| options.texts(name));
    Config {
        gateway_url: options.text("gatewayUrl").unwrap_or_default(),
        origin: options.text("origin"),
        client: application(&options.object("client"), defaults.client),
        role: options.text("role").unwrap_or(defaults.role),
        scopes: texts("scopes", defaults.scopes),
        capabilities: texts("capabilities", defaults.capabilities),
        commands: options.texts("commands"),
        tools: options.text("tools"),
        device: device(&options.object("device")),
        auth: auth(&options.object("auth")),
        stored: stored(&options.object("stored")),
        trusts_endpoint: options.flag("trustsEndpoint").unwrap_or(false),
        seed: seed(),
        ..defaults
    }
}

/// The credentials of the application.
pub(super) fn auth(auth: &Value) -> Auth {
    let secret = |name: &'static str| auth.text(name).filter(|text| !text.is_empty()).map(Secret);
    Auth {
        token: secret("token"),
        device_token: secret("deviceToken"),
        password: secret("password"),
        bootstrap_token: secret("bootstrapToken"),
    }
}

fn application(client: &Value, defaults: Application) -> Application {
    Application {
        id: client.text("id").unwrap_or(defaults.id),
        mode: client.text("mode").unwrap_or(defaults.mode),
        version: client.text("version").unwrap_or(defaults.version),
        platform: client.text("platform").unwrap_or(defaults.platform),
        instance_id: client.text("instanceId"),
        display_name: client.text("displayName"),
        locale: client.text("locale"),
        user_agent: client.text("userAgent"),
    }
}

fn device(device: &Value) -> Option<DeviceKey> {
    Some(DeviceKey { id: device.text("id")?, public_key: device.text("publicKey")? })
}

/// The token that is kept.
pub(super) fn stored(stored: &Value) -> Option<StoredToken> {
    Some(StoredToken { token: Secret(stored.text("token")?), scopes: stored.texts("scopes") })
}

#[expect(clippy::disallowed_methods, reason = "here is where the chance comes from")]
fn seed() -> u32 {
    (Math::random() * f64::from(u32::MAX)) as u32
}
