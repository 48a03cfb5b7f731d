//! Tests of the ids of multipart uploads.

use super::*;

#[test]
fn an_abort_counts_for_every_spelling_of_the_id() {
    let root = tempfile::tempdir().unwrap();
    let store = FolderStore::open(root.path(), Arc::default()).unwrap();
    let id = Uuid::new_v4();
    std::fs::write(root.path().join(format!(".upload-{id}.json")), "{}").unwrap();
    let spellings = [
        id.to_string(),
        id.to_string().to_uppercase(),
        id.simple().to_string(),
    ];
    for spelling in &spellings {
        assert_eq!(store.check_upload(spelling).ok(), Some(id), "{spelling}");
    }
    store.aborting().insert(id);
    for spelling in &spellings {
        assert!(store.check_upload(spelling).is_err(), "{spelling}");
    }
}
