//! The network limits of EC2 instance types, read in place from the embedded table. Guesses nothing about types it does not list.

/// Rows of `instance_type,vcpu,memory_mib,max_enis,ipv4_per_eni,hypervisor,bare_metal,arch`, sorted by byte, after one header line.
const TABLE: &str = include_str!("../../../assets/eni_limits.csv");

/// What EC2 says of an instance type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Instance {
    /// Virtual CPUs.
    pub vcpu: u32,
    /// Advertised memory in MiB; the node's capacity is a little less.
    pub memory_mib: u32,
    /// Network interfaces on the default network card.
    pub max_enis: u32,
    /// IPv4 addresses per interface, the primary one included.
    pub ipv4_per_eni: u32,
    /// True where prefixes may be assigned to interfaces: Nitro and bare metal.
    pub prefixes: bool,
}

/// Looks an instance type up; `None` when the table does not list it.
pub fn instance(name: &str) -> Option<Instance> {
    let (_, mut rest) = TABLE.split_once('\n')?;
    while !rest.is_empty() {
        let middle = line_start(rest, rest.len() / 2);
        let (before, from) = rest.split_at_checked(middle)?;
        let (line, after) = from.split_once('\n').unwrap_or((from, ""));
        let (key, values) = line.split_once(',')?;
        match name.cmp(key) {
            std::cmp::Ordering::Equal => return parse(values),
            std::cmp::Ordering::Less => rest = before,
            std::cmp::Ordering::Greater => rest = after,
        }
    }
    None
}

/// Where the line begins that holds this byte.
fn line_start(text: &str, at: usize) -> usize {
    let before = text.as_bytes().get(..at).unwrap_or_default();
    memchr::memrchr(b'\n', before).map_or(0, |newline| newline + 1)
}

fn parse(values: &str) -> Option<Instance> {
    let mut fields = values.split(',');
    let mut number = || fields.next()?.parse::<u32>().ok();
    let (vcpu, memory_mib, max_enis, ipv4_per_eni) = (number()?, number()?, number()?, number()?);
    let (hypervisor, bare_metal) = (fields.next()?, fields.next()?);
    Some(Instance {
        vcpu,
        memory_mib,
        max_enis,
        ipv4_per_eni,
        prefixes: hypervisor == "nitro" || bare_metal == "true",
    })
}

#[cfg(test)]
mod tests {
    use super::{Instance, TABLE, instance};

    #[test]
    fn every_row_is_found_and_nothing_else() {
        let names: Vec<_> = TABLE
            .lines()
            .skip(1)
            .filter_map(|line| line.split(',').next())
            .collect();
        assert!(names.len() > 1_000 && names.is_sorted());
        for name in &names {
            assert!(instance(name).is_some(), "{name}");
        }
        for name in [
            "",
            "a",
            "m5",
            "m5.larg",
            "m5.largest",
            "zzz",
            "instance_type",
            "k3s",
        ] {
            assert_eq!(instance(name), None, "{name}");
        }
    }

    #[test]
    fn fields_are_in_their_places() {
        let expected = Instance {
            vcpu: 2,
            memory_mib: 8192,
            max_enis: 3,
            ipv4_per_eni: 10,
            prefixes: true,
        };
        assert_eq!(instance("m5.large"), Some(expected));
        assert_eq!(
            instance("t2.medium").map(|found| found.prefixes),
            Some(false),
            "xen"
        );
        assert_eq!(
            instance("m5.metal").map(|found| found.prefixes),
            Some(true),
            "bare metal"
        );
    }
}
