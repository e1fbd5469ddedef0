//! dump
#[test]
fn dump() { std::fs::write("/tmp/openapi.json", mf_api::openapi_json()).unwrap(); }
