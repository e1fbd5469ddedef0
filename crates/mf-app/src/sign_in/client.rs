//! Where a request comes from.

/// Where a request comes from, as far as it is kept.
#[derive(Debug, Clone, Default)]
pub struct Client {
    /// The address, cut to its network (/24 or /48).
    pub network: String,
    pub user_agent: String,
}
