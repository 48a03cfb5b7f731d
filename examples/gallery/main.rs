//! A page that shows every state of the widget, rendered from constant snapshots. It needs no
//! backend and no real failures. `?only=many` shows only the section `many`.
//!
//! ```sh
//! cargo build --target wasm32-unknown-unknown --example gallery
//! wasm-bindgen --target web --out-dir target/gallery \
//!     target/wasm32-unknown-unknown/debug/examples/gallery.wasm
//! cp examples/gallery/index.html style/demo.css target/gallery/
//! ```

use core::time::Duration;

use leptos::callback::UnsyncCallback;
use leptos::mount::mount_to_body;
use leptos::prelude::*;
use s3_upload::core::{
    Accept, Blocked, Constraints, FileId, FileInfo, FileSnapshot, Status, Step, StoreRefusal,
    StoredObject, Totals, UploadError, Violation, WaitReason,
};
use s3_upload::ui::{Action, DisplayOptions, UploadList, Widget};
use s3_upload::uploader::{Rejection, UploadRow};

const MB: u64 = 1_000_000;

fn main() {
    let search = web_sys::window()
        .and_then(|window| window.location().search().ok())
        .unwrap_or_default();
    let only = search.strip_prefix("?only=").unwrap_or_default().to_owned();
    mount_to_body(move || {
        let shown = sections()
            .into_iter()
            .filter(|section| only.is_empty() || section.name == only);
        view! {
            <main class="page">{shown.map(Section::view).collect_view()}</main>
        }
    });
}

struct Section {
    name: &'static str,
    files: Vec<FileSnapshot>,
    rejections: Vec<Rejection>,
    offline: bool,
    look: DisplayOptions,
}

impl Section {
    fn new(name: &'static str, files: Vec<FileSnapshot>) -> Self {
        let constraints = Constraints {
            accept: Accept::new("image/*,.pdf"),
            max_size: Some(2_000 * MB),
            ..Constraints::default()
        };
        let look = DisplayOptions {
            constraints,
            multiple: true,
            disabled: false,
        };
        Self {
            name,
            files,
            rejections: Vec::new(),
            offline: false,
            look,
        }
    }

    fn view(self) -> impl IntoView {
        let totals = totals(&self.files, self.offline);
        let rows = self.files.into_iter().map(|file| UploadRow {
            id: file.id,
            snapshot: ArcRwSignal::new(file).read_only(),
        });
        let uploads = UploadList {
            rows: ArcRwSignal::new(rows.collect()).read_only(),
            totals: ArcRwSignal::new(totals).read_only(),
            rejections: ArcRwSignal::new(self.rejections).read_only(),
        };
        let look = self.look;
        let act = UnsyncCallback::new(|action: Action| leptos::logging::log!("{action:?}"));
        view! {
            <section style="margin-block-end: 4rem">
                <h2>{self.name}</h2>
                <Widget uploads look=Signal::derive(move || look.clone()) act />
            </section>
        }
    }
}

