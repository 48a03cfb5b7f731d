//! A callback at the next frame. It runs once, also in a tab that draws no frames.

use std::cell::Cell;
use std::rc::Rc;

use gloo_render::AnimationFrame;
use gloo_timers::callback::Timeout;

/// The longest wait in milliseconds. A hidden tab draws no frames, and runs the callback after this time.
const HIDDEN_MS: u32 = 500;

/// A scheduled callback. Dropping this cancels it.
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
