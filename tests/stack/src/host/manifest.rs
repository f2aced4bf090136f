//! `spin.toml`, as far as the local host needs it. Routes and templates that it does not understand it refuses, so that
//! nothing works here and fails under Spin in silence.

use std::{collections::BTreeMap, path::Path};

use anyhow::{Context as _, Result, anyhow, bail};
use serde::Deserialize;

/// The manifest (https://spinframework.dev/manifest-reference).
#[derive(Debug, Deserialize)]
pub struct Manifest {
    #[serde(default)]
    variables: BTreeMap<String, Variable>,
    trigger: Triggers,
    /// By id.
    #[serde(rename = "component")]
    pub components: BTreeMap<String, Component>,
}

#[derive(Debug, Deserialize)]
struct Variable {
    default: Option<String>,
    #[serde(default)]
    required: bool,
}

#[derive(Debug, Deserialize)]
struct Triggers {
    http: Vec<Trigger>,
}

#[derive(Debug, Deserialize)]
struct Trigger {
    route: String,
    component: String,
}

/// One component.
#[derive(Debug, Deserialize)]
pub struct Component {
    /// The built file, relative to the manifest.
    pub source: String,
    /// How to build it.
    pub build: Build,
    #[serde(default)]
    allowed_outbound_hosts: Vec<String>,
    #[serde(default)]
    variables: BTreeMap<String, String>,
}

/// `[component.….build]`.
#[derive(Debug, Deserialize)]
pub struct Build {
    /// Run in the manifest's folder.
    pub command: String,
    /// Which files it is made of, as globs relative to the manifest.
    #[serde(default)]
    pub watch: Vec<String>,
}

/// The profile in which components ship. It names the folder in which they are built.
const SHIPPED: &str = "component";

/// The one that compiles fast.
pub const FAST: &str = "watch";

/// What one component sees.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// By name, templates resolved.
    pub variables: BTreeMap<String, String>,
    /// Origins that it may call.
    pub allowed_outbound_hosts: Vec<String>,
}

/// Which component answers a path.
#[derive(Debug, Clone, Default)]
pub struct Routes {
    exact: BTreeMap<String, String>,
    /// Longest prefix first.
    wildcard: Vec<(String, String)>,
}

impl Manifest {
    /// Reads `spin.toml` in `root`.
    pub fn read(root: &Path) -> Result<Self> {
        let path = root.join("spin.toml");
        let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        toml::from_str(&text).with_context(|| format!("{} is not a Spin manifest", path.display()))
    }

    /// The same application, of components that were built to be tried and not to ship.
    pub fn fast(mut self) -> Self {
        for component in self.components.values_mut() {
            component.source = component.source.replace(&format!("/{SHIPPED}/"), &format!("/{FAST}/"));
        }
        self
    }

    /// The routes, checked against the components.
    pub fn routes(&self) -> Result<Routes> {
        let mut routes = Routes::default();
        for Trigger { route, component } in &self.trigger.http {
            if !self.components.contains_key(component) {
                bail!("spin.toml: route {route} names component {component}, which is not there");
            }
            match route.strip_suffix("/...") {
                _ if route.contains("/:") => bail!("spin.toml: route {route}: named segments are not supported here"),
                Some(prefix) => routes.wildcard.push((format!("{prefix}/"), component.clone())),
                None => drop(routes.exact.insert(route.clone(), component.clone())),
            }
        }
        routes.wildcard.sort_by_key(|(prefix, _)| std::cmp::Reverse(prefix.len()));
        Ok(routes)
    }

    /// What component `id` sees when the application's variables have these values.
    pub fn settings(&self, id: &str, values: &BTreeMap<String, String>) -> Result<Settings> {
        let component = self.components.get(id).ok_or_else(|| anyhow!("spin.toml has no component {id}"))?;
        let resolve = |text: &String| self.resolve(text, values).with_context(|| format!("spin.toml, component {id}"));
        Ok(Settings {
            variables: component
                .variables
                .iter()
                .map(|(name, template)| Ok((name.clone(), resolve(template)?)))
                .collect::<Result<_>>()?,
            allowed_outbound_hosts: component.allowed_outbound_hosts.iter().map(resolve).collect::<Result<_>>()?,
        })
    }

    /// `{{ name }}` within a text.
    fn resolve(&self, template: &str, values: &BTreeMap<String, String>) -> Result<String> {
        let mut text = String::new();
        let mut rest = template;
        while let Some((before, after)) = rest.split_once("{{") {
            let (name, after) = after.split_once("}}").ok_or_else(|| anyhow!("{template}: `{{{{` without `}}}}`"))?;
            text.push_str(before);
            text.push_str(&self.value(name.trim(), values)?);
            rest = after;
        }
        Ok(text + rest)
    }

    fn value(&self, name: &str, values: &BTreeMap<String, String>) -> Result<String> {
        let variable = self.variables.get(name).ok_or_else(|| anyhow!("variable {name} is not declared"))?;
        match (values.get(name), &variable.default) {
            (Some(value), _) | (None, Some(value)) => Ok(value.clone()),
            (None, None) if variable.required => bail!("variable {name} is required and has no value"),
            (None, None) => bail!("variable {name} is neither required nor has it a default"),
        }
    }
}

impl Routes {
    /// Spin's order: an exact route before a wildcard, a longer wildcard before a shorter one.
    pub fn component(&self, path: &str) -> Option<&str> {
        let wildcard = || {
            self.wildcard
                .iter()
                .find(|(prefix, _)| path.starts_with(prefix.as_str()) || path == prefix.trim_end_matches('/'))
                .map(|(_, component)| component)
        };
        self.exact.get(path).or_else(wildcard).map(String::as_str)
    }
}
