//! What a family of processes has used: CPU of all, the dead included, and the memory of those that live.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use procfs::process::{Process, Stat, all_processes};

/// A process, and all that it has started.
#[derive(Debug, Clone, Copy)]
pub struct Family {
    root: u32,
}

impl Family {
    /// Of the process with this id.
    pub fn of(root: u32) -> Self {
        Self { root }
    }

    /// CPU seconds so far, in user and system. Those of a process that has ended are its parent's.
    pub fn cpu_seconds(self) -> Result<f64> {
        let ticks: u64 = members(self.root, &every()?).iter().map(|stat| ticks(stat)).sum();
        Ok(ticks as f64 / procfs::ticks_per_second() as f64)
    }

    /// Memory in bytes: each page counted once, shared ones in equal parts, where the kernel says that; otherwise what is
    /// resident.
    pub fn memory_bytes(self) -> Result<u64> {
        let of = |stat: &Stat| -> Result<u64> {
            let process = Process::new(stat.pid)?;
            let proportional = process.smaps_rollup().ok().and_then(|rollup| {
                let map = rollup.memory_map_rollup.into_iter().next()?;
                map.extension.map.get("Pss").copied()
            });
            Ok(proportional.unwrap_or(stat.rss * procfs::page_size()))
        };
        // One that ends in between has none.
        Ok(members(self.root, &every()?).iter().filter_map(|stat| of(stat).ok()).sum())
    }

    /// Resident memory, shared pages counted in each process, and open descriptors.
    pub fn resident(self) -> Result<(u64, usize)> {
        let all = every()?;
        let of = |stat: &&Stat| -> Result<(u64, usize)> {
            Ok((stat.rss * procfs::page_size(), Process::new(stat.pid)?.fd_count()?))
        };
        let each = members(self.root, &all).into_iter().filter_map(|stat| of(&stat).ok());
        Ok(each.fold((0, 0), |(memory, open), (more, others)| (memory + more, open + others)))
    }
}

/// User and system, its own and of the children that it has waited for.
fn ticks(stat: &Stat) -> u64 {
    let waited_for = u64::try_from(stat.cutime).unwrap_or(0) + u64::try_from(stat.cstime).unwrap_or(0);
    stat.utime + stat.stime + waited_for
}

fn every() -> Result<Vec<Stat>> {
    let all = all_processes().context("cannot read /proc: CPU and memory are measured on Linux only")?;
    // One that has ended in between is nobody's.
    Ok(all.filter_map(|process| process.ok()?.stat().ok()).collect())
}

/// The root and everything below it.
fn members(root: u32, all: &[Stat]) -> Vec<&Stat> {
    let mut children: BTreeMap<i32, Vec<&Stat>> = BTreeMap::new();
    for stat in all {
        children.entry(stat.ppid).or_default().push(stat);
    }
    let root = root.cast_signed();
    let mut found: Vec<&Stat> = all.iter().filter(|stat| stat.pid == root).collect();
    let mut next = 0;
    while let Some(stat) = found.get(next) {
        found.extend(children.get(&stat.pid).into_iter().flatten());
        next += 1;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stat(pid: i32, parent: i32, used: [u64; 4]) -> Stat {
        let [user, system, waited_user, waited_system] = used;
        let line = format!(
            "{pid} (a (b) c) S {parent} {pid} {pid} 0 -1 4194560 100 0 0 0 {user} {system} {waited_user} {waited_system} \
             20 0 1 0 300 10000 250 18446744073709551615 1 1 0 0 0 0 0 0 0 0 0 0 17 0 0 0 0 0 0 0 0 0 0 0 0 0 0"
        );
        procfs::FromRead::from_read(line.as_bytes()).unwrap()
    }

    #[test]
    fn a_family_is_the_root_and_all_below_it() {
        let all = [stat(7, 1, [0; 4]), stat(8, 7, [0; 4]), stat(9, 8, [0; 4]), stat(10, 1, [0; 4])];

        let found: Vec<i32> = members(7, &all).iter().map(|stat| stat.pid).collect();

        assert_eq!(found, [7, 8, 9]);
    }

    #[test]
    fn what_the_dead_have_used_is_counted() {
        assert_eq!(ticks(&stat(7, 1, [1, 20, 300, 4000])), 4321);
    }

    #[test]
    fn this_process_has_memory_and_uses_cpu() {
        let family = Family::of(std::process::id());

        assert!(family.memory_bytes().unwrap() > 100_000);
        assert!(family.cpu_seconds().unwrap() >= 0.0);
        let (resident, descriptors) = family.resident().unwrap();
        assert!(resident > 100_000 && descriptors >= 3, "{resident} bytes, {descriptors} descriptors");
    }
}
