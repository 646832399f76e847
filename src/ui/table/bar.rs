//! A bar in eighth blocks. Knows no number but its share.

use crate::model::Health;
use crate::theme::Role;
use crate::ui::paint::Paint;

const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/// Draws `thousandths` of `columns` as full; what is more than nothing is at least an eighth.
pub(super) fn draw(
    paint: &mut Paint,
    (x, y): (u16, u16),
    columns: u16,
    (thousandths, health): (u16, Health),
) {
    let role = match health {
        Health::Bad => Role::BarBad,
        Health::Warn => Role::BarWarn,
        _ => Role::BarOk,
    };
    let (full, empty) = (paint.style(role), paint.style(Role::Bar));
    let (whole, eighths) = filled(thousandths, columns);
    paint.repeat((x, y), whole, "█", full);
    let mut at = whole;
    if let Some(part) = EIGHTHS.get(eighths).filter(|part| !part.is_empty()) {
        paint.sign((x + at, y), part, full);
        at += 1;
    }
    paint.repeat((x + at, y), columns.saturating_sub(at), "░", empty);
}

/// Whole columns and eighths of the next one.
fn filled(thousandths: u16, columns: u16) -> (u16, usize) {
    let thousandths = u32::from(thousandths.min(1000));
    let eighths = (thousandths * u32::from(columns) * 8).div_ceil(1000);
    ((eighths / 8) as u16, (eighths % 8) as usize)
}

#[cfg(test)]
mod tests {
    use super::filled;

    #[test]
    fn shares_become_eighths() {
        assert_eq!(filled(0, 10), (0, 0));
        assert_eq!(filled(1, 10), (0, 1));
        assert_eq!(filled(500, 10), (5, 0));
        assert_eq!(filled(640, 10), (6, 4));
        assert_eq!(filled(1000, 10), (10, 0));
        assert_eq!(filled(9999, 10), (10, 0));
    }
}
