//! The result type of every task.

/// The outcome of a task. The error is a sentence for the person at the terminal.
pub type Result<T> = std::result::Result<T, String>;
