//! What is said to the backend.
