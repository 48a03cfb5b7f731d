//! The configuration: flags override the environment, which overrides the file, which overrides the defaults.
//!
//! [`Options`] has what is given, [`Config`] the checked result. Only the configuration file and files with secrets are
//! opened here. Each other file is opened where it is used.

mod access;
mod bucket;
mod check;
pub mod environment;
mod error;
mod options;
mod secrets;
mod store_cors;
mod warnings;

pub use access::AccessConfig;
pub use bucket::Bucket;
pub use check::Config;
pub use error::ConfigError;
pub use options::Options;
pub use store_cors::StoreCors;
