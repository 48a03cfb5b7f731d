//! What an upload has achieved so far and must keep over a pause, a wait or a failure.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::UploadError;
use crate::event::Receipt;
use crate::grant::{Grant, GrantPlan, SignedPart, SignedRequest, StoredPart};
use crate::ids::{ByteRange, ETag, ObjectKey, PartNumber, UploadId};
use crate::plan::Plan;
use crate::time::Instant;
use core::time::Duration;

/// A URL is not used when less than this is left of its life, or a tenth of it if that is less.
const EXPIRY_MARGIN: Duration = Duration::from_secs(10);

/// What is kept of an upload.
#[derive(Clone, Debug, Default)]
pub(crate) enum Work {
    /// The backend has to be asked first.
    #[default]
    Unsigned,
    /// The whole file in one request.
    Single(Box<Single>),
    /// In parts.
    Multi(Box<Multi>),
}

/// A signed request and how long it may be used.
#[derive(Clone, Debug)]
pub(crate) struct Signed {
    pub request: SignedRequest,
    good_until: Option<Instant>,
}

impl Signed {
    pub fn new(now: Instant, request: SignedRequest) -> Self {
        let good_until = request
            .expires_in
            .filter(|life| !life.is_zero())
            .map(|life| now + life.saturating_sub(EXPIRY_MARGIN.min(life / 10)));
        Self {
            request,
            good_until,
        }
    }

    pub fn is_good(&self, now: Instant) -> bool {
        self.good_until.is_none_or(|until| now < until)
    }
}

/// One request for the whole file.
#[derive(Clone, Debug)]
pub(crate) struct Single {
    pub id: Option<UploadId>,
    pub key: Option<ObjectKey>,
    pub value: Option<String>,
    pub signed: Signed,
    pub sent: Sent,
}

/// Whether the store has the object of a single upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Sent {
    /// Nothing was sent, or the store refused it.
    No,
    /// A try ended without a clear answer: the object may be there.
    Perhaps,
    /// The backend is asked whether it is there, before anything is sent again.
    Asked,
    /// The store took it, and said this.
    Yes(Receipt),
}

impl Single {
    /// A try ended without a clear answer.
    pub fn may_exist(&mut self) {
        if self.sent == Sent::No {
            self.sent = Sent::Perhaps;
        }
    }
}

/// A multipart upload.
#[derive(Clone, Debug)]
pub(crate) struct Multi {
    pub id: UploadId,
    pub plan: Plan,
    /// Neither stored nor in flight.
    unsent: BTreeSet<PartNumber>,
    stored: BTreeMap<PartNumber, Option<ETag>>,
    /// Bytes of the stored parts.
    confirmed: u64,
    signed: BTreeMap<PartNumber, Signed>,
    /// The store has to be asked which parts it holds.
    pub unsure: bool,
}

impl Work {
    /// What the backend granted for a file of `size` bytes; `None` when S3 would refuse the plan.
    pub fn granted(now: Instant, size: u64, grant: Grant) -> Option<Self> {
        match grant.plan {
            GrantPlan::Single(request) => Some(Self::Single(Box::new(Single {
                id: grant.id,
                key: grant.key,
                value: grant.value,
                signed: Signed::new(now, request),
                sent: Sent::No,
            }))),
            GrantPlan::Stored => None,
            GrantPlan::Multipart { part_size } => {
                let plan = Plan::new(size, part_size)?;
                Some(Self::Multi(Box::new(Multi {
                    id: grant.id?,
                    plan,
                    unsent: plan.numbers().collect(),
                    stored: BTreeMap::new(),
                    confirmed: 0,
                    signed: BTreeMap::new(),
                    unsure: false,
                })))
            }
        }
    }

    /// Nothing is left to send, as far as is known on this side.
    pub fn is_sent(&self) -> bool {
        match self {
            Self::Unsigned => false,
            Self::Single(single) => matches!(single.sent, Sent::Yes(_) | Sent::Asked),
            Self::Multi(multi) => multi.is_stored(),
        }
    }

