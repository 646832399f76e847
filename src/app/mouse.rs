//! The mouse: a click acts on what was drawn where it hit.

use super::App;
use super::pane::PaneView;
use super::tree::PaneId;
use crate::model::Area;
use crate::msg::{Mouse, MouseKind};

/// Lines a wheel step scrolls.
const WHEEL: isize = 3;

impl App {
    pub(super) fn mouse(&mut self, mouse: Mouse) {
        if self.overlay.is_some() {
            return;
        }
        let areas = self.areas();
        let hit = areas
            .iter()
            .find(|(_, area)| area.contains(mouse.column, mouse.row))
            .copied();
        let Some((id, area)) = hit else { return };
        self.dirty = true;
        match mouse.kind {
            MouseKind::Press => {
                self.focus = id;
                self.press(id, area, mouse);
            }
            MouseKind::ScrollUp => self.scroll(id, -WHEEL),
            MouseKind::ScrollDown => self.scroll(id, WHEEL),
            MouseKind::Drag | MouseKind::Release => {}
        }
    }

    fn press(&mut self, id: PaneId, area: Area, mouse: Mouse) {
        let now = self.now;
        let store = &self.store;
        let Some(PaneView::Table(table)) = self.panes.get_mut(&id).map(|pane| &mut pane.view) else {
            return;
        };
        let Some(feed) = store.feed(table.feed) else {
            return;
        };
        let inner = area.inner();
        if !inner.contains(mouse.column, mouse.row) {
            return;
        }
        if mouse.row == inner.y {
            let column = table.column_at(feed, inner.width, mouse.column - inner.x);
            if let Some(column) = column {
                table.sort_by_column(column, feed.rows.columns());
            }
            return;
        }
        let at = table.top + usize::from(mouse.row - inner.y - 1);
        if at < table.order.slots().len() && at < table.top + table.rows_in_view() {
            table.jump(feed, at, now);
        }
    }
}
