//! The rows of `bad_input`: what is asked, by whom nothing of it is owed, and what is said to it.
use tl::fields;

use crate::bad_input::{said, text};
use crate::peer::Peer;

/// What the caller has, and what she only heard of.
pub(crate) struct Known {
    /// Somebody she may write to.
    pub(crate) bob: tl::InputPeer,
    /// Somebody else, with the access hash that Bob was given.
    pub(crate) carol_of_bob: tl::InputPeer,
    /// A message of hers in the chat with Bob.
    pub(crate) mine: i32,
    /// One of his.
    pub(crate) theirs: i32,
    /// A number that is none in her box.
    pub(crate) foreign: i32,
}

/// One call.
pub(crate) struct Row {
    pub(crate) what: String,
    pub(crate) ask: Box<dyn Fn(&mut Peer) -> String>,
    pub(crate) wanted: &'static str,
}

fn row<F: tl::Function + 'static>(what: impl Into<String>, call: F, wanted: &'static str) -> Row {
    Row { what: what.into(), ask: Box::new(move |peer| said(peer.call(&call))), wanted }
}

/// A page is asked for in a way that makes no sense: so many messages come back.
fn page<F>(what: &str, call: F, wanted: &'static str) -> Row
where
    F: tl::Function<Result = tl::messages::Messages> + 'static,
{
    let ask = move |peer: &mut Peer| match peer.call(&call) {
        Ok(tl::messages::Messages::Messages(page)) => format!("{} messages", page.messages.len()),
        Ok(tl::messages::Messages::MessagesSlice(page)) => format!("{} messages", page.messages.len()),
        other => said(other),
    };
    Row { what: what.into(), ask: Box::new(ask), wanted }
}

/// All rows.
pub(crate) fn rows(known: &Known) -> Vec<Row> {
    let all = [
        peers(known),
        texts(known),
        entities(known),
        pages(known),
        numbers(known),
        dates(known),
        lists(known),
    ];
    all.into_iter().flatten().collect()
}

/// Peers that are nobody's, or somebody else's to name.
fn peers(known: &Known) -> Vec<Row> {
    let tl::InputPeer::InputPeerUser { user_id, access_hash } = known.bob else { panic!("a user") };
    let user = |user_id, access_hash| tl::InputPeer::InputPeerUser { user_id, access_hash };
    let heard_of = |user_id, msg_id| {
        let peer = known.bob.clone();
        tl::InputPeer::InputPeerUserFromMessage { peer: Box::new(peer), msg_id, user_id }
    };
    let nobody: [(&str, tl::InputPeer, &str); 12] = [
        ("nobody", tl::InputPeer::InputPeerEmpty, "400 PEER_ID_INVALID"),
        ("a user without his hash", user(user_id, 0), "400 PEER_ID_INVALID"),
        ("a user with a hash that is one bit off", user(user_id, access_hash ^ 1), "400 PEER_ID_INVALID"),
        ("a user with the hash that another was given", known.carol_of_bob.clone(), "400 PEER_ID_INVALID"),
        ("a user whom nobody has", user(1, access_hash), "400 PEER_ID_INVALID"),
        ("user 0", user(0, 0), "400 PEER_ID_INVALID"),
        ("a user below 0", user(-user_id, access_hash), "400 PEER_ID_INVALID"),
        ("the lowest user", user(i64::MIN, i64::MIN), "400 PEER_ID_INVALID"),
        ("a group", tl::InputPeer::InputPeerChat { chat_id: 5 }, "400 CHAT_ID_INVALID"),
        (
            "a channel",
            tl::InputPeer::InputPeerChannel { channel_id: user_id, access_hash },
            "400 CHANNEL_INVALID",
        ),
        ("a user of a message that is not there", heard_of(user_id, known.foreign), "400 PEER_ID_INVALID"),
        ("a user who is not in that message", heard_of(user_id + 1, known.theirs), "400 PEER_ID_INVALID"),
    ];
    let mut rows = Vec::new();
    for (who, peer, wanted) in nobody {
        let named = |verb: &str| format!("{verb} {who}");
        rows.push(row(named("write to"), text(&peer, "x", 100), wanted));
        let call = tl::messages::GetHistory { peer: peer.clone(), limit: 1, ..Default::default() };
        rows.push(row(named("read the history of"), call, wanted));
        let call = tl::messages::ReadHistory { peer: peer.clone(), max_id: 0 };
        rows.push(row(named("mark as read what is from"), call, wanted));
        let call = tl::messages::DeleteHistory { peer: peer.clone(), revoke: true, ..Default::default() };
        rows.push(row(named("delete the history of"), call, wanted));
        let call = tl::messages::SaveDraft { peer, message: "x".into(), ..Default::default() };
        rows.push(row(named("keep a draft for"), call, wanted));
    }
    rows
}

/// Texts that are none.
fn texts(known: &Known) -> Vec<Row> {
    let mut rows = Vec::new();
    for (what, message, wanted) in [
        ("nothing", String::new(), "400 MESSAGE_EMPTY"),
        ("blanks", " \t\r\n \u{a0}\u{3000}\u{2003}".to_owned(), "400 MESSAGE_EMPTY"),
        ("4,097 letters", "x".repeat(4097), "400 MESSAGE_TOO_LONG"),
        ("2,049 emoji, which are 4,098 units", "\u{1f600}".repeat(2049), "400 MESSAGE_TOO_LONG"),
        ("half a megabyte", "x".repeat(500_000), "400 MESSAGE_TOO_LONG"),
        ("half a megabyte of blanks", " ".repeat(500_000), "400 MESSAGE_EMPTY"),
    ] {
        rows.push(row(format!("say {what}"), text(&known.bob, &message, 100), wanted));
        let (peer, id) = (known.bob.clone(), known.mine);
        let call = tl::messages::EditMessage { peer, id, message: Some(message), ..Default::default() };
        // An edit may empty what stands beside media, so what is too long is looked at first.
        let wanted = if what.ends_with("of blanks") { "400 MESSAGE_TOO_LONG" } else { wanted };
        rows.push(row(format!("edit a message into {what}"), call, wanted));
    }
    let say = || text(&known.bob, "x", 0);
    rows.push(row("say something with the random id 0", say(), "400 RANDOM_ID_EMPTY"));
    rows
}

/// Marks that do not fit the text, which has a character of two units in it.
fn entities(known: &Known) -> Vec<Row> {
    const TEXT: &str = "ab\u{1f600}cd";
    let bold = |offset, length| tl::MessageEntity::MessageEntityBold { offset, length };
    let link = |bytes: usize| tl::MessageEntity::MessageEntityTextUrl {
        offset: 0,
        length: 1,
        url: format!("https://{}", "x".repeat(bytes - 8)),
    };
    let pre =
        |bytes| tl::MessageEntity::MessageEntityPre { offset: 0, length: 1, language: "x".repeat(bytes) };
    let mention = |user_id: tl::InputUser| {
        fields::InputMessageEntityMentionName { offset: 0, length: 1, user_id }.into()
    };
    let tl::InputPeer::InputPeerUser { user_id, access_hash } = known.carol_of_bob else { panic!("a user") };
    let bounds = "400 ENTITY_BOUNDS_INVALID";
    let mut rows = Vec::new();
    for (what, all, wanted) in [
        ("that begins before the text", vec![bold(-1, 2)], bounds),
        ("of a length below 0", vec![bold(2, -1)], bounds),
        ("that ends behind the text", vec![bold(5, 2)], bounds),
        ("that begins behind the text", vec![bold(7, 1)], bounds),
        ("at the highest number", vec![bold(i32::MAX, i32::MAX)], bounds),
        ("at the lowest number", vec![bold(i32::MIN, i32::MIN)], bounds),
        ("that begins inside a character", vec![bold(3, 2)], bounds),
        ("that ends inside a character", vec![bold(0, 3)], bounds),
        ("among good ones that is not", vec![bold(0, 1), bold(1, 1), bold(6, 1)], bounds),
        ("101 times", vec![bold(0, 1); 101], "400 ENTITIES_TOO_LONG"),
        ("8,000 times", vec![bold(0, 1); 8_000], "400 ENTITIES_TOO_LONG"),
        ("with an address of 10 kB", vec![link(10_000)], "400 ENTITIES_TOO_LONG"),
        ("with a language of 10 kB", vec![pre(10_000)], "400 ENTITIES_TOO_LONG"),
        (
            "of somebody with the hash that another was given",
            vec![mention(tl::InputUser::InputUser { user_id, access_hash })],
            "400 ENTITY_MENTION_USER_INVALID",
        ),
        ("of nobody", vec![mention(tl::InputUser::InputUserEmpty)], "400 ENTITY_MENTION_USER_INVALID"),
    ] {
        let entities = Some(all);
        let say = tl::messages::SendMessage { entities: entities.clone(), ..text(&known.bob, TEXT, 100) };
        rows.push(row(format!("say something with a mark {what}"), say, wanted));
        let (peer, id, message) = (known.bob.clone(), known.mine, Some(TEXT.into()));
        let edit =
            tl::messages::EditMessage { peer, id, message, entities: entities.clone(), ..Default::default() };
        rows.push(row(format!("edit in a mark {what}"), edit, wanted));
        let (peer, message) = (known.bob.clone(), TEXT.into());
        let draft = tl::messages::SaveDraft { peer, message, entities, ..Default::default() };
        rows.push(row(format!("keep a draft with a mark {what}"), draft, wanted));
    }
    rows
}

/// Pages of two messages, asked for with what is out of all range: what there is comes back, or nothing.
fn pages(known: &Known) -> Vec<Row> {
    let base = || tl::messages::GetHistory { peer: known.bob.clone(), limit: 10, ..Default::default() };
    let search = || tl::messages::Search {
        peer: known.bob.clone(),
        q: "FROM".into(),
        limit: 10,
        ..Default::default()
    };
    let year_3000 = i32::MAX;
    let dialogs = |change: fn(&mut tl::messages::GetDialogs)| {
        let mut call = tl::messages::GetDialogs { limit: 10, ..Default::default() };
        change(&mut call);
        call
    };
    let nobody = || tl::InputPeer::InputPeerUser { user_id: 9, access_hash: 9 };
    vec![
        row(
            "a search for nothing",
            tl::messages::Search { q: String::new(), ..search() },
            "400 SEARCH_QUERY_EMPTY",
        ),
        row(
            "a search by nobody",
            tl::messages::Search { from_id: Some(nobody()), ..search() },
            "400 FROM_PEER_INVALID",
        ),
        page("a page of -1", tl::messages::GetHistory { limit: -1, ..base() }, "2 messages"),
        page(
            "a page of the lowest number",
            tl::messages::GetHistory { limit: i32::MIN, ..base() },
            "2 messages",
        ),
        page(
            "a page of the highest number",
            tl::messages::GetHistory { limit: i32::MAX, ..base() },
            "2 messages",
        ),
        page("below -1", tl::messages::GetHistory { offset_id: -1, ..base() }, "2 messages"),
        page(
            "below the highest number",
            tl::messages::GetHistory { offset_id: i32::MAX, ..base() },
            "2 messages",
        ),
        page(
            "before a time to come",
            tl::messages::GetHistory { offset_date: year_3000, ..base() },
            "2 messages",
        ),
        page("before the beginning", tl::messages::GetHistory { offset_date: -5, ..base() }, "2 messages"),
        page("far behind", tl::messages::GetHistory { add_offset: 1_000, ..base() }, "0 messages"),
        row(
            "behind the highest number",
            tl::messages::GetHistory { add_offset: i32::MAX, ..base() },
            "400 OFFSET_INVALID",
        ),
        row(
            "before the lowest number",
            tl::messages::GetHistory { add_offset: i32::MIN, ..base() },
            "400 OFFSET_INVALID",
        ),
        page("none between", tl::messages::GetHistory { max_id: 1, min_id: 9, ..base() }, "0 messages"),
        page(
            "all but those below 0",
            tl::messages::GetHistory { min_id: i32::MIN, max_id: -1, ..base() },
            "2 messages",
        ),
        page("a search for -1", tl::messages::Search { limit: -1, ..search() }, "2 messages"),
        page(
            "a search that ends before it begins",
            tl::messages::Search { min_date: 9, max_date: 1, ..search() },
            "0 messages",
        ),
        page(
            "a search before the beginning",
            tl::messages::Search { min_date: -9, max_date: -1, ..search() },
            "2 messages",
        ),
        page(
            "a search for a megabyte",
            tl::messages::Search { q: "x ".repeat(400_000), ..search() },
            "0 messages",
        ),
        row(
            "dialogs of a folder that is not",
            dialogs(|call| call.folder_id = Some(7)),
            "400 FOLDER_ID_INVALID",
        ),
        row("dialogs of folder -1", dialogs(|call| call.folder_id = Some(-1)), "400 FOLDER_ID_INVALID"),
        row("the highest number of dialogs", dialogs(|call| call.limit = i32::MAX), "accepted"),
        row(
            "-1 dialogs before a time to come",
            dialogs(|call| (call.limit, call.offset_date) = (-1, i32::MAX)),
            "accepted",
        ),
        row(
            "dialogs from a group on",
            dialogs(|call| call.offset_peer = tl::InputPeer::InputPeerChat { chat_id: 9 }),
            "400 OFFSET_PEER_ID_INVALID",
        ),
    ]
}

/// Numbers of messages that are not there, or not hers.
fn numbers(known: &Known) -> Vec<Row> {
    let bob = || known.bob.clone();
    let edit = |id| {
        let message = Some("y".into());
        tl::messages::EditMessage { peer: bob(), id, message, ..Default::default() }
    };
    let answer = |reply_to_msg_id| {
        let to = fields::InputReplyToMessage { reply_to_msg_id, ..Default::default() };
        tl::messages::SendMessage { reply_to: Some(to.into()), ..text(&known.bob, "x", 100) }
    };
    let quote = |quote: &str| {
        let quote_text = Some(quote.to_owned());
        let to =
            fields::InputReplyToMessage { reply_to_msg_id: known.theirs, quote_text, ..Default::default() };
        tl::messages::SendMessage { reply_to: Some(to.into()), ..text(&known.bob, "x", 100) }
    };
    let react = |msg_id, emoticon: String| {
        let reaction = Some(vec![tl::Reaction::ReactionEmoji { emoticon }]);
        tl::messages::SendReaction { peer: bob(), msg_id, reaction, ..Default::default() }
    };
    let pin = |id| tl::messages::UpdatePinnedMessage { peer: bob(), id, ..Default::default() };
    let vote = |msg_id| tl::messages::SendVote { peer: bob(), msg_id, options: vec![vec![0; 200]; 50] };
    let mut rows = vec![
        row("edit what somebody else wrote", edit(known.theirs), "403 MESSAGE_AUTHOR_REQUIRED"),
        row("quote what was not said", quote("never said"), "400 QUOTE_TEXT_INVALID"),
        row("quote nothing", quote(""), "400 MESSAGE_EMPTY"),
        row("react with a megabyte", react(known.theirs, "x".repeat(500_000)), "400 REACTION_INVALID"),
        row("react with nothing", react(known.theirs, String::new()), "400 REACTION_INVALID"),
        row("vote in what is no poll", vote(known.theirs), "400 MESSAGE_ID_INVALID"),
    ];
    for id in [0, -1, known.foreign, i32::MAX, i32::MIN] {
        let named = |what: &str| format!("{what} message {id}");
        rows.push(row(named("edit"), edit(id), "400 MESSAGE_ID_INVALID"));
        // Number 0 answers nothing, and clients say it.
        let wanted = "400 REPLY_MESSAGE_ID_INVALID";
        rows.push(row(named("answer"), answer(id), wanted));
        rows.push(row(named("react to"), react(id, "\u{2764}".into()), "400 MESSAGE_ID_INVALID"));
        rows.push(row(named("pin"), pin(id), "400 MESSAGE_ID_INVALID"));
        rows.push(row(named("vote in"), vote(id), "400 MESSAGE_ID_INVALID"));
        let delete = tl::messages::DeleteMessages { revoke: true, id: vec![id] };
        rows.push(row(named("delete"), delete, "accepted"));
        let read = tl::messages::ReadMessageContents { id: vec![id] };
        rows.push(row(named("mark as seen"), read, "accepted"));
    }
    rows
}

/// Times that cannot be.
fn dates(known: &Known) -> Vec<Row> {
    let bob = || known.bob.clone();
    let timer = |period| tl::messages::SetHistoryTTL { peer: bob(), period };
    let mut rows = vec![
        row("a timer below 0", timer(-1), "400 TTL_PERIOD_INVALID"),
        row("a timer of the highest number", timer(i32::MAX), "400 TTL_PERIOD_INVALID"),
        row("no timer where there is none", timer(0), "400 CHAT_NOT_MODIFIED"),
    ];
    // Nothing is kept to be sent later; whoever asks for it is told, whatever the time, and the list of it is empty.
    for date in [i32::MIN, 1, 2_000_000_000, i32::MAX] {
        let schedule_date = Some(date);
        let say = tl::messages::SendMessage { schedule_date, ..text(&known.bob, "x", 100) };
        rows.push(row(format!("say something at {date}"), say, "400 SCHEDULE_DATE_INVALID"));
        let (id, random_id) = (vec![known.mine], vec![100]);
        let (from_peer, to_peer) = (bob(), bob());
        let forward = tl::messages::ForwardMessages {
            from_peer,
            to_peer,
            id,
            random_id,
            schedule_date,
            ..Default::default()
        };
        rows.push(row(format!("forward at {date}"), forward, "400 SCHEDULE_DATE_INVALID"));
    }
    for date in [i32::MIN, -1, 1, i32::MAX] {
        let delete = tl::messages::DeleteHistory {
            peer: bob(),
            max_date: Some(date),
            min_date: Some(date),
            ..Default::default()
        };
        let wanted = if date <= 0 { "400 MAX_DATE_INVALID" } else { "accepted" };
        rows.push(row(format!("delete what is of the time {date}"), delete, wanted));
    }
    let difference = |pts, date| tl::updates::GetDifference { pts, date, ..Default::default() };
    rows.push(row("a difference from 0 on", difference(0, 0), "400 PERSISTENT_TIMESTAMP_EMPTY"));
    rows.push(row("a difference from -1 on", difference(-1, 1), "400 PERSISTENT_TIMESTAMP_EMPTY"));
    rows.push(row(
        "a difference from a counter to come on",
        difference(i32::MAX, i32::MAX),
        "400 PERSISTENT_TIMESTAMP_INVALID",
    ));
    let limits =
        tl::updates::GetDifference { pts_limit: Some(-1), pts_total_limit: Some(-1), ..difference(1, 1) };
    rows.push(row("a difference of -1", limits, "accepted"));
    rows
}

/// Lists that are empty, too long, or say something twice.
fn lists(known: &Known) -> Vec<Row> {
    let forward = |id: Vec<i32>, random_id: Vec<i64>| tl::messages::ForwardMessages {
        from_peer: known.bob.clone(),
        to_peer: known.bob.clone(),
        id,
        random_id,
        ..Default::default()
    };
    let many = |count: i32| (1..=count).collect::<Vec<_>>();
    let randoms = |count: i64| (1_000..1_000 + count).collect::<Vec<_>>();
    vec![
        row("forward nothing", forward(vec![], vec![]), "400 MESSAGE_IDS_EMPTY"),
        row(
            "forward with too few random ids",
            forward(vec![known.mine, known.theirs], vec![7]),
            "400 RANDOM_ID_INVALID",
        ),
        row(
            "forward with one random id twice",
            forward(vec![known.mine, known.theirs], vec![7, 7]),
            "400 RANDOM_ID_INVALID",
        ),
        row("forward with the random id 0", forward(vec![known.mine], vec![0]), "400 RANDOM_ID_EMPTY"),
        row("forward what is not there", forward(vec![known.foreign], vec![7]), "400 MESSAGE_ID_INVALID"),
        row(
            "forward one that is there and one that is not",
            forward(vec![known.mine, known.foreign], vec![7, 8]),
            "400 MESSAGE_ID_INVALID",
        ),
        row("forward 101", forward(many(101), randoms(101)), "400 LIMIT_INVALID"),
        row(
            "delete 5,000",
            tl::messages::DeleteMessages { revoke: true, id: vec![known.foreign; 5_000] },
            "400 LIMIT_INVALID",
        ),
        row(
            "look at 5,000",
            tl::messages::GetMessages { id: vec![tl::InputMessage::InputMessageID { id: 1 }; 5_000] },
            "400 LIMIT_INVALID",
        ),
    ]
}
