//! Makes sure the folder of the built web app is there to be embedded, even before anybody built it,
//! and asks to be run again when it changes.

fn main() {
    let dist = concat!(env!("CARGO_MANIFEST_DIR"), "/../../web/dist");
    // Sources on a read-only disk build all the same: without the web app, and the server says so.
    let _ = std::fs::create_dir_all(dist);
    println!("cargo::rerun-if-changed={dist}");
}