fn sections() -> Vec<Section> {
    let network = || UploadError::Network { step: Step::Send };
    let waiting = |reason| Status::Waiting {
        reason,
        remaining: Duration::from_secs(3),
    };
    let mut offline = Section::new(
        "offline",
        vec![
            file(
                1,
                "Interview with the mayor, second take.mov",
                820 * MB,
                41,
                waiting(WaitReason::Offline),
            ),
            file(2, "notes.pdf", MB / 3, 0, Status::Queued { held: false }),
        ],
    );
    offline.offline = true;
    let mut disabled = Section::new("disabled", Vec::new());
    disabled.look.disabled = true;
    let mut refused = Section::new("refused", Vec::new());
    refused.rejections = vec![
        Rejection {
            id: 1,
            name: "holiday.mov".into(),
            size: 2_300 * MB,
            violation: Violation::TooLarge {
                size: 2_300 * MB,
                max: 2_000 * MB,
            },
        },
        Rejection {
            id: 2,
            name: "<img src=x onerror=alert(1)>.exe".into(),
            size: 10,
            violation: Violation::Type {
                content_type: "application/octet-stream".into(),
                accept: "image/*,.pdf".into(),
            },
        },
    ];
    let mut single = Section::new(
        "single",
        vec![file(1, "passport.jpg", 4 * MB, 63, Status::Uploading)],
    );
    single.look.multiple = false;
    vec![
        Section::new("empty", Vec::new()),
        disabled,
        single,
        Section::new(
            "uploading",
            vec![
                file(1, "report.pdf", 2 * MB, 100, stored()),
                file(
                    2,
                    "A rather long name of a drawing for the new library, third revision.pdf",
                    48 * MB,
                    62,
                    Status::Uploading,
                ),
                file(3, "IMG_2041.jpg", 6 * MB, 99, Status::Completing),
                file(4, "IMG_2042.jpg", 7 * MB, 0, Status::Preparing),
                file(5, "IMG_2043.jpg", 5 * MB, 0, Status::Queued { held: false }),
            ],
        ),
        Section::new(
            "paused",
            vec![
                file(1, "archive-of-2025.pdf", 1_240 * MB, 34, Status::Paused),
                file(2, "cover.png", 3 * MB, 0, Status::Paused),
            ],
        ),
        Section::new(
            "held",
            vec![
                file(1, "cover.png", 3 * MB, 0, Status::Queued { held: true }),
                file(2, "letter.pdf", MB, 0, Status::Queued { held: true }),
            ],
        ),
        offline,
        Section::new(
            "failed",
            vec![
                file(
                    1,
                    "plan.pdf",
                    12 * MB,
                    40,
                    waiting(WaitReason::Backoff(network())),
                ),
                file(2, "budget.pdf", 12 * MB, 40, Status::Failed(network())),
                file(
                    3,
                    "minutes.pdf",
                    MB,
                    0,
                    Status::Failed(UploadError::Store(StoreRefusal {
                        status: 403,
                        code: Some("SignatureDoesNotMatch".into()),
                        ..StoreRefusal::default()
                    })),
                ),
                file(
                    4,
                    "photo.jpg",
                    MB,
                    0,
                    Status::Failed(UploadError::Blocked(Blocked::Cors {
                        finding: None,
                        page: "https://app.example.com".into(),
                        host: "https://s3.example.com".into(),
                    })),
                ),
                file(5, "draft.pdf", MB, 0, Status::Cancelled),
            ],
        ),
        Section::new(
            "cancelled",
            (1..=3)
                .map(|id| file(id, &format!("page-{id}.png"), MB, 30, Status::Cancelled))
                .collect(),
        ),
        Section::new(
            "done",
            vec![
                file(1, "report.pdf", 2 * MB, 100, stored()),
                file(2, "תוכנית העבודה לשנת 2026.pdf", 3 * MB, 100, stored()),
                file(
                    3,
                    "<b>bold</b> & \u{202E}gpj.exe",
                    40,
                    100,
                    Status::Completed(StoredObject::default()),
                ),
            ],
        ),
        refused,
        Section::new(
            "many",
            (1..=10_000)
                .map(|id| {
                    let status = match id {
                        1..=3 => stored(),
                        4..=8 => Status::Uploading,
                        640 => Status::Failed(network()),
                        _ => Status::Queued { held: false },
                    };
                    file(
                        id,
                        &format!("scan-{id:05}.png"),
                        MB,
                        if id < 9 { 50 } else { 0 },
                        status,
                    )
                })
                .collect(),
        ),
    ]
}

fn stored() -> Status {
    Status::Completed(StoredObject {
        key: Some("2026/report".into()),
        location: Some("https://files.example.com/2026/report".into()),
        ..StoredObject::default()
    })
}

fn file(id: u64, name: &str, size: u64, percent: u8, status: Status) -> FileSnapshot {
    let moving = matches!(status, Status::Uploading);
    FileSnapshot {
        awaited: None,
        id: FileId(id),
        info: FileInfo::new(name, size, ""),
        sent: size * u64::from(percent) / 100,
        percent,
        speed: moving.then_some(2_400_000),
        remaining: moving.then(|| Duration::from_secs(size / 2_400_000 / 2)),
        attempts: 0,
        status,
    }
}

fn totals(files: &[FileSnapshot], offline: bool) -> Totals {
    let mut all = Totals {
        offline,
        ..Totals::default()
    };
    for file in files {
        if file.status == Status::Cancelled {
            all.cancelled += 1;
            continue;
        }
        all.files += 1;
        all.size += file.info.size;
        all.sent += file.sent;
        match file.status {
            Status::Completed(_) => all.completed += 1,
            Status::Failed(_) => {
                all.failed += 1;
                all.first_failed.push(file.id);
            }
            Status::Paused => all.paused += 1,
            Status::Queued { held: true } => all.held += 1,
            _ => all.active += 1,
        }
        if file.speed.is_some() {
            all.speed = Some(all.speed.unwrap_or_default() + 2_400_000);
            all.remaining = Some(Duration::from_mins(4));
        }
    }
    all.percent = u8::try_from(all.sent * 100 / all.size.max(1)).unwrap_or_default();
    if all.completed < all.files {
        all.percent = all.percent.min(99);
    }
    all
}
