//! Updates on their way to the client's owner: a queue with a limit that says when it had to leave something out.
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use ids::Layer;
use tl::Decode;
use tokio::sync::Notify;

use crate::error::{Ended, UpdateError};

/// Updates kept for an owner who does not look.
const UPDATES_MAX: usize = 1024;
/// Their bytes.
const BYTES_MAX: usize = 8 << 20;

/// Updates as they came.
#[derive(Default)]
pub(crate) struct Queue {
    inner: Mutex<Inner>,
    changed: Notify,
}

#[derive(Default)]
struct Inner {
    waiting: VecDeque<Item>,
    bytes: usize,
    ended: Option<Ended>,
}

/// One place in the queue.
enum Item {
    Update(Vec<u8>),
    /// Here some are missing: `updatesTooLong`.
    Gap,
}

impl Queue {
    pub(crate) fn push(&self, update: Vec<u8>) {
        let mut inner = self.lock();
        if inner.waiting.len() >= UPDATES_MAX || inner.bytes + update.len() > BYTES_MAX {
            drop(inner);
            return self.gap();
        }
        inner.bytes += update.len();
        inner.waiting.push_back(Item::Update(update));
        drop(inner);
        self.changed.notify_one();
    }

    /// Updates may have been lost here.
    pub(crate) fn gap(&self) {
        let mut inner = self.lock();
        if !matches!(inner.waiting.back(), Some(Item::Gap)) {
            inner.waiting.push_back(Item::Gap);
        }
        drop(inner);
        self.changed.notify_one();
    }

    /// Nothing more comes.
    pub(crate) fn end(&self, why: Ended) {
        self.lock().ended.get_or_insert(why);
        self.changed.notify_one();
    }

    /// Why nothing more comes, once that is so.
    pub(crate) fn ended(&self) -> Option<Ended> {
        self.lock().ended
    }

    /// The next one, raised from `layer`. What is waiting is given out before the end is told.
    pub(crate) async fn next(&self, layer: Layer) -> Result<tl::Updates, UpdateError> {
        let item = loop {
            let changed = self.changed.notified();
            match self.take() {
                Ok(Some(item)) => break item,
                Ok(None) => changed.await,
                Err(ended) => {
                    // Others may be waiting for the same end.
                    self.changed.notify_one();
                    return Err(ended.into());
                }
            }
        };
        match item {
            Item::Gap => Ok(tl::Updates::UpdatesTooLong),
            Item::Update(bytes) => {
                let mut raised = Vec::new();
                tl::layer::raise(&bytes, layer, &mut raised)?;
                Ok(tl::Updates::from_bytes(&raised)?)
            }
        }
    }

    fn take(&self) -> Result<Option<Item>, Ended> {
        let mut inner = self.lock();
        let item = inner.waiting.pop_front();
        if let Some(Item::Update(bytes)) = &item {
            inner.bytes -= bytes.len();
        }
        match (item, inner.ended) {
            (None, Some(ended)) => Err(ended),
            (item, _) => Ok(item),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use ids::{Layer, limits};
    use tl::Encode;

    use super::*;

    fn short(date: i32) -> Vec<u8> {
        let update = tl::Update::UpdateConfig;
        tl::Updates::from(tl::fields::UpdateShort { update, date }).to_bytes()
    }

    #[tokio::test]
    async fn what_did_not_fit_is_told_once_and_the_end_comes_last() {
        let queue = Queue::default();
        let layer = Layer(limits::LAYER_CANONICAL);
        for date in 0..UPDATES_MAX + 10 {
            queue.push(short(date as i32));
        }
        queue.end(Ended::Closed);
        for date in 0..UPDATES_MAX {
            let next = queue.next(layer).await;
            assert!(matches!(next, Ok(tl::Updates::UpdateShort(short)) if short.date == date as i32));
        }
        assert!(matches!(queue.next(layer).await, Ok(tl::Updates::UpdatesTooLong)));
        for _ in 0..2 {
            assert!(matches!(queue.next(layer).await, Err(UpdateError::Ended(Ended::Closed))));
        }
    }

    #[tokio::test]
    async fn an_update_that_cannot_be_read_is_an_error_and_the_next_one_comes() {
        let queue = Queue::default();
        let layer = Layer(limits::LAYER_CANONICAL);
        queue.push(vec![1, 2, 3, 4]);
        queue.push(short(1));
        assert!(matches!(queue.next(layer).await, Err(UpdateError::Malformed(_))));
        assert!(matches!(queue.next(layer).await, Ok(tl::Updates::UpdateShort(_))));
    }
}
