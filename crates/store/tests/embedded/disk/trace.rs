//! What the shim recorded, as steps.

/// One call, in the order of all calls.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Step {
    Made { inode: u64, path: String },
    Opened { inode: u64, path: String },
    Written { inode: u64, at: u64, bytes: Vec<u8> },
    Sized { inode: u64, size: u64 },
    Synced { inode: u64 },
    FolderSynced { path: String },
    Moved { from: String, to: String },
    Removed { path: String },
    FolderMade { path: String },
    FolderRemoved { path: String },
    Marker(String),
}

#[derive(Clone, Default)]
pub(crate) struct Trace {
    pub(crate) steps: Vec<Step>,
}

impl Trace {
    pub(crate) fn read(bytes: &[u8]) -> Self {
        let mut input = Input(bytes);
        let mut steps = Vec::new();
        while let Some((&tag, rest)) = input.0.split_first() {
            input.0 = rest;
            steps.push(match tag {
                b'O' => Step::Made { inode: input.number(), path: input.text() },
                b'E' => Step::Opened { inode: input.number(), path: input.text() },
                b'W' => Step::Written { inode: input.number(), at: input.number(), bytes: input.bytes() },
                b'T' => Step::Sized { inode: input.number(), size: input.number() },
                b'S' => Step::Synced { inode: input.number() },
                b'D' => Step::FolderSynced { path: input.text() },
                b'R' => Step::Moved { from: input.text(), to: input.text() },
                b'U' => Step::Removed { path: input.text() },
                b'M' => Step::FolderMade { path: input.text() },
                b'X' => Step::FolderRemoved { path: input.text() },
                b'A' => Step::Marker(input.text()),
                _ => panic!("no record begins with {tag}"),
            });
        }
        Self { steps }
    }
}

struct Input<'a>(&'a [u8]);

impl Input<'_> {
    fn number(&mut self) -> u64 {
        let (number, rest) = self.0.split_first_chunk().unwrap();
        self.0 = rest;
        u64::from_le_bytes(*number)
    }

    fn bytes(&mut self) -> Vec<u8> {
        let length = usize::try_from(self.number()).unwrap();
        let (bytes, rest) = self.0.split_at(length);
        self.0 = rest;
        bytes.to_vec()
    }

    fn text(&mut self) -> String {
        String::from_utf8(self.bytes()).unwrap()
    }
}
