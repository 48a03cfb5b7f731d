//! The progress of an upload that survives a pause, a wait or a failure.

use s3_upload_types::CollectVec;

use crate::collections::IdMap;
use crate::error::UploadError;
use crate::event::Receipt;
use crate::grant::{Grant, GrantPlan, SignedPart, SignedRequest, StoredPart};
use crate::ids::{ByteRange, ETag, ObjectKey, PartNumber, UploadId};
use crate::snapshot::StoredObject;
use crate::time::Instant;
use core::time::Duration;
use s3_upload_types::PartPlan;

/// The remaining lifetime below which a URL is not used; a tenth of the lifetime if that is less.
const EXPIRY_MARGIN: Duration = Duration::from_secs(10);

/// The transfer of one file to the store.
#[derive(Clone, Debug, Default)]
pub(crate) enum Transfer {
    /// The backend has not granted an upload yet.
    #[default]
    NotCreated,
    /// The whole file in one request.
    Single(Box<SingleTransfer>),
    /// The file in parts.
    Multipart(Box<MultipartTransfer>),
}

/// A signed request, and the time until which it may be used.
#[derive(Clone, Debug)]
pub(crate) struct ExpiringRequest {
    pub request: SignedRequest,
    valid_until: Option<Instant>,
}

impl ExpiringRequest {
    pub fn new(now: Instant, request: SignedRequest) -> Self {
        let good_until = request
            .expires_in
            .filter(|life| !life.is_zero())
            .map(|life| now + life.saturating_sub(EXPIRY_MARGIN.min(life / 10)));
        Self {
            request,
            valid_until: good_until,
        }
    }

    pub fn is_valid(&self, now: Instant) -> bool {
        self.valid_until.is_none_or(|until| now < until)
    }
}

/// A transfer of the whole file in one request.
#[derive(Clone, Debug)]
pub(crate) struct SingleTransfer {
    pub id: Option<UploadId>,
    pub key: Option<ObjectKey>,
    pub value: Option<String>,
    pub signed: ExpiringRequest,
    pub sent: SentState,
    /// True if the backend does not check the store, so that it cannot verify whether the object is stored.
    pub cannot_verify: bool,
}

/// The state of the object of a single upload at the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SentState {
    /// Nothing was sent, or the store refused it.
    NotSent,
    /// A try ended without a clear answer. The object may be stored.
    Unknown,
    /// The backend is asked whether the object is stored, before the file is sent again.
    Verifying,
    /// The store accepted the object, with this answer.
    Stored(Receipt),
}

impl SingleTransfer {
    /// Returns true if the object may be stored and the backend can verify it.
    pub const fn can_verify(&self) -> bool {
        matches!(self.sent, SentState::Unknown) && self.id.is_some() && !self.cannot_verify
    }

    /// Records that a try ended without a clear answer.
    pub fn mark_unknown(&mut self) {
        if self.sent == SentState::NotSent {
            self.sent = SentState::Unknown;
        }
    }
}

/// A transfer in parts.
#[derive(Clone, Debug)]
pub(crate) struct MultipartTransfer {
    pub id: UploadId,
    pub plan: PartPlan,
    /// The parts that are neither stored nor in flight.
    unsent: IdMap<PartNumber, ()>,
    stored: IdMap<PartNumber, Option<ETag>>,
    /// The number of bytes of the stored parts.
    confirmed: u64,
    signed: IdMap<PartNumber, ExpiringRequest>,
    /// True if the store has to be asked which parts it holds.
    pub needs_list: bool,
    /// True if the backend cannot list the parts.
    pub unlisted: bool,
    /// True if a request to complete ended without a clear answer, so that the upload may be completed.
    pub in_doubt: bool,
    /// The time at which the store last showed that it has the upload.
    pub last_seen: Instant,
    /// The object as far as it is known, after a success of a complete that describes no object.
    pub undescribed_success: Option<Box<StoredObject>>,
    pub key: Option<ObjectKey>,
    pub value: Option<String>,
}

impl Transfer {
    /// Makes the transfer that the backend granted for a file of `size` bytes. Returns `None` when S3 would refuse
    /// the parts, when a multipart upload has no id, and when the store already has the file.
    pub fn granted(now: Instant, size: u64, grant: Grant) -> Option<Self> {
        match grant.plan {
            GrantPlan::Single(request) => Some(Self::Single(Box::new(SingleTransfer {
                id: grant.id,
                key: grant.key,
                value: grant.value,
                signed: ExpiringRequest::new(now, request),
                sent: SentState::NotSent,
                cannot_verify: false,
            }))),
            GrantPlan::Stored => None,
            GrantPlan::Multipart { part_size } => {
                let plan = PartPlan::new(size, part_size)?;
                Some(Self::Multipart(Box::new(MultipartTransfer {
                    id: grant.id?,
                    plan,
                    unsent: plan.numbers().map(|number| (number, ())).collect(),
                    stored: IdMap::default(),
                    confirmed: 0,
                    signed: IdMap::default(),
                    needs_list: false,
                    unlisted: false,
                    in_doubt: false,
                    last_seen: now,
                    undescribed_success: None,
                    key: grant.key,
                    value: grant.value,
                })))
            }
        }
    }

    /// The object as far as the grant describes it.
    pub fn granted_object(&self) -> StoredObject {
        let (key, value) = match self {
            Self::NotCreated => (None, None),
            Self::Single(single) => (single.key.as_ref(), single.value.as_ref()),
            Self::Multipart(multi) => (multi.key.as_ref(), multi.value.as_ref()),
        };
        StoredObject {
            key: key.map(ToString::to_string),
            value: value.cloned(),
            ..StoredObject::default()
        }
    }

