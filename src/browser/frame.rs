//! "At the next frame": once, and also in a tab that draws no frames.

use std::cell::Cell;
use std::rc::Rc;

use gloo_render::AnimationFrame;
use gloo_timers::callback::Timeout;

/// A hidden tab draws no frames; its page is brought up to date this often then, in milliseconds.
const HIDDEN_MS: u32 = 500;

/// The callback runs once, unless this is dropped first.
#[derive(Debug)]
#[must_use = "dropping it cancels the callback"]
pub struct NextFrame {
    _frame: AnimationFrame,
    _timeout: Timeout,
}

/// Runs `callback` before the next frame is drawn, or after half a second, whichever comes first.
pub fn next(callback: impl Fn() + 'static) -> NextFrame {
    let callback = Rc::new(callback);
    let done = Rc::new(Cell::new(false));
    let once = move |callback: &dyn Fn(), done: &Cell<bool>| {
        if !done.replace(true) {
            callback();
        }
    };
    let (later, later_done) = (Rc::clone(&callback), Rc::clone(&done));
    NextFrame {
        _frame: gloo_render::request_animation_frame(move |_| once(&*callback, &done)),
        _timeout: Timeout::new(HIDDEN_MS, move || once(&*later, &later_done)),
    }
}
