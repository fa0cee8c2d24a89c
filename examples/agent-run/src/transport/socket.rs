//! One run over a WebSocket: the session of the crate, driven on tokio.

use agent_gateway_client::machine::{Answer, Machine, Question};
use agent_gateway_client::v1::wire::ClientFrame;
use agent_gateway_client::v1::{Config, Event, Session, json};
use serde_json::json;

use super::{Payload, Source};
use crate::application::Application;
use crate::credential::Kind;
use crate::driver::{Driver, Host, Told};

/// The events of one run, through however many sockets it takes.
pub struct SocketStream {
    driver: Driver<Gateway>,
}

/// What the session asks of this program.
struct Gateway {
    operation_id: String,
    kind: Kind,
    application: Application,
}

impl SocketStream {
    /// Begins to connect.
    pub fn open(source: &Source) -> Self {
        let session = Session::new(Config {
            gateway_url: source.gateway.clone(),
            operation_id: source.operation_id.clone(),
            token: source.credential.as_ref().map(|credential| credential.token.clone()),
            host_gives_tokens: true,
            auto_reconnect: true,
            ..Config::default()
        });
        let host = Gateway {
            operation_id: source.operation_id.clone(),
            kind: source.credential.as_ref().map_or(Kind::Jwt, |credential| credential.kind),
            application: source.application.clone(),
        };
        let mut driver = Driver::new(session, host);
        driver.command(Session::connect);
        Self { driver }
    }

    /// What comes next; an error is what a socket ended with that did not come through.
    pub async fn next(&mut self) -> Result<Event<Payload>, String> {
        match self.driver.next().await {
            Told::Event(event) => Ok(event),
            Told::NoSocket(detail) => Err(detail),
        }
    }

    /// Replaces the socket.
    pub fn reconnect(&mut self) {
        self.driver.command(Session::reconnect);
    }
}

impl Host for Gateway {
    type Machine = Session<Payload>;

    fn encode(&self, command: ClientFrame) -> String {
        match command {
            // A gateway takes a credential for a JSON Web Token unless it is told; a key is checked with its server.
            ClientFrame::Auth { token, .. } => json!({
                "type": "auth", "token": token, "tokenType": self.kind.as_str(), "serverUrl": self.application.base(),
            })
            .to_string(),
            command => json::encode(&command),
        }
    }

    fn decode(&self, text: &str) -> Result<<Self::Machine as Machine>::Frame, String> {
        json::decode(text, &self.operation_id)
    }

    fn answer(&self, question: Question) -> impl Future<Output = Answer> + Send + 'static {
        let (Question::Token { .. }, kind) = (question, self.kind);
        let (application, operation_id) = (self.application.clone(), self.operation_id.clone());
        async move {
            match kind {
                Kind::Jwt => application.token(&operation_id).await,
                Kind::ApiKey => Answer::Unauthorized { detail: "The gateway takes the API key for expired".to_owned() },
            }
        }
    }
}
