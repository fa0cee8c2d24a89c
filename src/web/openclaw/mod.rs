//! The OpenClaw client behind the npm package.

mod engine;
mod exports;
mod options;
mod payload;
mod port;
mod shape;
mod tell;