    /// The upload that an abort would have to name: one that left something at the store.
    pub fn to_abort(&self) -> Option<UploadId> {
        match self {
            Self::Single(single) if single.sent != Sent::No => single.id.clone(),
            Self::Unsigned | Self::Single(_) => None,
            Self::Multi(multi) => Some(multi.id.clone()),
        }
    }

    /// What of this is of use for another try after it failed with `error`. A signature that led
    /// into a refusal is not; one that only met a bad network is, because it still finds the object
    /// that may be there.
    pub fn again(self, error: &UploadError) -> Self {
        match self {
            Self::Single(single)
                if single.sent == Sent::No
                    || (single.sent == Sent::Perhaps && !error.is_ambiguous()) =>
            {
                Self::Unsigned
            }
            Self::Multi(mut multi) => {
                multi.drop_signatures();
                Self::Multi(multi)
            }
            other => other,
        }
    }

    /// Bytes that the store confirmed.
    pub fn confirmed(&self, size: u64) -> u64 {
        match self {
            Self::Single(single) if matches!(single.sent, Sent::Yes(_)) => size,
            Self::Multi(multi) => multi.confirmed(),
            _ => 0,
        }
    }
}

impl Multi {
    pub fn is_stored(&self) -> bool {
        !self.unsure && self.stored.len() == usize::from(self.plan.count())
    }

    pub const fn confirmed(&self) -> u64 {
        self.confirmed
    }

    /// Parts that wait for a signature, at most `most`, the lowest first.
    pub fn to_sign(&self, most: usize) -> Vec<(PartNumber, u64)> {
        self.unsent
            .iter()
            .filter(|number| !self.signed.contains_key(number))
            .filter_map(|number| Some((*number, self.plan.range(*number)?.len())))
            .take(most)
            .collect()
    }

    /// Parts that could be sent at once.
    pub fn ready(&self) -> usize {
        self.signed
            .keys()
            .filter(|number| self.unsent.contains(number))
            .count()
    }

    /// Keeps the signatures of parts that are still wanted.
    pub fn keep_signed(&mut self, now: Instant, parts: Vec<SignedPart>) {
        for part in parts {
            if self.plan.range(part.number).is_some() && !self.stored.contains_key(&part.number) {
                self.signed
                    .insert(part.number, Signed::new(now, part.request));
            }
        }
    }

    /// Takes the next part that can be sent; signatures that are too old are thrown away.
    pub fn take(&mut self, now: Instant) -> Option<(PartNumber, ByteRange, SignedRequest)> {
        self.signed.retain(|_, signed| signed.is_good(now));
        let number = *self
            .signed
            .keys()
            .find(|number| self.unsent.contains(number))?;
        let request = self.signed.get(&number)?.request.clone();
        let range = self.plan.range(number)?;
        self.unsent.remove(&number);
        Some((number, range, request))
    }

    /// A part is no longer in flight and not stored.
    pub fn put_back(&mut self, number: PartNumber) {
        self.unsent.insert(number);
    }

    /// The signatures are of no use any more: those made together expire together.
    pub fn drop_signatures(&mut self) {
        self.signed.clear();
    }

    /// The store confirmed a part.
    pub fn store(&mut self, number: PartNumber, etag: Option<ETag>) {
        self.signed.remove(&number);
        self.unsent.remove(&number);
        if self.stored.insert(number, etag).is_none() {
            self.confirmed += self.plan.range(number).map_or(0, ByteRange::len);
        }
    }

    /// Takes the store's list for the truth. A part counts only if its size is the planned one, and
    /// not while it is in flight: its own answer decides then.
    pub fn reconcile(&mut self, listed: Vec<StoredPart>, in_flight: &BTreeSet<PartNumber>) {
        self.stored.clear();
        self.confirmed = 0;
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
            .collect();
        self.unsure = false;
    }

    /// Every part with its tag; `None` when a tag is not known.
    pub fn tags(&self) -> Option<Vec<(PartNumber, ETag)>> {
        self.stored
            .iter()
            .map(|(number, etag)| Some((*number, etag.clone()?)))
            .collect()
    }
}
