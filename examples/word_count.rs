//! Counts the words of a book on all slaves at once: each counts a part, the master adds up.
//!
//! ```text
//! cargo run -p dpfw-examples --example word_count
//! ```

use std::collections::HashMap;

use dpfw::{Task, remote, testing::LocalCluster};
use dpfw_examples::Outcome;
use futures::TryStreamExt;

const BOOK: &str = include_str!("texts/moby-dick.txt");
const SLAVES: usize = 4;
/// A paragraph of the book is a line.
const LINES_PER_TASK: usize = 50;

/// Counts the words of `lines`, in small letters. The hash table that the task returns is a map here.
fn count(lines: &[&str]) -> Task {
    remote!((lambda (i o)
        (define counts (make-hash-table))
        (define (count! word)
            (if (not (string=? word ""))
                (hash-table-update!/default counts word (lambda (n) (+ n 1)) 0)))
        (define (count-line! line)
            (let next ((letters (string->list (string-downcase line))) (word (quote ())))
                (cond
                    ((null? letters) (count! (list->string (reverse word))))
                    ((char-alphabetic? (car letters)) (next (cdr letters) (cons (car letters) word)))
                    (else
                        (count! (list->string (reverse word)))
                        (next (cdr letters) (quote ()))))))
        (for-each count-line! ,lines)
        counts))
}

#[tokio::main]
async fn main() -> Outcome {
    dpfw_examples::limit_time();
    let cluster = LocalCluster::start(SLAVES).await;
    let lines: Vec<&str> = BOOK.lines().collect();

    let total = cluster
        .master()
        .map(lines.chunks(LINES_PER_TASK), count)
        // Twice as many as there are slaves are under way, so that none waits for the master.
        .unordered(2 * SLAVES)
        .try_fold(HashMap::new(), async |mut total: HashMap<String, u64>, part: HashMap<String, u64>| {
            for (word, count) in part {
                *total.entry(word).or_default() += count;
            }
            Ok(total)
        })
        .await?;

    let mut expected = HashMap::new();
    for word in BOOK.to_lowercase().split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty()) {
        *expected.entry(word.to_owned()).or_default() += 1;
    }
    assert_eq!(total, expected);

    let mut common: Vec<_> = total.iter().filter(|(word, _)| word.len() > 4).collect();
    common.sort_by_key(|(word, count)| (std::cmp::Reverse(**count), word.as_str()));
    for (word, count) in common.iter().take(10) {
        println!("{count:5} {word}");
    }
    println!("{:5} words, {} different", total.values().sum::<u64>(), total.len());
    Ok(())
}
