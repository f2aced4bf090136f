//! A component without the names of its parts. They are in a custom section, which has no meaning for a host
//! (WebAssembly component model, "Name section").

use anyhow::Result;
use wasmparser::{Parser, Payload};

const NAMES: &str = "component-name";

/// The same component without its own names; those of the modules inside it are the linker's to strip.
pub fn stripped(component: &[u8]) -> Result<Vec<u8>> {
    let mut kept = Vec::with_capacity(component.len());
    let (mut copied, mut depth) = (0, 0_usize);
    for payload in Parser::new(0).parse_all(component) {
        let payload = payload?;
        // Each section of the outermost component reaches from the end of the one before to its own end.
        let end = match &payload {
            Payload::ModuleSection { unchecked_range, .. } | Payload::ComponentSection { unchecked_range, .. } => {
                depth += 1;
                (depth == 1).then_some(unchecked_range.end)
            }
            Payload::End(_) => {
                depth = depth.saturating_sub(1);
                None
            }
            Payload::CustomSection(section) if depth == 0 && section.name() == NAMES => {
                copied = section.range().end;
                None
            }
            other => other.as_section().filter(|_| depth == 0).map(|(_, range)| range.end),
        };
        if let Some(end) = end {
            kept.extend_from_slice(&component[copied..end]);
            copied = end;
        }
    }
    kept.extend_from_slice(&component[copied..]);
    Ok(kept)
}
