//! `cargo run -p pack -- messages-list`: builds a component in the shape in which it ships. Without a name, all of them.
//!
//! cargo alone leaves two things in it: the folders of the machine that built it, in the texts of panics, and the names of
//! the component's parts, which nobody reads at the edge. Without them, the same commit built elsewhere gives the same
//! bytes, and says nothing of where that was.

mod names;

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, bail};
use clap::Parser;
use serde_json::Value;

const TARGET: &str = "wasm32-wasip2";
const PROFILE: &str = "component";
/// The linker leaves five bytes for every function and address that code names. Most need two: a tenth of a component.
const COMPRESSED: &str = "-Clink-arg=--compress-relocations";

/// The curves' crates would count in pieces of 64 bits here, for whose product WebAssembly has no instruction: a first ES256
/// token takes a tenth longer then (docs.rs, cpubits).
const LIMBS: &str = "--cfg=cpubits=\"32\"";

/// Builds components in the shape in which they ship, for `spin build` and the stack.
#[derive(Parser)]
struct Cli {
    /// Functions: the names of their packages, and of their folders below functions/ [default: the components of spin.toml]
    packages: Vec<String>,
}

fn main() -> Result<()> {
    let Cli { mut packages } = Cli::parse();
    let cargo = env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let Workspace { root, target } = Workspace::find(&cargo)?;
    // Only then is the registry's folder there on a machine that has never built anything.
    run(Command::new(&cargo).args(["fetch", "--quiet", "--target", TARGET]).current_dir(&root))?;

    let mut flags = remapped(&root)?;
    flags.extend([COMPRESSED.to_owned(), LIMBS.to_owned()]);
    let flags: Vec<String> = flags.iter().map(|flag| format!("{flag:?}")).collect();
    let flags = format!("target.{TARGET}.rustflags=[{}]", flags.join(","));
    if packages.is_empty() {
        packages = components(&root)?;
    }
    packages.iter().try_for_each(|package| pack(package, &cargo, &root, &target, &flags))
}

fn pack(package: &str, cargo: &str, root: &Path, target: &Path, flags: &str) -> Result<()> {
    // A component alone: beside a library for the tests, cargo would leave out the optimisation at link time.
    let kind = ["rustc", "--package", package, "--lib", "--crate-type", "cdylib"];
    let shape = ["--target", TARGET, "--profile", PROFILE, "--config", flags];
    run(Command::new(cargo).args(kind).args(shape).current_dir(root))?;

    let path = target.join(TARGET).join(PROFILE).join(format!("{}.wasm", package.replace('-', "_")));
    let component = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let stripped = names::stripped(&component).with_context(|| format!("{} is no component", path.display()))?;
    if stripped.len() < component.len() {
        fs::write(&path, stripped).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

/// Those of spin.toml.
fn components(root: &Path) -> Result<Vec<String>> {
    let path = root.join("spin.toml");
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let manifest: toml::Table = text.parse().with_context(|| format!("{} is no TOML", path.display()))?;
    let components = manifest.get("component").and_then(toml::Value::as_table);
    let components = components.with_context(|| format!("{} has no components", path.display()))?;
    Ok(components.keys().cloned().collect())
}

/// Where cargo has the project, and where it puts what it builds.
struct Workspace {
    root: PathBuf,
    target: PathBuf,
}

impl Workspace {
    fn find(cargo: &str) -> Result<Self> {
        let output = Command::new(cargo).args(["metadata", "--no-deps", "--format-version", "1"]).output();
        let output = output.with_context(|| format!("cannot run {cargo}"))?;
        if !output.status.success() {
            bail!("run this in the project's folder: {}", String::from_utf8_lossy(&output.stderr).trim());
        }
        let metadata: Value = serde_json::from_slice(&output.stdout).context("cargo's metadata is not JSON")?;
        let folder = |name: &str| Some(PathBuf::from(metadata.get(name)?.as_str()?));
        let root = folder("workspace_root").context("cargo does not say where the workspace is")?;
        let target = folder("target_directory").context("cargo does not say where it builds")?;
        Ok(Self { root, target })
    }
}

/// Each registry's crates become `registry/<name>-<version>/…`, and the project's own files are below `.`.
fn remapped(root: &Path) -> Result<Vec<String>> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".cargo")));
    let sources = home.context("neither CARGO_HOME nor HOME is set")?.join("registry/src");
    let registries = fs::read_dir(&sources).with_context(|| format!("cannot read {}", sources.display()))?;
    let mut flags = vec![remap(root, ".")?];
    for registry in registries {
        flags.push(remap(&registry?.path(), "registry")?);
    }
    flags.sort();
    Ok(flags)
}

fn remap(folder: &Path, name: &str) -> Result<String> {
    let folder = folder.to_str().with_context(|| format!("the name of {} is not UTF-8", folder.display()))?;
    Ok(format!("--remap-path-prefix={folder}={name}"))
}

fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot run {}", command.get_program().display()))?;
    if !status.success() {
        bail!("{} ended with {status}", command.get_program().display());
    }
    Ok(())
}
