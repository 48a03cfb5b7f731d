//! Facts about backends and stores that the requests of all files share.

use std::cell::RefCell;
use std::rc::Rc;

use super::backend::BackendHealth;

/// The facts, by the endpoint of a backend and by the origin of a store.
#[derive(Debug, Default)]
pub(super) struct Reachability {
    backends: RefCell<Vec<(String, Rc<BackendHealth>)>>,
    /// Stores of which the page has read a response.
    answered: RefCell<Vec<String>>,
    /// Stores for which a failure of fetch was ambiguous.
    ambiguous: RefCell<Vec<String>>,
}

impl Reachability {
    /// The facts about the backend at this endpoint.
    pub fn backend(&self, endpoint: &str) -> Rc<BackendHealth> {
        let mut backends = self.backends.borrow_mut();
        if let Some((_, found)) = backends.iter().find(|(known, _)| known == endpoint) {
            return Rc::clone(found);
        }
        let health = Rc::default();
        backends.push((endpoint.to_owned(), Rc::clone(&health)));
        health
    }

    /// True if the page has read a response of this store.
    pub fn has_answered(&self, store: &str) -> bool {
        self.answered.borrow().iter().any(|known| known == store)
    }

    /// True if the last failure of fetch at this store was ambiguous.
    pub fn is_ambiguous(&self, store: &str) -> bool {
        self.ambiguous.borrow().iter().any(|known| known == store)
    }

    /// Records a response of this store.
    pub fn record_response(&self, store: String) {
        self.ambiguous.borrow_mut().retain(|known| *known != store);
        add(&mut self.answered.borrow_mut(), store);
    }

    /// Records an ambiguous failure of fetch at this store.
    pub fn record_ambiguous(&self, store: String) {
        add(&mut self.ambiguous.borrow_mut(), store);
    }
}

/// Adds a text to the list, unless the list has it.
fn add(list: &mut Vec<String>, text: String) {
    if !list.contains(&text) {
        list.push(text);
    }
}
