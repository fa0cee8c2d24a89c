//! Tokens for the clients that carry runs, from what the application gives.

use std::cell::RefCell;
use std::rc::Rc;

use web_sys::{AbortController, AbortSignal};

use super::options::{Asked, HostError};
use crate::link::Token;
use crate::machine::{Answer, TokenReason};
use crate::web::codec;
use crate::web::host::Host;

/// Gives a token.
pub(super) type Tokens = Rc<dyn Fn(TokenReason, AbortSignal) -> Asked<String>>;

/// Lets a host ask for tokens. One question is open at a time.
pub(super) fn give<E>(host: &mut Host<E>, tokens: Tokens) {
    let open = Rc::new(RefCell::new(None::<AbortController>));
    let asked = open.clone();
    host.on_token = Some(Box::new(move |question| {
        let Ok(controller) = AbortController::new() else { return };
        let (tokens, reason, signal) = (tokens.clone(), question.reason(), controller.signal());
        asked.replace(Some(controller));
        question.answer_with(async move { answer(tokens(reason, signal).await) });
    }));
    host.on_token_withdrawn = Some(Box::new(move |_| {
        let withdrawn = open.take();
        if let Some(controller) = withdrawn {
            controller.abort();
        }
    }));
}

/// The token that came with the run first, then those of the application.
pub(super) fn beginning_with(first: Option<Token>, tokens: Tokens) -> Tokens {
    let first = RefCell::new(first);
    Rc::new(move |reason, signal| match first.take() {
        Some(token) => Box::pin(async move { Ok(token.secret) }),
        None => tokens(reason, signal),
    })
}

fn answer(given: Result<String, HostError>) -> Answer {
    match given {
        Ok(secret) if secret.is_empty() => Answer::Failed { detail: "there was no token".to_owned() },
        Ok(secret) => Answer::Token(codec::token(secret)),
        Err(HostError::Unauthorized(detail)) => Answer::Unauthorized { detail },
        Err(HostError::UnknownOperation) => Answer::Failed { detail: "the operation is unknown".to_owned() },
        Err(HostError::Failed(detail)) => Answer::Failed { detail },
    }
}
