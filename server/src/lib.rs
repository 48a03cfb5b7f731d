//! The presigning backend.
