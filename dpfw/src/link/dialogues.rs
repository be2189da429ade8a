//! The dialogues of all tasks on a link, and how much waits in them together.

use foldhash::HashMap;

use super::dialogue::Dialogue;
use crate::wire::TaskId;

#[derive(Debug, Default)]
pub(super) struct Dialogues {
    dialogues: HashMap<TaskId, Dialogue>,
    load: Load,
}

/// What waits in a dialogue, or in all of a link.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Load {
    /// Bytes that came from the peer and were not read.
    pub(super) unread: usize,
    /// Bytes that the peer's windows do not allow yet.
    pub(super) waiting: usize,
}

impl Dialogues {
    pub(super) fn load(&self) -> Load {
        self.load
    }

    pub(super) fn len(&self) -> usize {
        self.dialogues.len()
    }

    pub(super) fn get(&self, task: TaskId) -> Option<&Dialogue> {
        self.dialogues.get(&task)
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &Dialogue> {
        self.dialogues.values()
    }

    pub(super) fn insert(&mut self, task: TaskId, dialogue: Dialogue) {
        self.load.replace(Load::default(), dialogue.load());
        self.dialogues.insert(task, dialogue);
    }

    pub(super) fn remove(&mut self, task: TaskId) -> Option<Dialogue> {
        let dialogue = self.dialogues.remove(&task)?;
        self.load.replace(dialogue.load(), Load::default());
        Some(dialogue)
    }

    /// Changes the dialogue of `task`, if there is one.
    pub(super) fn update<R>(&mut self, task: TaskId, change: impl FnOnce(&mut Dialogue) -> R) -> Option<R> {
        let dialogue = self.dialogues.get_mut(&task)?;
        let before = dialogue.load();
        let result = change(dialogue);
        self.load.replace(before, dialogue.load());
        Some(result)
    }
}

impl Load {
    fn replace(&mut self, before: Self, after: Self) {
        self.unread = self.unread - before.unread + after.unread;
        self.waiting = self.waiting - before.waiting + after.waiting;
    }
}
