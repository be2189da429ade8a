//! Two ends of a link, fed by hand: no sockets, and a clock that stands still unless a test moves it.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use bytes::{Bytes, BytesMut};

use super::{Event, Link, LinkConfig, LinkError};
use crate::security::Token;
use crate::value::pieces::Pieces;
use crate::wire::{Death, DeathCause, Failure, Hello, Message, Native, Role, Run, TaskId, TaskLimits, WireError};

struct End {
    link: Link,
    input: BytesMut,
    now: Instant,
}

impl End {
    fn new(role: Role, config: &LinkConfig) -> Self {
        Self::with(Hello::new(role, config.window, config.tasks_max, [1; 16]), config)
    }

    fn with(hello: Hello, config: &LinkConfig) -> Self {
        let now = Instant::now();
        Self { link: Link::new(hello, None, config.clone(), now), input: BytesMut::new(), now }
    }

    fn that_knows(role: Role, token: &'static str) -> Self {
        let (hello, config, now) = (Hello::new(role, 1, 1, [0; 16]), LinkConfig::default(), Instant::now());
        let token = Token { secret: Bytes::from_static(token.as_bytes()), challenge: crate::identity::random() };
        let link = Link::new(hello, Some(token), config, now);
        Self { link, input: BytesMut::new(), now }
    }

    fn events(&mut self) -> Result<Vec<Event>, LinkError> {
        let mut events = Vec::new();
        while let Some(event) = self.link.next_event(&mut self.input)? {
            events.push(event);
        }
        Ok(events)
    }

    /// Takes everything that `other` has to say.
    fn hear(&mut self, other: &mut Self) -> Result<Vec<Event>, LinkError> {
        while let Some(bytes) = other.link.take_output() {
            self.input.extend_from_slice(&bytes);
        }
        self.link.heard(self.now);
        self.events()
    }

    fn hear_message(&mut self, message: &Message) -> Result<Vec<Event>, LinkError> {
        message.put(&mut self.input);
        self.events()
    }
}

fn pair(config: &LinkConfig) -> (End, End) {
    let (mut master, mut slave) = (End::new(Role::Master, config), End::new(Role::Slave, config));
    assert_eq!(slave.hear(&mut master), Ok(vec![Event::Ready]));
    assert_eq!(master.hear(&mut slave), Ok(vec![Event::Ready]));
    (master, slave)
}

fn small() -> LinkConfig {
    LinkConfig { window: 1000, message_max: 1_000_000, ..LinkConfig::default() }
}

fn run() -> Run {
    Run {
        template: [5; 16],
        left_ms: None,
        no_input: false,
        limits: TaskLimits::default(),
        values_count: 0,
        values: Pieces::default(),
    }
}

/// A running task.
fn started(master: &mut End, slave: &mut End) -> TaskId {
    let task = master.link.run(run());
    assert_eq!(slave.hear(master), Ok(vec![Event::Run { task, run: run() }]));
    task
}

fn text(length: usize, seed: u8) -> Bytes {
    (0..length).map(|n| seed.wrapping_add(u8::try_from(n % 251).expect("below 251"))).collect::<Vec<_>>().into()
}

/// The bytes of the data among `events`.
fn data(events: &[Event]) -> Vec<u8> {
    let chunks = events.iter().filter_map(|event| match event {
        Event::Data { chunk, .. } => Some(&chunk.bytes[..]),
        _ => None,
    });
    chunks.collect::<Vec<_>>().concat()
}

