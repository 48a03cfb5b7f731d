//! A person who requests random operations.

use s3_upload_core::{Event, FileId, FileInfo, Target};

use crate::dice::{self, Dice};

/// A random operation of the person. `files` is the number of files added so far.
pub fn wish(dice: &mut Dice, files: u64) -> Event {
    let target = if dice.permille(300) {
        Target::All
    } else {
        Target::One(FileId(dice.between(1, files.max(1))))
    };
    match dice.between(0, 13) {
        0..=2 => Event::Pause(target),
        3..=5 => Event::Resume(target),
        6 => Event::Start(target),
        7..=8 => Event::Retry(target),
        9 => Event::Cancel(target),
        10 => Event::Remove(target),
        _ => add(dice, files + 1),
    }
}

pub fn add(dice: &mut Dice, file: u64) -> Event {
    let size = dice::size(dice);
    Event::Add(FileId(file), FileInfo::new("file", size, ""))
}
