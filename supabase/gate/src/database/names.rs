//! Whether a certificate is for a host, by libpq's rules.
//!
//! A name of the host's kind among the alternative names takes the place of the common name. A `*` stands for the first
//! label, whole. An address is compared as one, and with the common name as text.

use std::net::IpAddr;

use x509_parser::{certificate::X509Certificate, extensions::GeneralName};

/// Says whom it is for when it is not for the host.
pub fn matches(certificate: &X509Certificate<'_>, host: &str) -> Result<(), String> {
    let alternatives = certificate.subject_alternative_name().map_err(|_| "its names cannot be read".to_owned())?;
    let alternatives = alternatives.map(|names| names.value.general_names.as_slice()).unwrap_or_default();
    let address: Option<IpAddr> = host.parse().ok();
    let of_the_kind = |name: &&GeneralName<'_>| match name {
        GeneralName::IPAddress(_) => address.is_some(),
        GeneralName::DNSName(_) => address.is_none(),
        _ => false,
    };
    let mut names: Vec<String> = alternatives.iter().filter_map(shown).collect();
    let mut good = alternatives.iter().any(|name| match name {
        GeneralName::IPAddress(bytes) => address.is_some_and(|address| octets(address) == *bytes),
        GeneralName::DNSName(name) => is_for(name, host),
        _ => false,
    });
    if !good && !alternatives.iter().any(|name| of_the_kind(&name)) {
        let common = certificate.subject().iter_common_name().next().and_then(|name| name.as_str().ok());
        good = common.is_some_and(|name| is_for(name, host));
        names.extend(common.map(str::to_owned));
    }
    match (good, names.is_empty()) {
        (true, _) => Ok(()),
        (false, true) => Err(format!("it names no host, and so not {host}")),
        (false, false) => Err(format!("it is for {}, not for {host}", names.join(", "))),
    }
}

fn shown(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => {
            let four = <[u8; 4]>::try_from(*bytes).map(IpAddr::from);
            four.or_else(|_| <[u8; 16]>::try_from(*bytes).map(IpAddr::from)).ok().map(|address| address.to_string())
        }
        _ => None,
    }
}

fn octets(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    }
}

fn is_for(pattern: &str, host: &str) -> bool {
    if pattern.contains('\0') {
        return false;
    }
    let rest = host.split_once('.').filter(|(label, _)| !label.is_empty()).map(|(_, rest)| rest);
    let wild = pattern.strip_prefix("*.").filter(|rest| !rest.is_empty());
    pattern.eq_ignore_ascii_case(host)
        || wild.zip(rest).is_some_and(|(pattern, rest)| pattern.eq_ignore_ascii_case(rest))
}