#[test]
fn a_task_passes_from_run_to_done() {
    let (mut master, mut slave) = pair(&LinkConfig::default());
    let task = started(&mut master, &mut slave);
    slave.link.need_template(task, [5; 16]);
    assert_eq!(master.hear(&mut slave), Ok(vec![Event::NeedTemplate { task, template: [5; 16] }]));
    master.link.template(task, Bytes::from_static(b"(lambda ())"));
    assert_eq!(slave.hear(&mut master), Ok(vec![Event::Template { task, text: Bytes::from_static(b"(lambda ())") }]));
    master.link.write(task, false, Bytes::from_static(b"question"));
    master.link.end(task);
    let heard = slave.hear(&mut master).unwrap();
    assert_eq!(data(&heard), b"question");
    assert_eq!(heard.last(), Some(&Event::End { task }));
    slave.link.log(task, Bytes::from_static(b"a line"));
    slave.link.done(task, Some(Bytes::from_static(b"value").into()));
    assert_eq!(
        master.hear(&mut slave),
        Ok(vec![
            Event::Log { task, text: Bytes::from_static(b"a line") },
            Event::Done { task, value: Some(Bytes::from_static(b"value")) },
        ])
    );
    assert!(!master.link.has(task) && !slave.link.has(task));
}

#[test]
fn a_token_is_proved_and_never_said() {
    let said = |end: &mut End| {
        let mut said = Vec::new();
        while let Some(bytes) = end.link.take_output() {
            said.extend_from_slice(&bytes);
        }
        assert!(!said.windows(6).any(|window| window == b"secret"));
        said
    };
    let hears = |end: &mut End, said: &[u8]| {
        end.input.extend_from_slice(said);
        end.events()
    };
    let (mut master, mut slave) = (End::that_knows(Role::Master, "secret"), End::that_knows(Role::Slave, "secret"));
    let hello = said(&mut master);
    assert_eq!(hears(&mut slave, &hello), Ok(vec![]));
    let challenge = said(&mut slave);
    assert_eq!(hears(&mut master, &challenge), Ok(vec![]));
    let proof = said(&mut master);
    assert_eq!(hears(&mut slave, &proof), Ok(vec![Event::Ready]));
    let hello_of_slave = said(&mut slave);
    assert_eq!(hears(&mut master, &hello_of_slave), Ok(vec![Event::Ready]));

    // What was overheard convinces nobody a second time.
    let mut again = End::that_knows(Role::Slave, "secret");
    assert_eq!(hears(&mut again, &hello), Ok(vec![]));
    said(&mut again);
    assert!(matches!(hears(&mut again, &proof), Err(LinkError::TokenMismatch { .. })));
    let mut again = End::that_knows(Role::Master, "secret");
    said(&mut again);
    assert_eq!(hears(&mut again, &challenge), Ok(vec![]));
    assert!(matches!(hears(&mut again, &hello_of_slave), Err(LinkError::TokenMismatch { .. })));

    // Nor does another secret, none at all, or a proof that was not asked for.
    let (mut other, mut slave) = (End::that_knows(Role::Master, "Secret"), End::that_knows(Role::Slave, "secret"));
    assert_eq!(slave.hear(&mut other), Ok(vec![]));
    assert_eq!(other.hear(&mut slave), Ok(vec![]));
    assert!(matches!(slave.hear(&mut other), Err(LinkError::TokenMismatch { .. })));
    let (mut master, mut slave) =
        (End::that_knows(Role::Master, "secret"), End::new(Role::Slave, &LinkConfig::default()));
    assert_eq!(slave.hear(&mut master), Ok(vec![Event::Ready]));
    assert!(matches!(master.hear(&mut slave), Err(LinkError::TokenMismatch { .. })));
    for unasked in [Message::Proof([0; 32]), Message::Challenge([0; 16])] {
        let mut slave = End::that_knows(Role::Slave, "secret");
        let refused = slave.hear_message(&unasked);
        assert!(matches!(refused, Err(LinkError::Wire(WireError::Unexpected { .. }))), "{refused:?}");
    }
}

#[test]
fn a_slave_says_nothing_before_it_has_accepted_its_master() {
    let config = LinkConfig::default();
    let mut slave = End::new(Role::Slave, &config);
    assert!(!slave.link.has_output());
    let mut strict = End::that_knows(Role::Slave, "secret");
    let error = strict.hear(&mut End::new(Role::Master, &config)).unwrap_err();
    assert!(matches!(error, LinkError::TokenMismatch { .. }), "{error}");
    strict.link.close(&error);
    let mut master = End::new(Role::Master, &config);
    assert!(matches!(master.hear(&mut strict), Err(LinkError::Refused { .. })));
    assert_eq!(slave.hear(&mut master), Ok(vec![Event::Ready]));
    assert!(slave.link.has_output());
}

