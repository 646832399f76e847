//! Draws a screen with ratatui. Decides nothing.

use ratatui::Frame;

use crate::theme::Theme;
use crate::view::Screen;

/// Draws everything.
pub fn draw(_frame: &mut Frame, _screen: &Screen, _theme: &Theme) {}
