//! Which cells there are under load: an operation, a kind of token, and how many ask at once.

use crate::{people::Algorithm, result, work::Operation};

/// What is asked of all systems.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    pub operation: Operation,
    pub algorithm: Algorithm,
    pub connections: usize,
    pub session_check: bool,
}

fn plan(operation: Operation, connections: usize) -> Plan {
    Plan { operation, algorithm: Algorithm::Es256, connections, session_check: false }
}

/// The cells of a full run: every concurrency and both kinds of tokens at 50 rows, then one thing varied at a time.
pub fn plans() -> Vec<Plan> {
    let mut plans = Vec::new();
    for algorithm in [Algorithm::Es256, Algorithm::Hs256] {
        let list = Operation::List { rows: 50 };
        plans.extend([1, 16, 64].map(|connections| Plan { algorithm, ..plan(list, connections) }));
    }
    for rows in [1, 200] {
        plans.extend([1, 16].map(|connections| plan(Operation::List { rows }, connections)));
    }
    plans.extend([1, 16, 64].map(|connections| plan(Operation::Send, connections)));
    for operation in [Operation::Stage, Operation::Unauthorised, Operation::Invalid] {
        plans.extend([1, 16].map(|connections| plan(operation, connections)));
    }
    plans
}

/// Set apart: Auth is asked before the write.
pub fn checked_plans() -> Vec<Plan> {
    [1, 16].map(|connections| Plan { session_check: true, ..plan(Operation::Send, connections) }).into()
}

/// Without `TCP_NODELAY`: what reads, what refuses, and what writes.
pub fn socket_plans() -> Vec<Plan> {
    let operations = [
        Operation::List { rows: 50 },
        Operation::List { rows: 200 },
        Operation::Unauthorised,
        Operation::Invalid,
        Operation::Send,
    ];
    operations.into_iter().flat_map(|operation| [1, 16].map(|connections| plan(operation, connections))).collect()
}

impl Plan {
    /// For people.
    pub fn title(&self) -> String {
        let title = result::title(self.operation.name(), self.rows(), self.algorithm, self.session_check);
        format!("{title}, {}", result::connections(self.connections))
    }

    /// Of a list; 0 elsewhere.
    pub fn rows(&self) -> usize {
        if let Operation::List { rows } = self.operation { rows } else { 0 }
    }

    /// Whether the peers are asked too. They refuse in words of their own, which are nothing to compare with.
    pub fn has_peers(&self) -> bool {
        !matches!(self.operation, Operation::Unauthorised | Operation::Invalid)
    }
}