#[test]
fn versions_without_one_in_common_are_both_named() {
    let config = LinkConfig::default();
    let mut newer = Hello::new(Role::Master, 1, 1, [0; 16]);
    (newer.version_min, newer.version_max, newer.software) = (7, 9, "dpfw 9.0".into());
    let mut slave = End::new(Role::Slave, &config);
    let error = slave.hear(&mut End::with(newer, &config)).unwrap_err();
    assert!(error.to_string().contains("protocol 1 to 1, the peer (dpfw 9.0) 7 to 9"), "{error}");
}

#[test]
fn two_masters_do_not_make_a_link() {
    let config = LinkConfig::default();
    let error = End::new(Role::Master, &config).hear(&mut End::new(Role::Master, &config)).unwrap_err();
    assert_eq!(error, LinkError::SameRole { role: "master" });
}

#[test]
fn what_may_not_be_said_ends_the_link() {
    let task = TaskId(1);
    let hello = || Message::Hello(Hello::new(Role::Master, 1, 1, [0; 16]));
    let unexpected =
        |result: Result<Vec<Event>, LinkError>| matches!(result, Err(LinkError::Wire(WireError::Unexpected { .. })));
    // To a slave.
    for said in [
        Message::Done { task, value: None },
        Message::NeedTemplate { task, template: [0; 16] },
        Message::Data { task, datum: false, more: false, payload: Bytes::new() },
        Message::Cancel { task },
        Message::Recall { task },
        hello(),
    ] {
        let (_, mut slave) = pair(&small());
        assert!(unexpected(slave.hear_message(&said)), "{said:?}");
    }
    // To a master.
    for said in [
        Message::Run { task, run: run() },
        Message::Template { task, text: Bytes::new() },
        Message::Cancel { task },
        Message::Recall { task },
        Message::Done { task, value: None },
        Message::Failed { task, failure: Failure::Cancelled },
        Message::Credit { task, bytes: 1 },
    ] {
        let (mut master, _) = pair(&small());
        assert!(unexpected(master.hear_message(&said)), "{said:?}");
    }
    // Before the hello.
    let mut slave = End::new(Role::Slave, &small());
    assert!(unexpected(slave.hear_message(&Message::Ping(1))));
    // A number for the second time.
    let (mut master, mut slave) = pair(&small());
    let task = started(&mut master, &mut slave);
    assert!(unexpected(slave.hear_message(&Message::Run { task, run: run() })));
    // An answer for the second time.
    let (mut master, mut slave) = pair(&small());
    let task = started(&mut master, &mut slave);
    let done = Message::Done { task, value: None };
    assert!(master.hear_message(&done).is_ok());
    assert!(unexpected(master.hear_message(&done)));
}

#[test]
fn a_master_hears_how_its_slave_died_before_the_hello_and_after_it_and_a_slave_does_not() {
    let death = Death::new(DeathCause::Signal { number: 9 }, "the last line");
    let mut word = BytesMut::new();
    Message::Died(death.clone()).put(&mut word);
    let (master, slave) = pair(&small());
    for (mut end, expected) in [(End::new(Role::Master, &small()), Some(&death)), (master, Some(&death)), (slave, None)]
    {
        end.input.extend_from_slice(&word);
        match (end.events(), expected) {
            (Err(LinkError::Died(heard)), Some(expected)) => assert_eq!(&heard, expected),
            (Err(LinkError::Wire(WireError::Unexpected { message: "died", .. })), None) => {}
            (outcome, _) => panic!("{outcome:?}"),
        }
    }
}

#[test]
fn a_slave_ignores_what_crosses_the_end_of_a_task() {
    let (mut master, mut slave) = pair(&small());
    let task = started(&mut master, &mut slave);
    slave.link.done(task, None);
    master.link.write(task, false, Bytes::from_static(b"late"));
    master.link.cancel(task);
    master.link.end(task);
    assert_eq!(slave.hear(&mut master), Ok(vec![]));
}

