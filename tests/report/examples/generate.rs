//! Writes records as a day with an incident would leave them, to measure with and to look at:
//! `cargo run -p report --example generate -- 1000000 >/tmp/day.txt`
//!
//! At 60 % of the day 1.1.0 of `fetch_social_messages` takes over; at 70 % it fails for a twentieth of the day.

use std::{
    borrow::Cow,
    io::{self, BufWriter, Write as _},
};

use record::{Auth, Record};
use report::moment;

/// 2026-11-23T00:00:00Z.
const MIDNIGHT: i64 = 1_795_392_000_000;
const DAY: u64 = 86_400_000;

/// Xorshift: the same day each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most
    }
}

fn main() -> io::Result<()> {
    let lines: u64 = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(100_000);
    let mut output = BufWriter::with_capacity(1 << 20, io::stdout().lock());
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    for line in 0..lines {
        if dice.below(5000) == 0 {
            writeln!(output, "Serving http://127.0.0.1:3000")?;
        }
        let at = u64::try_from(u128::from(line) * u128::from(DAY) / u128::from(lines)).unwrap_or(DAY);
        let record = one(&mut dice, at);
        serde_json::to_writer(&mut output, &record)?;
        output.write_all(b"\n")?;
    }
    output.flush()
}

fn one(dice: &mut Dice, at: u64) -> Record<'static> {
    let (new, incident) = (at > DAY * 6 / 10, at > DAY * 7 / 10 && at < DAY * 15 / 20);
    let (function, method, rpc, version, usual) = match dice.below(10) {
        0..=5 if new => ("messages-list", "GET", "fetch_social_messages", "1.1.0", 30),
        0..=5 => ("messages-list", "GET", "fetch_social_messages", "1.0.0", 35),
        6..=8 => ("messages-send", "POST", "insert_social_message", "1.0.0", 60),
        _ => ("stage-room-match", "POST", "stage_room_match", "2.0.0", 90),
    };
    // Most are as usual, some take long.
    let tail = if dice.below(100) == 0 { dice.below(900) } else { 0 };
    let ms = (usual * 1000 / 4 + dice.below(usual * 1000) + tail * 1000) as f64 / 1000.0;
    let mut record = Record {
        timestamp: moment::rfc3339(MIDNIGHT + i64::try_from(at).unwrap_or(0)).into(),
        function: function.into(),
        function_version: if new { "0.2.0" } else { "0.1.0" }.into(),
        region: Some("eu-central-1".into()),
        trace_id: format!("{:032x}", dice.below(u64::MAX)).into(),
        span_id: format!("{:016x}", dice.below(u64::MAX)).into(),
        request_id: format!("{:08x}-0000-4000-8000-{:012x}", dice.below(1 << 32), dice.below(1 << 48)).into(),
        method: method.into(),
        route: Some(format!("/functions/v1/{function}").into()),
        status: 200,
        response_bytes: dice.below(20_000),
        auth: Some(Auth::Accepted),
        user: Some(format!("{:064x}", dice.below(50_000)).into()),
        flag: Some("flag_messages".into()),
        flag_setting: Some("on".into()),
        flag_variant: Some(record::Variant::On),
        system: Some("postgresql".into()),
        rpc: Some(rpc.into()),
        expected: Some(version.into()),
        matched: Some(version.into()),
        versions: Some(format!("{rpc}/{version}, is_channel_member/1.0.0").into()),
        contract: if new { "c0ffee00" } else { "0ddba11f" }.repeat(8).into(),
        upstream_status: Some(200),
        rows: Some(dice.below(50)),
        auth_ms: Some(0.4),
        rpc_ms: Some(ms * 0.9),
        duration_ms: ms,
        ..Record::default()
    };
    match dice.below(1000) {
        _ if incident && version == "1.1.0" && dice.below(8) == 0 => {
            failed(&mut record, 503, "upstream_failed", "the answer broke off after 0 of 512 bytes");
            record.duration_ms *= 8.0;
        }
        0..=29 => {
            failed(&mut record, 401, "token_expired", "");
            unreached(&mut record);
        }
        30..=39 => failed(&mut record, 403, "not_channel_member", ""),
        40..=79 => {
            record.method = "OPTIONS".into();
            unreached(&mut record);
        }
        80 if dice.below(3) == 0 => {
            failed(&mut record, 503, "upstream_unavailable", "connection refused");
            record.matched = None;
        }
        81 if new && dice.below(6) == 0 && version == "1.1.0" => {
            failed(&mut record, 503, "rpc_contract_mismatch", "one replica has not been migrated");
            record.matched = Some("1.0.0".into());
        }
        82..=83 => {
            failed(&mut record, 503, "feature_disabled", "");
            unreached(&mut record);
        }
        _ => {}
    }
    record
}

fn failed(record: &mut Record<'static>, status: u16, code: &'static str, cause: &'static str) {
    record.status = status;
    record.error = Some(code.into());
    record.cause = Some(cause).filter(|cause| !cause.is_empty()).map(Cow::Borrowed);
    record.rows = None;
}

fn unreached(record: &mut Record<'static>) {
    let Record { system, rpc, expected, matched, versions, .. } = record;
    [system, rpc, expected, matched, versions].into_iter().for_each(|text| *text = None);
    record.upstream_status = None;
    record.rows = None;
    record.rpc_ms = None;
    record.duration_ms = 0.6;
}
