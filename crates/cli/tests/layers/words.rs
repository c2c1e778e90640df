//! What clients are told, in words that both sides of a dialog share: messages by their texts, never by a number.
use std::collections::BTreeMap;

use tl::fields;

/// What stands in a line for a quote, which layers before 166 do not know.
pub(crate) const QUOTED: &str = ", quoting";

/// The texts of messages by their numbers in one box.
#[derive(Default)]
pub(crate) struct Texts(BTreeMap<i32, String>);

impl Texts {
    /// The newest message with this text.
    pub(crate) fn number(&self, text: &str) -> i32 {
        let mut newest = self.0.iter().rev();
        *newest.find(|(_, known)| *known == text).unwrap_or_else(|| panic!("{text} is known")).0
    }

    fn text(&self, id: i32) -> &str {
        self.0.get(&id).map_or("what is gone", String::as_str)
    }

    fn all(&self, ids: &[i32]) -> String {
        ids.iter().map(|id| self.text(*id)).collect::<Vec<_>>().join(" and ")
    }
}

/// An update; none for one that only moves a counter or belongs to a call's answer.
#[expect(clippy::wildcard_enum_match_arm, reason = "there are 160 kinds of updates")]
pub(crate) fn said(update: &tl::Update, texts: &mut Texts) -> Option<String> {
    Some(match update {
        tl::Update::UpdateNewMessage(new) => format!("new: {}", line(&new.message, texts)),
        tl::Update::UpdateEditMessage(edited) => format!("edited: {}", line(&edited.message, texts)),
        tl::Update::UpdateDeleteMessages { messages, .. } if messages.is_empty() => return None,
        tl::Update::UpdateDeleteMessages { messages, .. } => format!("deleted: {}", texts.all(messages)),
        tl::Update::UpdateMessageReactions(update) => {
            format!("reactions to {}: {}", texts.text(update.msg_id), reactions(&update.reactions))
        }
        tl::Update::UpdatePeerHistoryTTL { ttl_period, .. } => {
            format!("timer: {}", ttl_period.unwrap_or_default())
        }
        tl::Update::UpdatePinnedMessages(update) => {
            let which = if update.pinned { "pinned" } else { "unpinned" };
            format!("{which}: {}", texts.all(&update.messages))
        }
        tl::Update::UpdateMessagePoll(update) => {
            format!("votes: {}", poll(update.poll.as_ref(), &update.results))
        }
        tl::Update::UpdateReadHistoryOutbox { max_id, .. } => format!("read up to {}", texts.text(*max_id)),
        tl::Update::UpdateUserName(update) => format!("name: {} {}", update.first_name, update.last_name),
        tl::Update::UpdateUserStatus { status: tl::UserStatus::UserStatusOnline { .. }, .. } => {
            "online".to_owned()
        }
        tl::Update::UpdateUserTyping(_) => "typing".to_owned(),
        _ => return None,
    })
}

/// A message, whose text is remembered.
pub(crate) fn line(message: &tl::Message, texts: &mut Texts) -> String {
    match message {
        tl::Message::MessageEmpty { .. } => "nothing".to_owned(),
        tl::Message::MessageService(message) => {
            let line = service(message, texts);
            texts.0.insert(message.id, line.clone());
            line
        }
        tl::Message::Message(message) => {
            let (text, line) = text(message, texts);
            texts.0.insert(message.id, text);
            line
        }
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "there are many kinds of actions")]
fn service(message: &fields::MessageService, texts: &Texts) -> String {
    match &message.action {
        tl::MessageAction::MessageActionPinMessage => {
            format!("(pinned{})", replied(message.reply_to.as_ref(), texts))
        }
        tl::MessageAction::MessageActionSetMessagesTTL { period, .. } => format!("(timer {period})"),
        _ => "(another action)".to_owned(),
    }
}

/// What a message is called, and all that is to be seen of it.
#[expect(clippy::wildcard_enum_match_arm, reason = "there are many kinds of media")]
fn text(message: &fields::Message, texts: &Texts) -> (String, String) {
    let (text, mut line) = match &message.media {
        None => (message.message.clone(), message.message.clone()),
        Some(tl::MessageMedia::MessageMediaPoll(media)) => {
            let tl::Poll::Poll(asked) = &media.poll;
            let tl::TextWithEntities::TextWithEntities(question) = &asked.question;
            (question.text.clone(), poll(Some(&media.poll), &media.results))
        }
        Some(_) => ("other media".to_owned(), "other media".to_owned()),
    };
    for mark in message.entities.iter().flatten() {
        line.push_str(match mark {
            tl::MessageEntity::MessageEntityBold { .. } => ", bold",
            tl::MessageEntity::MessageEntityTextUrl { .. } => ", linked",
            tl::MessageEntity::MessageEntitySpoiler { .. } => ", hidden",
            tl::MessageEntity::MessageEntityBlockquote { .. } => ", as a quote",
            _ => ", marked",
        });
    }
    line.push_str(&replied(message.reply_to.as_ref(), texts));
    if message.fwd_from.is_some() {
        line.push_str(", forwarded");
    }
    if message.edit_date.is_some() && !message.edit_hide {
        line.push_str(", edited");
    }
    if message.pinned {
        line.push_str(", pinned");
    }
    if let Some(period_s) = message.ttl_period {
        line.push_str(&format!(", for {period_s} s"));
    }
    if let Some(all) = &message.reactions {
        line.push_str(&format!(", {}", reactions(all)));
    }
    (text, line)
}

fn replied(header: Option<&tl::MessageReplyHeader>, texts: &Texts) -> String {
    let Some(tl::MessageReplyHeader::MessageReplyHeader(header)) = header else { return String::new() };
    let to = header.reply_to_msg_id.expect("the number of a message");
    let quoted = if header.quote_text.is_some() { QUOTED } else { "" };
    format!(" to {}{quoted}", texts.text(to))
}

fn reactions(all: &tl::MessageReactions) -> String {
    let tl::MessageReactions::MessageReactions(all) = all;
    let counts = all.results.iter().map(|tl::ReactionCount::ReactionCount(one)| match &one.reaction {
        tl::Reaction::ReactionEmoji { emoticon } => format!("{} {emoticon}", one.count),
        tl::Reaction::ReactionCustomEmoji { .. }
        | tl::Reaction::ReactionEmpty
        | tl::Reaction::ReactionPaid => "another".to_owned(),
    });
    let counts: Vec<_> = counts.collect();
    if counts.is_empty() { "none".to_owned() } else { counts.join(", ") }
}

fn poll(asked: Option<&tl::Poll>, results: &tl::PollResults) -> String {
    let tl::PollResults::PollResults(results) = results;
    let Some(tl::Poll::Poll(asked)) = asked else { return "of a poll unknown".to_owned() };
    let text = |words: &tl::TextWithEntities| {
        let tl::TextWithEntities::TextWithEntities(words) = words;
        words.text.clone()
    };
    let answers = asked.answers.iter().map(|answer| match answer {
        tl::PollAnswer::PollAnswer(answer) => text(&answer.text),
        tl::PollAnswer::InputPollAnswer(_) => panic!("an input"),
    });
    let answers: Vec<_> = answers.collect();
    let open = if asked.closed { "closed" } else { "open" };
    let votes = results.total_voters.unwrap_or_default();
    format!("{} ({}), {open}, {votes} votes", text(&asked.question), answers.join(" or "))
}