#[test]
fn more_than_the_window_is_refused() {
    let (mut master, mut slave) = pair(&small());
    let task = started(&mut master, &mut slave);
    let said = Message::Data { task, datum: false, more: false, payload: text(1001, 0) };
    assert_eq!(slave.hear_message(&said), Err(LinkError::WindowExceeded));
}

#[test]
fn a_sender_stays_within_the_window_and_goes_on_with_credit() {
    let (mut master, mut slave) = pair(&small());
    let task = started(&mut master, &mut slave);
    let sent = text(2500, 3);
    assert!(!master.link.write(task, false, sent.clone()));
    let mut got = Vec::new();
    for round in 0..10 {
        let heard = slave.hear(&mut master).unwrap();
        let bytes = data(&heard);
        assert!(bytes.len() <= 1000, "round {round}");
        slave.link.consume(task, u32::try_from(bytes.len()).unwrap());
        got.extend(bytes);
        if got.len() == sent.len() {
            assert!(master.link.is_drained(task));
            return assert_eq!(got, sent);
        }
        master.hear(&mut slave).unwrap();
    }
    panic!("only {} bytes came", got.len());
}

#[test]
fn a_link_has_last_words_until_a_long_value_has_been_sent() {
    let (mut master, mut slave) = pair(&small());
    let task = started(&mut master, &mut slave);
    slave.link.done(task, Some(text(2_500, 1).into()));
    assert!(slave.link.has_last_words());
    for _ in 0..10 {
        master.hear(&mut slave).unwrap();
        slave.hear(&mut master).unwrap();
    }
    assert!(!slave.link.has_last_words() && !master.link.has(task));
}

#[test]
fn a_value_longer_than_the_window_passes_though_nobody_reads() {
    let (mut master, mut slave) = pair(&small());
    let task = started(&mut master, &mut slave);
    let value = text(200_000, 1);
    master.link.write(task, true, value.clone());
    for _ in 0..1000 {
        let heard = slave.hear(&mut master).unwrap();
        if let [Event::Data { chunk, .. }] = &heard[..] {
            assert!(chunk.datum);
            return assert_eq!(chunk.bytes, value);
        }
        assert_eq!(heard, []);
        master.hear(&mut slave).unwrap();
    }
    panic!("it did not come");
}

/// The last part of each is short, and all that a window would be charged with.
#[test]
fn values_longer_than_the_window_do_not_pass_one_that_nobody_reads() {
    let (mut master, mut slave) = pair(&small());
    let task = started(&mut master, &mut slave);
    let value = text(2_001, 1);
    for _ in 0..100 {
        master.link.write(task, true, value.clone());
    }
    let mut unread = VecDeque::new();
    let mut read = 0;
    while read < 100 {
        for _ in 0..100 {
            for event in slave.hear(&mut master).unwrap() {
                let Event::Data { chunk, .. } = event else { panic!("{event:?}") };
                unread.push_back(chunk);
            }
            master.hear(&mut slave).unwrap();
        }
        assert_eq!(unread.len(), 1, "after {read}");
        let chunk = unread.pop_front().unwrap();
        assert_eq!(chunk.bytes, value);
        slave.link.consume(task, chunk.credit);
        master.hear(&mut slave).unwrap();
        read += 1;
    }
    assert!(master.link.is_drained(task));
}

