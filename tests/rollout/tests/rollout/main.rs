//! Rollouts and their failures, on the real stack, with the command as it is built. Each test has a project of its own.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod cli;
mod deployments;
mod failures;
mod flags;
mod hanging;
mod killed;
mod lock;
mod old_routes;
mod platforms;
mod playbook;
mod poolers;
mod records;
mod refusals;
mod site;
mod traffic;
mod under_traffic;
mod whole;
