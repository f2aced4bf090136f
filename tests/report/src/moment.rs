//! Times: read from records, and said to people, always in UTC and with the date.

use std::fmt;

use serde::{Serialize, Serializer};
use time::{UtcDateTime, format_description::well_known::Rfc3339};

/// Milliseconds since 1970.
pub type Millis = i64;

/// A time in a report: RFC 3339 for machines, and readable for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(pub Millis);

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&rfc3339(self.0))
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str(&people(self.0))
    }
}

/// Reads RFC 3339.
pub fn parse(text: &str) -> Option<Millis> {
    UtcDateTime::parse(text, &Rfc3339).ok().map(millis)
}

/// The same for an argument, with what to do when it is none.
pub fn argument(text: &str) -> Result<UtcDateTime, String> {
    UtcDateTime::parse(text, &Rfc3339).map_err(|error| format!("{error}; write it as 2026-11-24T12:40:00Z"))
}

/// Of a moment, which is always in range.
pub fn millis(moment: UtcDateTime) -> Millis {
    i64::try_from(moment.unix_timestamp_nanos() / 1_000_000).unwrap_or(i64::MAX)
}

/// RFC 3339 with milliseconds.
pub fn rfc3339(at: Millis) -> String {
    let (date, time) = parts(at);
    format!("{date}T{time}Z")
}

/// `2026-11-24 12:40:03 UTC`.
pub fn people(at: Millis) -> String {
    let (date, time) = parts(at);
    format!("{date} {} UTC", &time[..8])
}

/// `12:40:03.123`.
pub fn of_day(at: Millis) -> String {
    parts(at).1
}

/// `25 minutes`: the two units that tell most.
pub fn span(seconds: i64) -> String {
    let units = [("day", 86_400), ("hour", 3600), ("minute", 60), ("second", 1)];
    let mut rest = seconds.max(0);
    let mut said = Vec::new();
    for (name, length) in units {
        let number = rest / length;
        rest %= length;
        if number > 0 {
            said.push(format!("{number} {name}{}", if number == 1 { "" } else { "s" }));
        } else if !said.is_empty() {
            break;
        }
        if said.len() == 2 {
            break;
        }
    }
    if said.is_empty() { "no time".to_owned() } else { said.join(" ") }
}

fn parts(at: Millis) -> (String, String) {
    let moment = UtcDateTime::from_unix_timestamp(at.div_euclid(1000)).unwrap_or(UtcDateTime::UNIX_EPOCH);
    let (date, time) = (moment.date(), moment.time());
    let millis = at.rem_euclid(1000);
    let time = format!("{:02}:{:02}:{:02}.{millis:03}", time.hour(), time.minute(), time.second());
    (format!("{:04}-{:02}-{:02}", date.year(), u8::from(date.month()), date.day()), time)
}

#[cfg(test)]
mod tests {
    use super::{parse, people, rfc3339, span};

    #[test]
    fn a_time_is_said_as_it_was_written() {
        let at = parse("2026-11-24T12:40:03.250Z").unwrap();

        assert_eq!(rfc3339(at), "2026-11-24T12:40:03.250Z");
        assert_eq!(people(at), "2026-11-24 12:40:03 UTC");
        assert_eq!(parse("2026-11-24T13:40:03.25+01:00"), Some(at));
        assert_eq!(parse("yesterday"), None);
    }

    #[test]
    fn a_span_is_said_in_the_two_units_that_tell_most() {
        assert_eq!(span(90), "1 minute 30 seconds");
        assert_eq!(span(2 * 86_400 + 3600), "2 days 1 hour");
        assert_eq!(span(3605), "1 hour");
        assert_eq!(span(0), "no time");
    }
}