#[test]
fn a_peer_that_makes_this_side_hold_more_than_it_reads_is_given_up() {
    let config = LinkConfig { message_max: 9_000, ..small() };
    let limit = 4 * (9_000 + 1_000);
    let (mut master, mut slave) = pair(&config);
    for queued in 0..5 {
        let run = Run { values: text(8_001, 0).into(), values_count: 1, ..run() };
        master.link.run(run);
        let heard = slave.hear(&mut master);
        match queued {
            4 => assert_eq!(heard, Err(LinkError::TooMuchUnread { limit })),
            _ => assert!(heard.is_ok()),
        }
    }
    let (mut master, mut slave) = pair(&config);
    let mut tasks: Vec<_> = (0..5).map(|_| started(&mut master, &mut slave)).collect();
    let mut heard = Ok(vec![]);
    for &task in &tasks {
        assert!(heard.is_ok());
        slave.link.write(task, true, text(8_001, 1));
        for _ in 0..20 {
            heard = heard.and_then(|_| master.hear(&mut slave));
            slave.hear(&mut master).unwrap();
        }
    }
    assert_eq!(heard, Err(LinkError::TooMuchUnread { limit }));
    // What is read, or belongs to a task that has ended, waits no more.
    let (mut master, mut slave) = pair(&config);
    for round in 0..100 {
        let task = started(&mut master, &mut slave);
        tasks.push(task);
        slave.link.write(task, true, text(8_001, 1));
        for _ in 0..20 {
            for event in master.hear(&mut slave).unwrap() {
                let Event::Data { chunk, .. } = event else { panic!("{event:?}") };
                if round % 2 == 0 {
                    master.link.consume(task, chunk.credit);
                }
            }
            slave.hear(&mut master).unwrap();
        }
        if round % 2 == 1 {
            slave.link.done(task, None);
            master.hear(&mut slave).unwrap();
        }
    }
}

#[test]
fn a_slave_that_asks_for_a_template_again_and_again_is_given_up() {
    let (mut master, mut slave) = pair(&small());
    let task = started(&mut master, &mut slave);
    let asked = Message::NeedTemplate { task, template: [5; 16] };
    for _ in 0..8 {
        assert_eq!(master.hear_message(&asked), Ok(vec![Event::NeedTemplate { task, template: [5; 16] }]));
    }
    let again = WireError::Unexpected { message: "need-template", why: "again and again" };
    assert_eq!(master.hear_message(&asked), Err(LinkError::Wire(again)));
}

#[test]
fn data_that_would_pass_any_window_is_refused() {
    let refused = |parts: &[(bool, bool, usize)]| {
        let (mut master, mut slave) = pair(&small());
        let task = started(&mut master, &mut slave);
        let say = |&(datum, more, length): &_| Message::Data { task, datum, more, payload: text(length, 0) };
        parts.iter().map(say).map(|said| slave.hear_message(&said)).find_map(Result::err)
    };
    let holds_nothing = Some(LinkError::Wire(WireError::Malformed { message: "data", what: "holds nothing" }));
    assert_eq!(refused(&[(false, false, 0)]), holds_nothing);
    assert_eq!(refused(&[(true, true, 0)]), holds_nothing);
    assert_eq!(refused(&[(true, true, 500), (true, false, 0)]), holds_nothing);
    assert_eq!(refused(&[(true, true, 500), (true, false, 1)]), None);
}

#[test]
fn a_value_that_is_too_long_is_refused_before_it_is_held() {
    let config = LinkConfig { message_max: 5_000, ..small() };
    let (mut master, mut slave) = pair(&config);
    let task = started(&mut master, &mut slave);
    let part = |length| Message::Data { task, datum: true, more: true, payload: text(length, 0) };
    let mut result = Ok(vec![]);
    for _ in 0..6 {
        assert_eq!(result, Ok(vec![]));
        result = slave.hear_message(&part(900));
    }
    assert_eq!(result, Err(LinkError::Wire(WireError::MessageTooLong { length_max: 5_000 })));
}

#[test]
fn a_result_longer_than_the_window_follows_the_data_before_it() {
    let (mut master, mut slave) = pair(&small());
    let task = started(&mut master, &mut slave);
    slave.link.write(task, false, text(1500, 2));
    slave.link.done(task, Some(text(3000, 9).into()));
    let (mut got, mut rounds) = (Vec::new(), 0);
    loop {
        let heard = master.hear(&mut slave).unwrap();
        for event in heard {
            match event {
                Event::Data { chunk, .. } => {
                    master.link.consume(task, chunk.credit);
                    got.push((chunk.datum, chunk.bytes));
                }
                Event::Done { value, .. } => {
                    assert_eq!(value, None);
                    let words: Vec<u8> =
                        got.iter().filter(|(datum, _)| !datum).flat_map(|(_, bytes)| bytes.to_vec()).collect();
                    assert_eq!(words, text(1500, 2));
                    return assert_eq!(got.last(), Some(&(true, text(3000, 9))));
                }
                other => panic!("{other:?}"),
            }
        }
        slave.hear(&mut master).unwrap();
        rounds += 1;
        assert!(rounds < 100, "it did not end");
    }
}

