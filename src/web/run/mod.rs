//! A run in the browser: the machine and the messages of [`crate::run`], with one timer and the page's signals.

mod answer;
mod exports;
mod mirror;
mod read;
mod runner;
mod shape;
mod text;
mod told;
