//! A slave that waits for masters; the other terminal runs the example `master`.
//!
//! ```text
//! cargo run -p dpfw-examples --example slave -- 10000
//! ```

use dpfw_examples::Outcome;

#[tokio::main]
async fn main() -> Outcome {
    let port = std::env::args().nth(1).map_or(Ok(10_000), |port| port.parse())?;
    println!("a slave for masters on port {port} of this machine; Ctrl-C ends it");
    dpfw::slave_server(port, None, None).await?;
    Ok(())
}
