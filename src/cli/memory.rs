//! How much memory a scan may take when nobody says so: a quarter of what this machine, or the
//! container that it runs in, has.

/// Without any way to ask.
const UNKNOWN: u64 = 4 << 30;
/// Never less: one object of ordinary size must fit.
const LEAST: u64 = 256 << 20;

/// Bytes that unpacked objects may take.
pub fn default_limit() -> u64 {
    let machine = std::fs::read_to_string("/proc/meminfo").ok().and_then(|text| total(&text));
    // A container's limit (cgroups(7), version 2, then 1); "max" is none.
    let files = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"];
    let container = files.iter().filter_map(|file| std::fs::read_to_string(file).ok());
    let container = container.filter_map(|text| text.trim().parse().ok());
    let all = container.chain(machine).min().unwrap_or(UNKNOWN);
    (all / 4).max(LEAST)
}

/// The total of proc_meminfo(5), in bytes.
fn total(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kilobytes.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_total_is_read_in_bytes() {
        let text = "MemTotal:       24506868 kB\nMemFree:        1 kB\n";
        assert_eq!(super::total(text), Some(24_506_868 * 1024));
        assert_eq!(super::total("MemTotal: many\n"), None);
    }
}