#[test]
fn cancelling_while_a_long_result_waits_ends_the_task() {
    let (mut master, mut slave) = pair(&small());
    let task = started(&mut master, &mut slave);
    slave.link.write(task, false, text(2500, 0));
    slave.link.done(task, None);
    master.hear(&mut slave).unwrap();
    master.link.cancel(task);
    assert_eq!(slave.hear(&mut master), Ok(vec![Event::Cancel { task }]));
    slave.link.failed(task, Failure::Cancelled);
    let heard = master.hear(&mut slave).unwrap();
    assert_eq!(heard.last(), Some(&Event::Failed { task, failure: Failure::Cancelled }));
}

#[test]
fn a_heartbeat_overtakes_bulk() {
    let (mut master, mut slave) = pair(&LinkConfig::default());
    let run = Run { values: text(1_000_000, 0).into(), values_count: 1, ..run() };
    master.link.run(run);
    assert_eq!(master.hear_message(&Message::Ping(9)), Ok(vec![]));
    let first = master.link.take_output().expect("output");
    let mut pong = BytesMut::new();
    Message::Pong(9).put(&mut pong);
    assert_eq!(first, pong);
    slave.input.extend_from_slice(&first);
    assert_eq!(slave.hear(&mut master).unwrap().len(), 1);
}

#[test]
fn a_silent_peer_is_asked_and_then_given_up() {
    let (mut master, mut slave) = pair(&LinkConfig::default());
    let config = LinkConfig::default();
    assert_eq!(master.link.next_tick(), master.now + config.heartbeat);
    master.now += config.heartbeat;
    master.link.tick(master.now).unwrap();
    assert_eq!(slave.hear(&mut master), Ok(vec![]));
    // It answers.
    master.hear(&mut slave).unwrap();
    assert_eq!(master.link.next_tick(), master.now + config.heartbeat);
    // It does not.
    master.now += config.heartbeat;
    master.link.tick(master.now).unwrap();
    master.now += config.silence_max;
    assert!(matches!(master.link.tick(master.now), Err(LinkError::Silent { .. })));
}

#[test]
fn a_peer_that_never_introduces_itself_is_given_up() {
    let mut slave = End::new(Role::Slave, &LinkConfig::default());
    slave.now += LinkConfig::default().handshake_max;
    assert!(matches!(slave.link.tick(slave.now), Err(LinkError::HandshakeTimeout { .. })));
}

#[test]
fn a_peer_that_asks_and_does_not_read_is_given_up() {
    let (mut master, _) = pair(&LinkConfig::default());
    let mut result = Ok(vec![]);
    for n in 0..100_000 {
        result = master.hear_message(&Message::Ping(n));
        if result.is_err() {
            break;
        }
    }
    assert!(matches!(result, Err(LinkError::PeerDoesNotRead { .. })), "{result:?}");
}

#[test]
fn a_peer_that_gives_signs_of_life_and_does_not_read_is_given_up() {
    let config = LinkConfig::default();
    let (mut master, mut slave) = pair(&config);
    let mut step = |is_old| {
        master.now += config.silence_max / 2;
        slave.link.tick(master.now).unwrap();
        slave.link.heard(master.now);
        master.link.heard(master.now);
        master.link.blocked(is_old, master.now);
        master.link.tick(master.now)
    };
    // As long as it takes a little, it is slow.
    for _ in 0..10 {
        assert_eq!(step(false), Ok(()));
    }
    assert_eq!(step(true), Ok(()));
    assert!(matches!(step(true), Err(LinkError::PeerDoesNotRead { .. })));
}

