//! Futures behind a pointer, for ports whose implementation is loaded later.

use core::pin::Pin;

/// A future that stays in its thread.
pub type LocalBoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;
