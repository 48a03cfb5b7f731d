//! What an upload does next.
