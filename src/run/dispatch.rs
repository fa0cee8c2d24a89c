//! Where the tools of a run are carried out (§7).
//!
//! The product's server decides this when a run starts. A client that knows the same facts knows beforehand which tools
//! it will be asked to run, and can tell its user why one is off.

/// The application that asked for the run, where it said so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientRuntime {
    /// A page in a browser.
    Web,
    /// An application with access to the machine that it runs on.
    Desktop,
}

impl ClientRuntime {
    /// The name on the public surface.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Desktop => "desktop",
        }
    }
}

/// Where the agent's tools are meant to work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuntimeMode {
    /// On the user's machine.
    Local,
    /// Anywhere else, or nowhere.
    Other,
}

/// What a run knows when it starts.
#[derive(Clone, Copy, Debug, Default)]
pub struct Facts {
    /// Who asked for the run.
    pub client_runtime: Option<ClientRuntime>,
    /// Whether there is a device gateway, through which the server reaches the user's machines. Not the agent gateway.
    pub gateway_configured: bool,
    /// The mode that the user chose for this platform. Unset, it is local on a desktop and not on the web.
    pub runtime_mode: Option<RuntimeMode>,
    /// Whether the user's plan and settings allow tools on a machine.
    pub can_use_device: bool,
    /// Whether a machine is reachable through the device gateway.
    pub device_online: bool,
    /// Whether a machine was chosen without the agent asking for it.
    pub auto_activated: bool,
    /// Whether the agent goes without the tools of the local system.
    pub disable_local_system: bool,
}

/// What is known of a tool.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tool<'a> {
    /// The executors that its manifest names.
    pub executors: &'a [&'a str],
    /// Whether it is a plugin that speaks MCP over the standard streams of a process.
    pub stdio_mcp: bool,
}

/// Where the tools of a run are carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ToolDispatchPlan {
    /// The platform whose preferences count.
    pub platform: ClientRuntime,
    /// Whether the tools of the local system are offered.
    pub local_system: bool,
    /// Whether the agent is offered to look for a machine and choose it.
    pub remote_device: bool,
    /// Who runs the tool. Independent of whether it is offered.
    pub executor: Executor,
}

/// Who runs a tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Executor {
    /// A client, by `tool_execute` over the agent gateway.
    Client,
    /// The server, by itself or through the device gateway.
    Server,
}

/// Decides where a tool is carried out (§7).
pub fn plan_tool_dispatch(facts: Facts, tool: Tool<'_>) -> ToolDispatchPlan {
    let on_desktop = facts.client_runtime == Some(ClientRuntime::Desktop);
    let platform = facts.client_runtime.unwrap_or(match facts.gateway_configured {
        true => ClientRuntime::Desktop,
        false => ClientRuntime::Web,
    });
    let mode = facts.runtime_mode.unwrap_or(match platform {
        ClientRuntime::Desktop => RuntimeMode::Local,
        ClientRuntime::Web => RuntimeMode::Other,
    });
    let is_reachable = on_desktop || (facts.gateway_configured && facts.device_online && facts.auto_activated);
    let is_for_clients = tool.stdio_mcp || tool.executors.contains(&"client");
    let clients_execute = on_desktop || !facts.gateway_configured;
    ToolDispatchPlan {
        platform,
        local_system: facts.can_use_device && !facts.disable_local_system && mode == RuntimeMode::Local && is_reachable,
        remote_device: facts.can_use_device && facts.gateway_configured && !facts.auto_activated && !on_desktop,
        executor: if is_for_clients && clients_execute { Executor::Client } else { Executor::Server },
    }
}