#[test]
fn natives_reach_the_master() {
    let config = LinkConfig::default();
    let mut hello = Hello::new(Role::Slave, 10, 10, [0; 16]);
    hello.natives = vec![Native { name: "prime?".into(), min: 1, max: None }];
    let (mut master, mut slave) = (End::new(Role::Master, &config), End::with(hello.clone(), &config));
    slave.hear(&mut master).unwrap();
    master.hear(&mut slave).unwrap();
    assert_eq!(master.link.peer().unwrap().natives, hello.natives);
}

/// A generator of numbers that are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        // Knuth's MMIX constants; the low bits are the poor ones.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % limit
    }
}

/// One side's view of one task in the simulation: what it wrote, what the other side read.
#[derive(Default)]
struct Stream {
    written: Vec<u8>,
    read: Vec<u8>,
    /// Chunks that came and were not read yet.
    held: VecDeque<super::Chunk>,
}

/// Random writes, reads and cuts on both sides: everything that is written is read once and in order, nothing exceeds
/// its window, and at the end nothing is left.
fn simulate(seed: u64) {
    let config = LinkConfig { window: 64 + u32::try_from(seed % 3000).unwrap(), ..small() };
    let mut numbers = Numbers(seed);
    let (mut ends, tasks) = {
        let (mut master, mut slave) = pair(&config);
        let tasks: Vec<_> = (0..3).map(|_| started(&mut master, &mut slave)).collect();
        ([master, slave], tasks)
    };
    let mut wires = [BytesMut::new(), BytesMut::new()];
    let mut streams: [Vec<Stream>; 2] = std::array::from_fn(|_| tasks.iter().map(|_| Stream::default()).collect());
    let steps = 400;
    for step in 0..1_000_000 {
        let is_over = step >= steps;
        let side = numbers.below(2);
        let which = numbers.below(tasks.len());
        match numbers.below(4) {
            0 if !is_over => {
                let datum = numbers.below(2) == 0;
                let bytes = text(1 + numbers.below(if datum { 8000 } else { 2000 }), u8::try_from(step % 256).unwrap());
                streams[side][which].written.extend_from_slice(&bytes);
                ends[side].link.write(tasks[which], datum, bytes);
            }
            1 => {
                // A piece of what this side has to say, cut anywhere, reaches the other one.
                while let Some(bytes) = ends[side].link.take_output() {
                    wires[side].extend_from_slice(&bytes);
                }
                let cut = if is_over { wires[side].len() } else { numbers.below(wires[side].len() + 1) };
                let piece = wires[side].split_to(cut);
                let other = &mut ends[1 - side];
                other.input.extend_from_slice(&piece);
                for event in other.events().unwrap_or_else(|err| panic!("seed {seed}: {err}")) {
                    match event {
                        Event::Data { task, chunk } => {
                            let which = tasks.iter().position(|t| *t == task).expect("a task of ours");
                            streams[side][which].held.push_back(chunk);
                            let held: u32 = streams[side][which].held.iter().map(|chunk| chunk.credit).sum();
                            assert!(
                                held <= config.window,
                                "seed {seed}: {held} bytes in a window of {}",
                                config.window
                            );
                        }
                        Event::Drained { .. } => {}
                        other => panic!("seed {seed}: {other:?}"),
                    }
                }
            }
            _ => {
                // The other side reads a chunk of this side's.
                let stream = &mut streams[side][which];
                if let Some(chunk) = stream.held.pop_front() {
                    stream.read.extend_from_slice(&chunk.bytes);
                    ends[1 - side].link.consume(tasks[which], chunk.credit);
                }
            }
        }
        if is_over && streams.iter().flatten().all(|stream| stream.read.len() == stream.written.len()) {
            break;
        }
    }
    for stream in streams.iter().flatten() {
        assert!(stream.read == stream.written, "seed {seed}: {} of {} bytes", stream.read.len(), stream.written.len());
    }
}

#[test]
fn whatever_is_written_is_read_once_and_in_order() {
    for seed in 0..1_000 {
        simulate(seed);
    }
}

#[test]
fn a_deadline_far_away_is_no_reason_to_tick() {
    let (master, _) = pair(&LinkConfig { heartbeat: Duration::from_secs(60), ..LinkConfig::default() });
    assert!(master.link.next_tick() >= master.now + Duration::from_secs(59));
}
