//! A dialogue: the task thinks of a number; the local procedure guesses it by what the task answers.

use dpfw::{InputPort, OutputPort, remote, testing::LocalCluster};
use dpfw_examples::Outcome;

/// Guesses by halving, and gives the number and how often it guessed.
async fn guess(mut i: InputPort, mut o: OutputPort) -> dpfw::Result<(u32, u32)> {
    let (mut low, mut high) = (1, 1000);
    for guesses in 1.. {
        let guess = u32::midpoint(low, high);
        o.write(&guess).await?;
        // The task answers with a symbol, which is a string here.
        let answer: String = i.read().await?;
        println!("{guess}: {answer}");
        match answer.as_str() {
            "higher" => low = guess + 1,
            "lower" => high = guess - 1,
            "yes" => return Ok((guess, guesses)),
            other => return Err(format!("the task answered `{other}`").into()),
        }
    }
    unreachable!("the loop has no end of its own")
}

#[tokio::main]
async fn main() -> Outcome {
    let cluster = LocalCluster::start(1).await;
    let secret = 617;
    let task = remote!((lambda (i o)
        (let loop ((guess (read i)))
            (cond
                ((< guess ,secret) (write 'higher o) (loop (read i)))
                ((> guess ,secret) (write 'lower o) (loop (read i)))
                (else (write 'yes o))))));
    let (number, guesses) = cluster.master().make_task(task, guess).await?;
    println!("the number is {number}, after {guesses} guesses");
    assert_eq!(number, secret);
    assert!(guesses <= 10);
    Ok(())
}
