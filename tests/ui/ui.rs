//! What the macros accept, and what they say about what they refuse: one mistake a file.
//!
//! After a change of messages: `TRYBUILD=overwrite cargo test -p dpfw-ui-tests`.

#[test]
fn correct_tasks_compile() {
    trybuild::TestCases::new().pass("pass/*.rs");
}

#[test]
fn each_mistake_is_underlined_with_its_remedy() {
    trybuild::TestCases::new().compile_fail("fail/*.rs");
}

/// What the documentation shows is what is said: every block of its page is in an expectation.
#[test]
fn the_page_of_mistakes_shows_what_is_said() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("../../dpfw/src/task/mistakes.md")).expect("the page");
    let blocks: Vec<&str> = page.split("```text\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert_eq!(blocks.len(), 10, "ten mistakes");
    let expectations: Vec<String> = ["fail", "fail-rustc"]
        .iter()
        .flat_map(|folder| std::fs::read_dir(root.join(folder)).expect("the cases"))
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "stderr"))
        .map(|path| std::fs::read_to_string(path).expect("an expectation"))
        .map(|text| {
            text.lines().filter(|line| !line.contains("-->")).fold(String::new(), |all, line| all + line + "\n")
        })
        .collect();
    for block in blocks {
        assert!(expectations.iter().any(|expectation| expectation.contains(block)), "nothing says\n{block}");
    }
}

/// The wording is rustc's and changes with it: run with the version that the expectations were made with.
#[test]
#[ignore = "expectations hold for one version of rustc"]
fn what_rustc_says_leads_to_the_remedy() {
    trybuild::TestCases::new().compile_fail("fail-rustc/*.rs");
}
