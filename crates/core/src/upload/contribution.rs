//! The contribution of one upload to the sums over all files.

/// The contribution of one file to the sums.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Contribution {
    pub files: u32,
    pub active: u32,
    pub open: u32,
    pub open_large: u32,
    pub held: u32,
    pub paused: u32,
    pub interrupted: u32,
    pub completed: u32,
    pub failed: u32,
    pub cancelled: u32,
    pub size: u64,
    pub sent: u64,
    /// The number of bytes still to be sent, if the upload is active.
    pub left: u64,
    pub failed_size: u64,
    pub completed_size: u64,
}

impl Contribution {
    /// Adds that of another upload.
    pub fn add(&mut self, other: Self) {
        self.files += other.files;
        self.active += other.active;
        self.open += other.open;
        self.open_large += other.open_large;
        self.held += other.held;
        self.paused += other.paused;
        self.interrupted += other.interrupted;
        self.completed += other.completed;
        self.failed += other.failed;
        self.cancelled += other.cancelled;
        self.size += other.size;
        self.sent += other.sent;
        self.left += other.left;
        self.failed_size += other.failed_size;
        self.completed_size += other.completed_size;
    }

    /// Takes that of an upload away.
    pub fn subtract(&mut self, other: Self) {
        self.files -= other.files;
        self.active -= other.active;
        self.open -= other.open;
        self.open_large -= other.open_large;
        self.held -= other.held;
        self.paused -= other.paused;
        self.interrupted -= other.interrupted;
        self.completed -= other.completed;
        self.failed -= other.failed;
        self.cancelled -= other.cancelled;
        self.size -= other.size;
        self.sent -= other.sent;
        self.left -= other.left;
        self.failed_size -= other.failed_size;
        self.completed_size -= other.completed_size;
    }
}
