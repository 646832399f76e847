//! The addresses that one node may give to its pods: which are taken, and which cool. Knows no pods.

use std::collections::BTreeSet;

use crate::clock::Timestamp;
use crate::demo::object::after;

/// Seconds for which an address that came back is not given away again (`IP_COOLDOWN_PERIOD` of the aws-node pods).
pub const COOLDOWN: i64 = 5;

/// Addresses one node may give to its pods (what ipamd manages).
#[derive(Debug, Clone, Default)]
pub struct Pool {
    /// The first address; the others follow.
    pub base: [u8; 4],
    /// How many its interfaces, or its subnet, allow.
    pub most: u32,
    used: BTreeSet<u32>,
    cooling: Vec<(Timestamp, u32)>,
}

impl Pool {
    /// A pool of `most` addresses from `base` on, none of them taken.
    pub fn new(base: [u8; 4], most: u32) -> Self {
        Self {
            base,
            most,
            ..Self::default()
        }
    }

    /// The addresses of an IPv4 range (`10.244.3.0/24`) but network, gateway and broadcast. `None` if it is none.
    pub fn of_range(range: &str) -> Option<Self> {
        let (first, bits) = range.split_once('/')?;
        let first = u32::from_be_bytes(parse_address(first)?);
        let size = 1u32.checked_shl(32u32.checked_sub(bits.parse().ok()?)?)?;
        Some(Self::new((first + 2).to_be_bytes(), size.saturating_sub(3)))
    }

    /// Whether an address is free.
    pub fn has_room(&self, now: Timestamp) -> bool {
        let cold = self.cooling.iter().filter(|(until, _)| *until > now).count();
        self.used.len() + cold < self.most as usize
    }

    /// Takes the lowest free address; `None` when there is none: "failed to assign an IP address to container".
    pub fn take(&mut self, now: Timestamp) -> Option<[u8; 4]> {
        self.cooling.retain(|(until, _)| *until > now);
        if self.used.len() + self.cooling.len() >= self.most as usize {
            return None;
        }
        let free = (0..self.most)
            .find(|at| !self.used.contains(at) && !self.cooling.iter().any(|(_, cold)| cold == at))?;
        self.used.insert(free);
        Some(self.address(free))
    }

    /// Gives an address back; it cools for a while (VPC CNI, `IP_COOLDOWN_PERIOD`).
    pub fn give_back(&mut self, ip: [u8; 4], now: Timestamp) {
        let at = u32::from_be_bytes(ip).wrapping_sub(u32::from_be_bytes(self.base));
        if self.used.remove(&at) {
            self.cooling.push((after(now, COOLDOWN), at));
        }
    }

    fn address(&self, at: u32) -> [u8; 4] {
        (u32::from_be_bytes(self.base).wrapping_add(at)).to_be_bytes()
    }
}

/// Reads an IPv4 address.
pub fn parse_address(text: &str) -> Option<[u8; 4]> {
    text.parse::<std::net::Ipv4Addr>().ok().map(|ip| ip.octets())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pool_runs_out_and_cools_what_comes_back() {
        let mut pool = Pool {
            base: [10, 0, 1, 2],
            most: 2,
            ..Pool::default()
        };
        let now = Timestamp::from_seconds(100);
        assert_eq!(pool.take(now), Some([10, 0, 1, 2]));
        assert_eq!(pool.take(now), Some([10, 0, 1, 3]));
        assert_eq!(pool.take(now), None);
        pool.give_back([10, 0, 1, 2], now);
        assert_eq!(pool.take(Timestamp::from_seconds(104)), None);
        let room = [104, 106].map(|second| pool.has_room(Timestamp::from_seconds(second)));
        assert_eq!(room, [false, true]);
        assert_eq!(pool.take(Timestamp::from_seconds(106)), Some([10, 0, 1, 2]));
    }
}
