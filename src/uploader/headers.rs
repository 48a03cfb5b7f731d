//! The headers by which a backend knows the person: fixed ones, or fresh ones for each request.
//!
//! Owns that a refusal is answered by one renewal, however many requests met it: a page that changes its refresh token
//! at each use would be taken for a thief at the second. Refuses to show any of them.

use core::cell::{Cell, RefCell};
use core::fmt;
use core::future::poll_fn;
use core::task::{Poll, Waker};
use std::pin::Pin;
use std::rc::Rc;

/// Name and value of each.
pub type HeaderList = Vec<(String, String)>;

/// What a source gives: headers, or a sentence when there are none to be had.
type Given = Result<HeaderList, String>;

/// Gives the headers for one request. It is told whether the backend has just refused those that it gave before (401), and
/// answers with a sentence when there are none to be had.
pub type HeaderSource = Rc<dyn Fn(bool) -> Pin<Box<dyn Future<Output = Given>>>>;

/// Headers for the backend. The store never gets them.
#[derive(Clone, Default)]
pub enum Headers {
    /// None.
    #[default]
    None,
    /// Always the same.
    Fixed(HeaderList),
    /// Fresh ones for each request; asked for once more when the backend does not accept them.
    Fresh(Rc<Fresh>),
}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The values are credentials.
        f.write_str(match self {
            Self::None => "None",
            Self::Fixed(_) => "Fixed(…)",
            Self::Fresh(_) => "Fresh(…)",
        })
    }
}

impl Headers {
    /// Fresh ones from this source.
    pub fn fresh(source: HeaderSource) -> Self {
        Self::Fresh(Rc::new(Fresh {
            source,
            renewals: Cell::new(0),
            latest: RefCell::new(Ok(Vec::new())),
            busy: Cell::new(false),
            waiting: RefCell::default(),
        }))
    }
}

/// A source of headers, and its last renewal.
pub struct Fresh {
    source: HeaderSource,
    renewals: Cell<u64>,
    latest: RefCell<Given>,
    busy: Cell<bool>,
    waiting: RefCell<Vec<Waker>>,
}

impl Fresh {
    /// How often they were renewed so far: to be remembered before [`give`](Self::give).
    pub fn renewals(&self) -> u64 {
        self.renewals.get()
    }

    /// The headers for a request.
    pub async fn give(&self) -> Given {
        (self.source)(false).await
    }

    /// Other headers than those that were refused, which were given after so many renewals. Who comes while one is under
    /// way, or after it with what was given before, gets what that one brings.
    pub async fn renew(&self, seen: u64) -> Given {
        poll_fn(|context| {
            if self.busy.get() {
                self.waiting.borrow_mut().push(context.waker().clone());
                Poll::Pending
            } else {
                Poll::Ready(())
            }
        })
        .await;
        if self.renewals.get() > seen {
            return self.latest.borrow().clone();
        }
        let turn = Turn::of(self);
        let given = (self.source)(true).await;
        self.latest.borrow_mut().clone_from(&given);
        self.renewals.set(seen + 1);
        drop(turn);
        given
    }
}

/// The right to renew, until it is dropped.
struct Turn<'a>(&'a Fresh);

impl<'a> Turn<'a> {
    fn of(fresh: &'a Fresh) -> Self {
        fresh.busy.set(true);
        Self(fresh)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.busy.set(false);
        self.0.waiting.take().into_iter().for_each(Waker::wake);
    }
}

#[cfg(test)]
mod tests {
    use core::task::Context;

    use super::*;

    /// A source whose renewals wait until the gate is open, and each of which is counted.
    fn source(gate: &Rc<Cell<bool>>, renewed: &Rc<Cell<u32>>) -> Headers {
        let (gate, renewed) = (Rc::clone(gate), Rc::clone(renewed));
        Headers::fresh(Rc::new(move |refused| {
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
        let Headers::Fresh(fresh) = source(&gate, &renewed) else {
            return;
        };
        let context = &mut Context::from_waker(Waker::noop());
        let seen = fresh.renewals();
        let mut all: Vec<_> = (0..4).map(|_| Box::pin(fresh.renew(seen))).collect();
        for one in &mut all {
            assert!(one.as_mut().poll(context).is_pending());
        }
        gate.set(true);
        let expected = Poll::Ready(Ok(vec![("authorization".to_owned(), "1".to_owned())]));
        for one in &mut all {
            assert_eq!(one.as_mut().poll(context), expected);
        }
        // One that was under way with the old ones all the time.
        assert_eq!(Box::pin(fresh.renew(seen)).as_mut().poll(context), expected);
        assert_eq!(renewed.get(), 1);
        // The new ones can be refused in their turn.
        let seen = fresh.renewals();
        assert!(
            Box::pin(fresh.renew(seen))
                .as_mut()
                .poll(context)
                .is_ready()
        );
        assert_eq!(renewed.get(), 2);
    }
}
