//! The measurements of requests by the browser.

/// The protocol by which a request to this absolute address was made, as an ALPN protocol ID. It is empty if the other
/// side's `Timing-Allow-Origin` does not allow the page to read it, and if the browser did not keep the measurement.
/// <https://www.w3.org/TR/resource-timing/#dom-performanceresourcetiming-nexthopprotocol>
pub fn next_hop_protocol(url: &str) -> String {
    let entry = web_sys::window()
        .and_then(|window| window.performance())
        .map(|performance| performance.get_entries_by_name(url).get(0));
    entry
        .and_then(|entry| js_sys::Reflect::get(&entry, &"nextHopProtocol".into()).ok())
        .and_then(|protocol| protocol.as_string())
        .unwrap_or_default()
}
