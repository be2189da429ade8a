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

/// The wording is rustc's and changes with it: run with the version that the expectations were made with.
#[test]
#[ignore = "expectations hold for one version of rustc"]
fn what_rustc_says_leads_to_the_remedy() {
    trybuild::TestCases::new().compile_fail("fail-rustc/*.rs");
}
