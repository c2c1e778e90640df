//! Where a message begins and ends: its length in four bytes, big-endian, then its bytes (docs/keys.md 6.2).
//!
//! Invariant: a length is judged before room is taken for it, and room grows with what has come, never by the length alone.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use zeroize::Zeroizing;

/// A message. It may hold shares, so it is erased when dropped.
pub type Frame = Zeroizing<Vec<u8>>;

/// Room that is taken at a time while a frame comes in.
const STEP: usize = 64 << 10;

/// Why there is no frame.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// It is longer than the other end may send.
    #[error("a message is too long")]
    TooLong,
    /// The line broke.
    #[error("the line broke: {0}")]
    Broken(#[from] io::Error),
}

/// Reads frames.
pub struct FrameReader<R> {
    from: R,
    max: usize,
}

/// Writes frames.
pub struct FrameWriter<W> {
    to: W,
}

impl<R: AsyncRead + Unpin> FrameReader<R> {
    /// Reads frames of `max` bytes at most.
    pub fn new(from: R, max: usize) -> Self {
        Self { from, max }
    }

    /// The length of the next frame; nothing if the other end has closed the line.
    ///
    /// # Errors
    ///
    /// [`FrameError`].
    pub async fn head(&mut self) -> Result<Option<usize>, FrameError> {
        let mut head = [0; 4];
        let (first, rest) = head.split_at_mut(1);
        if self.from.read(first).await? == 0 {
            return Ok(None);
        }
        self.from.read_exact(rest).await?;
        let len = usize::try_from(u32::from_be_bytes(head)).unwrap_or(usize::MAX);
        if len > self.max { Err(FrameError::TooLong) } else { Ok(Some(len)) }
    }

    /// The frame whose length was just read.
    ///
    /// # Errors
    ///
    /// [`FrameError`].
    pub async fn body(&mut self, len: usize) -> Result<Frame, FrameError> {
        let mut frame = Frame::new(Vec::with_capacity(len.min(STEP)));
        while frame.len() < len {
            if frame.capacity() == frame.len() {
                // Moved by hand: what a vector grows out of is not erased.
                let mut grown = Frame::new(Vec::with_capacity(len.min(frame.len() * 2)));
                grown.extend_from_slice(&frame);
                frame = grown;
            }
            let (at, end) = (frame.len(), frame.capacity().min(len));
            frame.resize(end, 0);
            if let Some(room) = frame.get_mut(at..) {
                self.from.read_exact(room).await?;
            }
        }
        Ok(frame)
    }

    /// The next frame; nothing if the other end has closed the line.
    ///
    /// # Errors
    ///
    /// [`FrameError`].
    pub async fn next(&mut self) -> Result<Option<Frame>, FrameError> {
        match self.head().await? {
            Some(len) => self.body(len).await.map(Some),
            None => Ok(None),
        }
    }
}

impl<W: AsyncWrite + Unpin> FrameWriter<W> {
    /// Writes frames.
    pub fn new(to: W) -> Self {
        Self { to }
    }

    /// Writes a frame, at most 4 GiB; it is on its way after [`flush`](Self::flush).
    ///
    /// # Errors
    ///
    /// What the line says.
    pub async fn write(&mut self, frame: &[u8]) -> io::Result<()> {
        let len = u32::try_from(frame.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
        self.to.write_all(&len.to_be_bytes()).await?;
        self.to.write_all(frame).await
    }

    /// Sends what was written.
    ///
    /// # Errors
    ///
    /// What the line says.
    pub async fn flush(&mut self) -> io::Result<()> {
        self.to.flush().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run<T>(body: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(body)
    }

    #[test]
    fn frames_of_every_size_come_back_and_a_cut_line_is_told_from_a_closed_one() {
        run(async {
            let sizes = [0, 1, 3, STEP - 1, STEP, STEP + 1, 5 * STEP + 7];
            let mut line = Vec::new();
            let mut writer = FrameWriter::new(&mut line);
            for (fill, size) in (0..).zip(sizes) {
                writer.write(&vec![fill; size]).await.unwrap();
            }
            let mut reader = FrameReader::new(&line[..], 6 * STEP);
            for (fill, size) in (0..).zip(sizes) {
                assert_eq!(*reader.next().await.unwrap().unwrap(), vec![fill; size]);
            }
            assert!(reader.next().await.unwrap().is_none(), "closed");
            for cut in [1, 3, 4 + 2] {
                let from = &[&3_u32.to_be_bytes()[..], &[1; 3]].concat()[..cut];
                let cut = FrameReader::new(from, 8).next().await;
                assert!(matches!(cut, Err(FrameError::Broken(_))));
            }
        });
    }

    #[test]
    fn a10_a_frame_that_is_too_long_is_refused_by_its_length_and_room_is_taken_as_it_comes() {
        run(async {
            let long = 100_u32.to_be_bytes();
            assert!(matches!(FrameReader::new(&long[..], 99).next().await, Err(FrameError::TooLong)));
            let mut reader = FrameReader::new(&[1; 10][..], usize::MAX);
            // Announced: more than any machine has. Taken: one step, and the line ends.
            assert!(matches!(reader.body(1 << 60).await, Err(FrameError::Broken(_))));
        });
    }
}
