//! The icons: strokes on a 20 by 20 grid, drawn for this widget. A name or a text is always beside them, so that none
//! has a meaning alone. They are elements and not markup in a string, so that they also work where the page forbids
//! such markup.

pub(super) const UPLOAD: &str = "M10 12.5V3.5M6.25 7 10 3.25 13.75 7M3.5 12.5v2.75c0 .7.55 1.25 1.25 1.25h10.5c.7 0 1.25-.55 1.25-1.25V12.5";
pub(super) const FILE: &str = "M11.5 2.75H6c-.7 0-1.25.55-1.25 1.25v12c0 .7.55 1.25 1.25 1.25h8c.7 0 1.25-.55 1.25-1.25V6.5zM11.5 2.75V6.5h3.75";
pub(super) const PAUSE: &str = "M7.25 5v10M12.75 5v10";
pub(super) const PLAY: &str = "M6.75 4.5v11l8.5-5.5z";
pub(super) const CLOSE: &str = "M5.5 5.5l9 9M14.5 5.5l-9 9";
pub(super) const RETRY: &str = "M15.75 10a5.75 5.75 0 1 1-1.7-4.07L15.75 7.6M15.75 3.75V7.6H11.9";
pub(super) const COPY: &str = "M8.5 7.25h6.75c.55 0 1 .45 1 1v7c0 .55-.45 1-1 1H8.5c-.55 0-1-.45-1-1v-7c0-.55.45-1 1-1zM12.5 7.25v-2.5c0-.55-.45-1-1-1h-7c-.55 0-1 .45-1 1v7c0 .55.45 1 1 1h3";
pub(super) const LINK: &str = "M8.5 4.75H5c-.55 0-1 .45-1 1V15c0 .55.45 1 1 1h9.25c.55 0 1-.45 1-1v-3.5M11.75 4h4.25v4.25M16 4l-6.75 6.75";
pub(super) const CHECK: &str =
    "M10 2.5a7.5 7.5 0 1 0 0 15 7.5 7.5 0 0 0 0-15zM6.75 10.25 9 12.5l4.25-4.75";
pub(super) const ALERT: &str =
    "M10 2.5a7.5 7.5 0 1 0 0 15 7.5 7.5 0 0 0 0-15zM10 6.25v4.5M10 13.5v.01";
pub(super) const CLOCK: &str = "M10 2.5a7.5 7.5 0 1 0 0 15 7.5 7.5 0 0 0 0-15zM10 6v4l2.5 1.75";
pub(super) const PAUSED: &str =
    "M10 2.5a7.5 7.5 0 1 0 0 15 7.5 7.5 0 0 0 0-15zM8.25 7.5v5M11.75 7.5v5";
pub(super) const CANCELLED: &str = "M10 2.5a7.5 7.5 0 1 0 0 15 7.5 7.5 0 0 0 0-15zM6.75 10h6.5";
