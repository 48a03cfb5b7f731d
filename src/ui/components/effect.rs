//! The effects of the widget. They have one type, so that the compiler emits the code of an effect once.

use any_spawner::Executor;
use reactive_graph::effect::RenderEffect;

/// A function that runs again after a signal that it read has changed, until this is dropped.
pub(super) type Effect = RenderEffect<()>;

/// Runs `update` now, and after each change of a signal that it reads.
pub(super) fn follow(update: impl FnMut() + 'static) -> Effect {
    follow_boxed(Box::new(update))
}

fn follow_boxed(mut update: Box<dyn FnMut()>) -> Effect {
    // The effects of a page need an executor. It is an error to set a second one, and harmless.
    let _ = Executor::init_wasm_bindgen();
    RenderEffect::new(move |_| update())
}
