//! The actions of a person, which the components pass on.

use s3_upload_core::Target;
use web_sys::File;

/// An action of the person.
#[derive(Clone, Debug)]
pub enum Action {
    /// Adds files: picked, dropped or pasted.
    Add(Vec<File>),
    /// Starts files that wait for a start.
    Start(Target),
    /// Pauses files.
    Pause(Target),
    /// Resumes paused files.
    Resume(Target),
    /// Retries failed files.
    Retry(Target),
    /// Cancels files.
    Cancel(Target),
    /// Removes files in a final state from the list.
    Remove(Target),
    /// Removes all files in a final state from the list.
    Clear,
    /// Dismisses the message about a refused file.
    Dismiss(u64),
}
