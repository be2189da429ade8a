//! A dialogue: the task, on a slave, knows a number and answers guesses; the local procedure guesses by its answers.
//!
//! ```text
//! cargo run -p dpfw-examples --example dialogue
//! ```

use dpfw::{InputPort, OutputPort, remote, testing::LocalCluster};
use dpfw_examples::Outcome;
use serde::Deserialize;

const HIGHEST: u32 = 1000;

/// What the task answers: the symbols `higher`, `lower` and `found`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Answer {
    Higher,
    Lower,
    Found,
}

/// The local procedure: guesses by halving. Gives the number, and how many guesses the task counted.
async fn guess(mut i: InputPort, mut o: OutputPort) -> dpfw::Result<(u32, u32)> {
    let (mut low, mut high) = (1, HIGHEST);
    while low <= high {
        let guess = u32::midpoint(low, high);
        o.write(&guess).await?;
        // Reading first sends what was written. Anything but the three symbols would be an error here.
        let answer: Answer = i.read().await?;
        println!("{guess}? {answer:?}");
        match answer {
            Answer::Higher => low = guess + 1,
            Answer::Lower => high = guess - 1,
            // The value of the remote procedure comes last.
            Answer::Found => return Ok((guess, i.read().await?)),
        }
    }
    Err("the answers contradict each other".into())
}

#[tokio::main]
async fn main() -> Outcome {
    dpfw_examples::limit_time();
    let cluster = LocalCluster::start(1).await;

    for secret in [1, 617, HIGHEST] {
        let task = remote!((lambda (i o)
            (let loop ((guesses 1))
                (let ((guess (read i)))
                    (cond
                        ((< guess ,secret) (write 'higher o) (loop (+ guesses 1)))
                        ((> guess ,secret) (write 'lower o) (loop (+ guesses 1)))
                        (else (write 'found o) guesses))))));
        let (number, guesses) = cluster.master().make_task(task, guess).await?;
        println!("the number is {number}, after {guesses} guesses\n");
        assert_eq!(number, secret);
        assert!(guesses <= 10);
    }
    Ok(())
}
