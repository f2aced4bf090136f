//! Everything that is promised, over HTTP and SQL, against one running stack.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod adoption;
mod authentication;
mod begun;
mod blank;
mod browser;
mod client;
mod clients;
mod components;
mod connections;
mod cors;
mod direct;
mod doors;
mod flags;
mod gate_check;
mod handshake;
mod keys;
mod locks;
mod manifest;
mod messages_list;
mod messages_send;
mod migrations;
mod next;
mod openapi;
mod operations;
mod overlays;
mod pgtap;
mod plans;
mod recording;
mod report;
mod requests;
mod retries;
mod sessions;
mod smoke_test;
mod stage_room_match;
mod telemetry;
mod tidy;
mod upstream;
