//! Ed25519 in pure Rust, for pages that have no WebCrypto. A module of its own: `signer` of the npm package.

use ed25519_compact::{KeyPair, Seed};
use wasm_bindgen::prelude::*;

/// The key of a device.
#[wasm_bindgen]
pub struct RawSigner(KeyPair);

#[wasm_bindgen]
impl RawSigner {
    /// The key that follows from 32 random bytes; others are filled up with zeros, or cut.
    #[wasm_bindgen(constructor)]
    pub fn new(random: &[u8]) -> Self {
        let mut seed = [0; Seed::BYTES];
        for (byte, given) in seed.iter_mut().zip(random) {
            *byte = *given;
        }
        Self(KeyPair::from_seed(Seed::new(seed)))
    }

    /// The 32 bytes of the public half.
    #[wasm_bindgen(js_name = publicKey)]
    pub fn public_key(&self) -> Vec<u8> {
        self.0.pk.to_vec()
    }

    /// The SHA-256 of the public half.
    pub fn digest(&self) -> Vec<u8> {
        hmac_sha256::Hash::hash(&*self.0.pk).to_vec()
    }

    /// The 64 bytes of a signature.
    pub fn sign(&self, bytes: &[u8]) -> Vec<u8> {
        self.0.sk.sign(bytes, None).to_vec()
    }
}
