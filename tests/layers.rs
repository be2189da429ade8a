//! The layers of the source: who may name what.

use std::{fs, path::Path};

/// The source files under `folder`, with their code: tests and comments left out.
fn sources(folder: &str) -> Vec<(String, String)> {
    fn walk(folder: &Path, found: &mut Vec<(String, String)>) {
        for entry in fs::read_dir(folder).unwrap_or_else(|err| panic!("{}: {err}", folder.display())) {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).expect("text");
                let code: Vec<_> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
                found.push((path.display().to_string(), code.join("\n")));
            }
        }
    }
    let mut found = Vec::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(folder), &mut found);
    assert!(!found.is_empty(), "nothing under {folder}");
    found
}

fn assert_none(sources: &[(String, String)], names: &[&str], except: &[&str]) {
    for (path, code) in sources {
        if except.iter().any(|except| path.contains(except)) {
            continue;
        }
        for name in names {
            assert!(!code.contains(name), "{path} names `{name}`");
        }
    }
}

#[test]
fn only_the_engine_names_steel() {
    assert_none(&sources("dpfw/src"), &["steel::", "SteelVal", "SteelErr"], &["/engine/"]);
}

#[test]
fn the_wire_and_the_links_state_machine_do_no_io_and_read_no_clock() {
    let io = ["std::net", "std::io", "tokio::", "mio::", "Instant::now", "SystemTime", "std::thread"];
    assert_none(&sources("dpfw/src/wire"), &io, &["tests"]);
    // An error of the link may hold the system's words about a socket.
    assert_none(&sources("dpfw/src/link"), &io, &["tests", "tokio_driver.rs", "link/error.rs"]);
}

#[test]
fn masters_read_one_clock() {
    // Else the simulation's clock would not be theirs.
    let clocks = ["Instant::now", "SystemTime"];
    assert_none(&sources("dpfw/src/master"), &clocks, &["simulation"]);
    assert_none(&sources("dpfw/src/link"), &clocks, &["tests"]);
}

#[test]
fn lower_layers_do_not_name_higher_ones() {
    let above = |names: &[&str]| names.iter().map(|name| format!("crate::{name}")).collect::<Vec<_>>();
    for (layer, higher) in [
        ("dpfw/src/value", above(&["port", "wire", "link", "engine", "task", "master", "slave"])),
        ("dpfw/src/port", above(&["wire", "link", "engine", "task", "master", "slave"])),
        ("dpfw/src/wire", above(&["link", "engine", "task", "master", "slave"])),
        ("dpfw/src/link", above(&["engine", "task", "master", "slave"])),
        ("dpfw/src/engine", above(&["wire", "link", "task", "master", "slave"])),
        ("dpfw/src/master", above(&["engine"])),
    ] {
        let higher: Vec<_> = higher.iter().map(String::as_str).collect();
        assert_none(&sources(layer), &higher, &["tests"]);
    }
}

#[test]
fn the_front_end_does_no_io() {
    let names = ["std::fs", "std::net", "std::io", "std::env", "std::process", "tokio", "steel", "syn::", "proc_macro"];
    assert_none(&sources("dpfw-syntax/src"), &names, &["tests", "properties.rs"]);
}