    /// Returns true if nothing is left to send, as far as is known.
    pub fn is_sent(&self) -> bool {
        match self {
            Self::NotCreated => false,
            Self::Single(single) => {
                matches!(single.sent, SentState::Stored(_) | SentState::Verifying)
            }
            Self::Multipart(multi) => multi.is_stored(),
        }
    }

    /// The id for an abort of the upload; `None` when the upload left nothing at the store.
    pub fn id_to_abort(&self) -> Option<UploadId> {
        match self {
            Self::Single(single) if single.sent != SentState::NotSent => single.id.clone(),
            Self::NotCreated | Self::Single(_) => None,
            Self::Multipart(multi) => Some(multi.id.clone()),
        }
    }

    /// The transfer from which a retry after the failure `error` starts. A signature that the store refused is
    /// dropped. One whose request only failed in the network is kept, because it still leads to the object that may
    /// be stored.
    pub fn for_retry(self, error: &UploadError) -> Self {
        match self {
            Self::Single(single)
                if single.sent == SentState::NotSent
                    || (single.sent == SentState::Unknown && !error.is_ambiguous()) =>
            {
                Self::NotCreated
            }
            Self::Multipart(mut multi) => {
                multi.drop_signatures();
                Self::Multipart(multi)
            }
            other => other,
        }
    }

    /// The number of bytes that the store confirmed.
    pub fn confirmed(&self, size: u64) -> u64 {
        match self {
            Self::Single(single) if matches!(single.sent, SentState::Stored(_)) => size,
            Self::Multipart(multi) => multi.confirmed(),
            _ => 0,
        }
    }
}

impl MultipartTransfer {
    pub fn is_stored(&self) -> bool {
        !self.needs_list && self.stored.len() == usize::from(self.plan.count())
    }

    pub const fn confirmed(&self) -> u64 {
        self.confirmed
    }

    /// The unsent parts without a signature and their sizes, at most `most`, the lowest first.
    pub fn to_sign(&self, most: usize) -> Vec<(PartNumber, u64)> {
        self.unsent
            .keys()
            .filter(|number| !self.signed.contains_key(number))
            .filter_map(|number| Some((number, self.plan.range(number)?.len())))
            .take(most)
            .collect_vec()
    }

    /// The number of parts for which URLs are kept ready. There are two for each lane, since two short parts may be
    /// sent before the next ones are signed. There is one if a part takes more than a second at this `speed`.
    pub fn wanted_ahead(&self, lanes: usize, speed: Option<u64>) -> usize {
        let is_slow = speed.is_some_and(|speed| speed < self.plan.part_size());
        if is_slow { lanes } else { 2 * lanes }
    }

    /// The number of parts that can be sent now.
    pub fn ready(&self) -> usize {
        self.signed
            .keys()
            .filter(|number| self.unsent.contains_key(number))
            .count()
    }

    /// Keeps the signatures of parts that are not stored.
    pub fn keep_signed(&mut self, now: Instant, parts: Vec<SignedPart>) {
        for part in parts {
            if self.plan.range(part.number).is_some() && !self.stored.contains_key(&part.number) {
                self.signed
                    .insert(part.number, ExpiringRequest::new(now, part.request));
            }
        }
    }

    /// Takes the next part that can be sent. Signatures that are too old are dropped.
    pub fn take(&mut self, now: Instant) -> Option<(PartNumber, ByteRange, SignedRequest)> {
        self.signed.retain(|signed| signed.is_valid(now));
        let number = self
            .signed
            .keys()
            .find(|number| self.unsent.contains_key(number))?;
        let request = self.signed.get(&number)?.request.clone();
        let range = self.plan.range(number)?;
        self.unsent.remove(&number);
        Some((number, range, request))
    }

    /// Marks a part as unsent, because it is no longer in flight and is not stored.
    pub fn put_back(&mut self, number: PartNumber) {
        self.unsent.insert(number, ());
    }

    /// Drops all signatures: those made together expire together.
    pub fn drop_signatures(&mut self) {
        self.signed.clear();
    }

    /// Records that the store confirmed a part.
    pub fn store(&mut self, number: PartNumber, etag: Option<ETag>) {
        self.signed.remove(&number);
        self.unsent.remove(&number);
        if self.stored.insert(number, etag).is_none() {
            self.confirmed += self.plan.range(number).map_or(0, ByteRange::len);
        }
    }

    /// Replaces the record of stored parts by the store's list. A part counts only if its size is the planned one. A
    /// part in flight does not count, since its own answer decides.
    pub fn reconcile(&mut self, listed: Vec<StoredPart>, in_flight: &[PartNumber]) {
        self.stored.clear();
        self.confirmed = 0;
        // A multipart upload that can be listed is not completed.
        self.undescribed_success = None;
        for part in listed {
            let planned = self
                .plan
                .range(part.number)
                .is_some_and(|range| range.len() == part.size);
            if planned && !in_flight.contains(&part.number) {
                self.store(part.number, Some(part.etag));
            }
        }
        self.unsent = self
            .plan
            .numbers()
            .filter(|number| !self.stored.contains_key(number) && !in_flight.contains(number))
            .map(|number| (number, ()))
            .collect();
        self.needs_list = false;
        // A complete with missing parts has had no effect.
        self.in_doubt &= self.is_stored();
    }

    /// Returns true if an entity tag is not known, so that the store's list is needed before the upload can be
    /// completed.
    pub fn lacks_tags(&self) -> bool {
        self.stored.values().any(Option::is_none)
    }

    /// The parts and their entity tags; `None` when one is not known.
    pub fn tags(&self) -> Option<Vec<(PartNumber, ETag)>> {
        self.stored
            .iter()
            .map(|(number, etag)| Some((number, etag.clone()?)))
            .collect()
    }
}
