#![cfg(not(target_family = "wasm"))]
//! Where tools run (§7), with the vectors that the TypeScript helper is held to as well.

use std::collections::BTreeSet;

use agent_gateway_client::run::dispatch::{
    ClientRuntime, Executor, Facts, RuntimeMode, Tool, ToolDispatchPlan, plan_tool_dispatch,
};
use serde::Deserialize;

/// The table, of tools whose manifest names a client, and others, in words.
#[derive(Deserialize)]
struct Vectors {
    columns: Vec<String>,
    table: Vec<Row>,
    others: Vec<Vector>,
}

/// In the order of the columns.
#[derive(Deserialize)]
struct Row(String, Option<String>, bool, String, bool, bool, bool, String, bool, bool, Option<String>);

#[derive(Deserialize)]
struct Vector {
    name: String,
    facts: Told,
    expect: Expected,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct Told {
    client_runtime: Option<String>,
    gateway_configured: bool,
    runtime_mode: Option<String>,
    can_use_device: bool,
    device_online: bool,
    auto_activated: bool,
    disable_local_system: bool,
    executors: Vec<String>,
    stdio_mcp: bool,
}

#[derive(Deserialize, Debug, PartialEq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Expected {
    platform: String,
    local_system: bool,
    remote_device: bool,
    executor: Option<String>,
}

#[test]
fn the_shared_vectors_of_tool_dispatch_agree() {
    let Vectors { table, others, .. } = vectors();
    for vector in table.into_iter().map(Vector::from).chain(others) {
        assert_eq!(shown(plan(&vector.facts)), vector.expect, "{}", vector.name);
    }
}

#[test]
fn the_shared_table_holds_every_combination_of_facts_once() {
    let Vectors { columns, table, .. } = vectors();
    let rows = table.iter().map(|Row(_, runtime, gateway, mode, can, online, activated, ..)| {
        (runtime.as_deref(), gateway, mode.as_str(), can, online, activated)
    });
    assert_eq!((columns.len(), table.len()), (11, 3 * 2 * 2 * 2 * 2 * 2));
    assert_eq!(rows.collect::<BTreeSet<_>>().len(), table.len());
}

impl From<Row> for Vector {
    fn from(row: Row) -> Self {
        let Row(name, client_runtime, gateway_configured, mode, can_use_device, device_online, auto_activated, ..) =
            row;
        let Row(.., platform, local_system, remote_device, executor) = row;
        let facts = Told {
            client_runtime,
            gateway_configured,
            runtime_mode: Some(mode),
            can_use_device,
            device_online,
            auto_activated,
            executors: vec!["client".to_owned()],
            ..Told::default()
        };
        Self { name, facts, expect: Expected { platform, local_system, remote_device, executor } }
    }
}

fn vectors() -> Vectors {
    serde_json::from_str(include_str!("vectors/tool-dispatch.json")).expect("the vectors are JSON")
}

fn plan(told: &Told) -> ToolDispatchPlan {
    let facts = Facts {
        client_runtime: told.client_runtime.as_deref().map(|name| match name {
            "web" => ClientRuntime::Web,
            "desktop" => ClientRuntime::Desktop,
            other => panic!("{other} is no runtime"),
        }),
        gateway_configured: told.gateway_configured,
        runtime_mode: told.runtime_mode.as_deref().map(|mode| match mode {
            "local" => RuntimeMode::Local,
            _ => RuntimeMode::Other,
        }),
        can_use_device: told.can_use_device,
        device_online: told.device_online,
        auto_activated: told.auto_activated,
        disable_local_system: told.disable_local_system,
    };
    let executors: Vec<_> = told.executors.iter().map(String::as_str).collect();
    plan_tool_dispatch(facts, Tool { executors: &executors, stdio_mcp: told.stdio_mcp })
}

fn shown(plan: ToolDispatchPlan) -> Expected {
    let executor = match plan.executor {
        Executor::Client => Some("client".to_owned()),
        Executor::Server => None,
    };
    let platform = plan.platform.as_str().to_owned();
    Expected { platform, local_system: plan.local_system, remote_device: plan.remote_device, executor }
}
