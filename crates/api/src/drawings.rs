//! The reactions of this server: emoji, each with a still picture and six animations that clients want of one.
//!
//! The drawings are our own and part of the program (`crates/api/drawings`, with what draws them); they are files to clients like
//! all others, with an id, and read with upload.getFile. The id is a hash of the content, so that a drawing that changes is
//! another file. Source: <https://core.telegram.org/api/reactions>, <https://core.telegram.org/constructor/availableReaction>.

use std::sync::LazyLock;

use ids::FileId;

/// When the drawings were made, as their date: 2026-11-23.
pub(crate) const DRAWN_S: i32 = 1_795_392_000;
/// Width and height of an animation.
const MOVING_SIDE: i32 = 512;
/// Width and height of a still picture.
const STILL_SIDE: i32 = 160;

/// One file.
pub(crate) struct Drawing {
    pub(crate) id: FileId,
    /// The emoji that it shows.
    pub(crate) emoji: &'static str,
    pub(crate) file_name: &'static str,
    pub(crate) form: Form,
    pub(crate) bytes: &'static [u8],
}

/// How a drawing is written down.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Form {
    /// WebP.
    Still,
    /// Lottie, in gzip.
    Moving,
}

/// An emoji that can be put on messages.
pub(crate) struct Reaction {
    pub(crate) emoji: &'static str,
    pub(crate) title: &'static str,
    /// The first four bytes of the MD5 of the emoji: lists of reactions are hashed over them.
    pub(crate) md5: u32,
    pub(crate) still: Drawing,
    pub(crate) appear: Drawing,
    pub(crate) select: Drawing,
    pub(crate) activate: Drawing,
    pub(crate) effect: Drawing,
    pub(crate) around: Drawing,
    pub(crate) centre: Drawing,
}

macro_rules! drawn {
    ($emoji:literal, $title:literal, $name:literal, $md5:literal) => {
        Reaction {
            emoji: $emoji,
            title: $title,
            md5: $md5,
            still: drawn!($emoji, $name, ".still.webp", Form::Still),
            appear: drawn!($emoji, $name, ".appear.tgs", Form::Moving),
            select: drawn!($emoji, $name, ".select.tgs", Form::Moving),
            activate: drawn!($emoji, $name, ".activate.tgs", Form::Moving),
            effect: drawn!($emoji, $name, ".effect.tgs", Form::Moving),
            around: drawn!($emoji, $name, ".around.tgs", Form::Moving),
            centre: drawn!($emoji, $name, ".centre.tgs", Form::Moving),
        }
    };
    ($emoji:literal, $name:literal, $end:literal, $form:expr) => {
        Drawing::new(
            $emoji,
            concat!($name, $end),
            $form,
            include_bytes!(concat!("../drawings/", $name, $end)),
        )
    };
}

/// All of them, in the order in which clients show them.
static REACTIONS: LazyLock<Vec<Reaction>> = LazyLock::new(|| {
    vec![
        drawn!("👍", "Thumbs Up", "thumbs_up", 0x0215ac4d),
        drawn!("👎", "Thumbs Down", "thumbs_down", 0x85ba01fc),
        drawn!("❤", "Red Heart", "heart", 0x7aba075a),
        drawn!("🔥", "Fire", "fire", 0xcbe676ae),
        drawn!("🎉", "Party Popper", "party", 0x5b4042e5),
        drawn!("👏", "Clapping Hands", "clap", 0x29f9c0ea),
        drawn!("🙏", "Folded Hands", "pray", 0xf892c0f9),
        drawn!("👌", "OK Hand", "ok", 0xc8962386),
        drawn!("😁", "Beaming Face", "grin", 0x34d4637c),
        drawn!("🤣", "Rolling on the Floor Laughing", "laugh", 0xe9bf07c8),
        drawn!("🥰", "Smiling Face with Hearts", "adore", 0xe88ec744),
        drawn!("😍", "Heart Eyes", "love", 0x02612e19),
        drawn!("🤩", "Star-Struck", "starry", 0xd30a2f42),
        drawn!("😎", "Sunglasses", "cool", 0xa449a9fc),
        drawn!("🤔", "Thinking Face", "think", 0x07b60a7a),
        drawn!("😱", "Screaming Face", "scream", 0xe6897cf4),
        drawn!("😢", "Crying Face", "sad", 0x6cddf863),
        drawn!("😭", "Loudly Crying Face", "cry", 0x5fc6a992),
        drawn!("😡", "Angry Face", "angry", 0x67ec4b53),
        drawn!("😴", "Sleeping Face", "sleep", 0x21dd2570),
        drawn!("💔", "Broken Heart", "broken_heart", 0xaa0f097d),
        drawn!("💯", "Hundred Points", "hundred", 0xf207788b),
        drawn!("⚡", "High Voltage", "bolt", 0xe421f266),
        drawn!("🏆", "Trophy", "trophy", 0xa3b1555f),
        drawn!("👀", "Eyes", "eyes", 0xfdafe431),
        drawn!("👻", "Ghost", "ghost", 0x3d6baa66),
    ]
});

/// All reactions, in the order in which clients show them.
pub(crate) fn reactions() -> &'static [Reaction] {
    &REACTIONS
}

/// The reaction of an emoji, however that asks to be shown: the mark that wants it in colour is no part of it.
pub(crate) fn reaction(emoji: &str) -> Option<&'static Reaction> {
    let emoji = emoji.strip_suffix('\u{fe0f}').unwrap_or(emoji);
    reactions().iter().find(|reaction| reaction.emoji == emoji)
}

/// A file by its id.
pub(crate) fn drawing(id: FileId) -> Option<&'static Drawing> {
    reactions().iter().flat_map(Reaction::drawings).find(|drawing| drawing.id == id)
}

impl Reaction {
    pub(crate) fn drawings(&self) -> [&Drawing; 7] {
        let Self { still, appear, select, activate, effect, around, centre, .. } = self;
        [still, appear, select, activate, effect, around, centre]
    }
}

impl Drawing {
    fn new(emoji: &'static str, file_name: &'static str, form: Form, bytes: &'static [u8]) -> Self {
        // The emoji is hashed too: two that look alike are two files, each with its own name.
        let [a, b, c, d, e, f, g, h, ..] = crypto::sha256(&[emoji.as_bytes(), b"\n", bytes]);
        let id = FileId(i64::from_le_bytes([a, b, c, d, e, f, g, h & 0x7f]));
        Self { id, emoji, file_name, form, bytes }
    }

    pub(crate) fn side(&self) -> i32 {
        match self.form {
            Form::Still => STILL_SIDE,
            Form::Moving => MOVING_SIDE,
        }
    }

    pub(crate) fn mime_type(&self) -> &'static str {
        match self.form {
            Form::Still => "image/webp",
            Form::Moving => "application/x-tgsticker",
        }
    }
}

#[cfg(test)]
#[path = "drawings_tests.rs"]
mod tests;
