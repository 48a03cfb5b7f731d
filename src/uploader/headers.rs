//! The headers by which a backend identifies the person: fixed ones, or new ones for each request.
//!
//! All requests that are refused at the same time share one renewal. Where each use of a refresh token replaces it, a
//! second use of the old one counts as theft. Header values are never printed.

use core::cell::{Cell, RefCell};
use core::fmt;
use core::future::poll_fn;
use core::task::{Poll, Waker};
use std::pin::Pin;
use std::rc::Rc;

/// The name and the value of each header.
pub type HeaderList = Vec<(String, String)>;

/// The reason why a source gives no headers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoHeaders {
    /// The source has none. Holds a sentence for the person, which may be empty. The failure is final.
    Refused(String),
    /// The issuer of the headers cannot be reached now. The request is retried as if the backend could not be reached.
    Unreachable,
}

/// The result of a source: headers, or the reason why there are none.
type HeaderResult = Result<HeaderList, NoHeaders>;

/// Gives the headers for one request. The argument is true if the backend has just refused the previous headers (401).
pub type HeaderSource = Rc<dyn Fn(bool) -> Pin<Box<dyn Future<Output = HeaderResult>>>>;

/// Headers for the backend. They are never sent to the store.
#[derive(Clone, Default)]
pub enum Headers {
    /// No headers.
    #[default]
    None,
    /// The same headers for each request.
    Fixed(HeaderList),
    /// Headers from a source that is asked for each request, and once more after a 401.
    Refreshable(Rc<RefreshableHeaders>),
}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The values are credentials.
        f.write_str(match self {
            Self::None => "None",
            Self::Fixed(_) => "Fixed(…)",
            Self::Refreshable(_) => "Refreshable(…)",
        })
    }
}

impl Headers {
    /// Headers from a source.
    pub fn refreshable(source: HeaderSource) -> Self {
        Self::Refreshable(Rc::new(RefreshableHeaders {
            source,
            refreshes: Cell::new(0),
            latest: RefCell::new(Ok(Vec::new())),
            busy: Cell::new(false),
            waiting: RefCell::default(),
        }))
    }
}

/// A source of headers, and its last renewal.
pub struct RefreshableHeaders {
    source: HeaderSource,
    refreshes: Cell<u64>,
    latest: RefCell<HeaderResult>,
    busy: Cell<bool>,
    waiting: RefCell<Vec<Waker>>,
}

impl RefreshableHeaders {
    /// The number of renewals so far. Must be read before [`get`](Self::get).
    pub fn refresh_count(&self) -> u64 {
        self.refreshes.get()
    }

    /// The headers for a request.
    pub async fn get(&self) -> HeaderResult {
        (self.source)(false).await
    }

    /// Replaces headers that were refused. `seen` is the number of renewals before they were given. A call during a
    /// renewal, or after it with an older `seen`, gets the result of that renewal.
    pub async fn refresh(&self, seen: u64) -> HeaderResult {
        poll_fn(|context| {
            if self.busy.get() {
                self.waiting.borrow_mut().push(context.waker().clone());
                Poll::Pending
            } else {
                Poll::Ready(())
            }
        })
        .await;
        if self.refreshes.get() > seen {
            return self.latest.borrow().clone();
        }
        let turn = RefreshTurn::of(self);
        let given = (self.source)(true).await;
        self.latest.borrow_mut().clone_from(&given);
        self.refreshes.set(seen + 1);
        drop(turn);
        given
    }
}

/// The right to renew, until it is dropped.
struct RefreshTurn<'a>(&'a RefreshableHeaders);

impl<'a> RefreshTurn<'a> {
    fn of(fresh: &'a RefreshableHeaders) -> Self {
        fresh.busy.set(true);
        Self(fresh)
    }
}

impl Drop for RefreshTurn<'_> {
    fn drop(&mut self) {
        self.0.busy.set(false);
        self.0.waiting.take().into_iter().for_each(Waker::wake);
    }
}

#[cfg(test)]
mod tests {
    use core::task::Context;

    use super::*;

    /// A source whose renewals wait until the gate is open, and are counted.
    fn source(gate: &Rc<Cell<bool>>, renewed: &Rc<Cell<u32>>) -> Headers {
        let (gate, renewed) = (Rc::clone(gate), Rc::clone(renewed));
        Headers::refreshable(Rc::new(move |refused| {
            let (gate, renewed) = (Rc::clone(&gate), Rc::clone(&renewed));
            Box::pin(async move {
                if refused {
                    renewed.set(renewed.get() + 1);
                    poll_fn(|_| {
                        if gate.get() {
                            Poll::Ready(())
                        } else {
                            Poll::Pending
                        }
                    })
                    .await;
                }
                Ok(vec![(
                    "authorization".to_owned(),
                    renewed.get().to_string(),
                )])
            })
        }))
    }

    #[test]
    fn many_refusals_are_one_renewal() {
        let (gate, renewed) = (Rc::new(Cell::new(false)), Rc::new(Cell::new(0)));
        let Headers::Refreshable(fresh) = source(&gate, &renewed) else {
            return;
        };
        let context = &mut Context::from_waker(Waker::noop());
        let seen = fresh.refresh_count();
        let mut all: Vec<_> = (0..4).map(|_| Box::pin(fresh.refresh(seen))).collect();
        for one in &mut all {
            assert!(one.as_mut().poll(context).is_pending());
        }
        gate.set(true);
        let expected = Poll::Ready(Ok(vec![("authorization".to_owned(), "1".to_owned())]));
        for one in &mut all {
            assert_eq!(one.as_mut().poll(context), expected);
        }
        // A request that had the old headers all the time.
        assert_eq!(
            Box::pin(fresh.refresh(seen)).as_mut().poll(context),
            expected
        );
        assert_eq!(renewed.get(), 1);
        // The new headers can be refused as well.
        let seen = fresh.refresh_count();
        assert!(
            Box::pin(fresh.refresh(seen))
                .as_mut()
                .poll(context)
                .is_ready()
        );
        assert_eq!(renewed.get(), 2);
    }
}
