//! A model of S3: the bytes that it holds, the lifetime of its URLs, and its refusals. It keeps ranges in place of
//! bytes, so that a test can check that an object is exactly the file.

use std::collections::BTreeMap;

use s3_upload_core::{
    Answer, ByteRange, ETag, FileId, PartNumber, StoreRefusal, StoredPart, Transmit, UploadError,
    UploadId,
};

/// A range of a file's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    pub file: FileId,
    pub range: ByteRange,
}

#[derive(Debug)]
pub struct Multipart {
    pub file: FileId,
    pub key: u64,
    pub size: u64,
    pub part_size: u64,
    pub parts: BTreeMap<PartNumber, Piece>,
    pub open: bool,
}

impl Multipart {
    pub fn count(&self) -> u64 {
        self.size.div_ceil(self.part_size).max(1)
    }

    pub fn range(&self, number: PartNumber) -> ByteRange {
        let start = u64::from(number.get() - 1) * self.part_size;
        ByteRange {
            start,
            end: self.size.min(start + self.part_size),
        }
    }

    /// The entity tag of a part. Like an MD5 digest, it is the same for the same bytes.
    pub fn tag(&self, number: PartNumber) -> Option<ETag> {
        let piece = self.parts.get(&number)?;
        Some(ETag::new(format!(
            "\"{}-{}-{}\"",
            piece.file.0, piece.range.start, piece.range.end
        )))
    }
}

/// The request that a presigned URL allows.
#[derive(Clone, Copy, Debug)]
pub enum Allows {
    Object { key: u64 },
    Part { upload: u64, number: PartNumber },
}

#[derive(Debug)]
pub struct Url {
    pub allows: Allows,
    /// The time at which the store refuses the URL, in milliseconds.
    pub expires: Option<u64>,
    /// The time at which the URL expires for the engine; set when the answer arrives.
    pub promised: Option<u64>,
}

#[derive(Debug, Default)]
pub struct Store {
    pub objects: BTreeMap<u64, Vec<Piece>>,
    pub uploads: BTreeMap<u64, Multipart>,
    pub urls: Vec<Url>,
    pub if_none_match: bool,
    pub hide_tags: bool,
}

pub fn refusal(status: u16, code: &str, message: &str) -> UploadError {
    UploadError::Store(StoreRefusal {
        status,
        code: (!code.is_empty()).then(|| code.to_owned()),
        message: (!message.is_empty()).then(|| message.to_owned()),
        ..StoreRefusal::default()
    })
}

pub fn upload_number(id: &UploadId) -> u64 {
    id.as_str().parse().unwrap()
}

impl Store {
    /// The index of the URL in `urls`, which its path contains.
    pub fn url_of(sent: &Transmit) -> usize {
        let url = sent.target.url.expose().split('?').next().unwrap();
        url.rsplit('/').next().unwrap().parse().unwrap()
    }

    /// Handles a request whose body has arrived. The request began at `began`.
    pub fn put(&mut self, began: u64, sent: &Transmit) -> Result<Answer, UploadError> {
        let url = &self.urls[Self::url_of(sent)];
        if url.expires.is_some_and(|expires| began > expires) {
            return Err(refusal(403, "AccessDenied", "Request has expired"));
        }
        let piece = Piece {
            file: sent.file,
            range: sent.range,
        };
        let tag = match url.allows {
            Allows::Object { key } => {
                if self.if_none_match && self.objects.contains_key(&key) {
                    // Some stores answer 412 without S3's XML document.
                    let code = if key % 2 == 0 {
                        "PreconditionFailed"
                    } else {
                        ""
                    };
                    return Err(refusal(412, code, ""));
                }
                self.objects.insert(key, vec![piece]);
                ETag::new("\"whole\"")
            }
            Allows::Part { upload, number } => {
                let upload = self.uploads.get_mut(&upload).expect("it was signed");
                if !upload.open {
                    return Err(refusal(404, "NoSuchUpload", ""));
                }
                assert_eq!(
                    sent.range,
                    upload.range(number),
                    "the signature binds the length"
                );
                upload.parts.insert(number, piece);
                upload.tag(number).unwrap()
            }
        };
        Ok(Answer::Sent((!self.hide_tags).then_some(tag).into()))
    }

    pub fn list(&self, upload: u64) -> Vec<StoredPart> {
        let upload = &self.uploads[&upload];
        upload
            .parts
            .iter()
            .map(|(number, piece)| StoredPart {
                number: *number,
                size: piece.range.len(),
                etag: upload.tag(*number).unwrap(),
            })
            .collect()
    }

    /// Completes an upload from the named parts, or from all. Returns S3's error code where it cannot.
    pub fn complete(
        &mut self,
        upload: u64,
        named: Option<&[(PartNumber, ETag)]>,
    ) -> Result<u64, &'static str> {
        let upload = self.uploads.get_mut(&upload).ok_or("unknown_upload")?;
        if !upload.open {
            return Err("NoSuchUpload");
        }
        let numbers: Vec<PartNumber> = match named {
            Some(named) => {
                if named
                    .iter()
                    .any(|(number, tag)| upload.tag(*number).as_ref() != Some(tag))
                {
                    return Err("invalid_part");
                }
                named.iter().map(|(number, _)| *number).collect()
            }
            None => upload.parts.keys().copied().collect(),
        };
        assert!(numbers.is_sorted(), "S3 wants the parts in their order");
        let pieces: Vec<Piece> = numbers.iter().map(|number| upload.parts[number]).collect();
        if named.is_none()
            && pieces.iter().map(|piece| piece.range.len()).sum::<u64>() != upload.size
        {
            return Err("incomplete");
        }
        upload.open = false;
        self.objects.insert(upload.key, pieces);
        Ok(upload.key)
    }

    /// The size of an object in bytes; `None` if it is not stored.
    pub fn size_of(&self, key: u64) -> Option<u64> {
        let pieces = self.objects.get(&key)?;
        Some(pieces.iter().map(|piece| piece.range.len()).sum())
    }

    pub fn is_exactly(&self, key: u64, file: FileId, size: u64) -> bool {
        let Some(pieces) = self.objects.get(&key) else {
            return false;
        };
        let mut next = 0;
        for piece in pieces {
            if piece.file != file || piece.range.start != next {
                return false;
            }
            next = piece.range.end;
        }
        next == size
    }

    /// Loses a part, or half of one, which no store should do.
    pub fn lose(&mut self, which: u64, half: bool) {
        let open: Vec<u64> = self
            .uploads
            .iter()
            .filter(|(_, upload)| upload.open && !upload.parts.is_empty())
            .map(|(id, _)| *id)
            .collect();
        if open.is_empty() {
            return;
        }
        let which = usize::try_from(which).unwrap();
        let upload = self.uploads.get_mut(&open[which % open.len()]).unwrap();
        let number = *upload.parts.keys().nth(which % upload.parts.len()).unwrap();
        if half {
            let piece = upload.parts.get_mut(&number).unwrap();
            piece.range.end = piece.range.start + piece.range.len() / 2;
        } else {
            upload.parts.remove(&number);
        }
    }
}
