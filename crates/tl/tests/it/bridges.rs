//! What a version means in terms of another, by example: one line for each bridge.

use ids::Layer;
use tl::layer::{self, LayerError};
use tl::schema;

use crate::notation::{bytes, text};

const CANONICAL: u16 = 230;

/// What `new` is in `layer`, and back: `old`, which raised is `new` again.
fn both(layer: u16, new: &str, old: &str) {
    down(layer, new, old);
    up(layer, old, new);
}

fn down(layer: u16, new: &str, old: &str) {
    let mut out = Vec::new();
    let done = layer::lower(&bytes(CANONICAL, "", new), Layer(layer), &mut out);
    assert_eq!(done.map(|()| text(layer, "", &out)), Ok(old.to_owned()), "{new} to {layer}");
}

fn up(layer: u16, old: &str, new: &str) {
    let mut out = Vec::new();
    let done = layer::raise(&bytes(layer, "", old), Layer(layer), &mut out);
    assert_eq!(done.map(|()| text(CANONICAL, "", &out)), Ok(new.to_owned()), "{old} from {layer}");
}

/// `new` cannot be said in `layer`.
fn formless(layer: u16, new: &str) {
    let mut out = Vec::new();
    let done = layer::lower(&bytes(CANONICAL, "", new), Layer(layer), &mut out);
    assert!(matches!(done, Err(LayerError::NoForm { .. })) && out.is_empty(), "{new} to {layer}");
}

/// The answer `new` to `method` is `old` in `layer`, and back.
fn answer(layer: u16, method: &str, new: &str, old: &str) {
    answer_down(layer, method, new, old);
    let called = schema::by_name(method, Layer(layer)).unwrap();
    let canonical = called.canonical().unwrap();
    let mut out = Vec::new();
    let old = bytes(layer, &called.result(), old);
    layer::raise_result(called.id(), &old, Layer(layer), &mut out).unwrap();
    assert_eq!(text(CANONICAL, &canonical.result(), &out), new, "{method} from {layer}");
}

fn answer_down(layer: u16, method: &str, new: &str, old: &str) {
    let called = schema::by_name(method, Layer(layer)).unwrap();
    let canonical = called.canonical().unwrap();
    let mut out = Vec::new();
    let new = bytes(CANONICAL, &canonical.result(), new);
    layer::lower_result(called.id(), &new, Layer(layer), &mut out).unwrap();
    assert_eq!(text(layer, &called.result(), &out), old, "{method} to {layer}");
    let mut by_canonical_id = Vec::new();
    layer::lower_result(canonical.id(), &new, Layer(layer), &mut by_canonical_id).unwrap();
    assert_eq!(by_canonical_id, out, "{method} to {layer}");
}

#[test]
fn replies() {
    let send = "peer:inputPeerSelf message:\"hi\" random_id:7";
    both(
        148,
        &format!(
            "messages.sendMessage{{peer:inputPeerSelf reply_to:inputReplyToMessage{{reply_to_msg_id:77 top_msg_id:55}} {}}}",
            &send[19..]
        ),
        &format!(
            "messages.sendMessage{{peer:inputPeerSelf reply_to_msg_id:77 top_msg_id:55 {}}}",
            &send[19..]
        ),
    );
    up(
        158,
        "messages.sendMessage{peer:inputPeerSelf top_msg_id:55 message:\"hi\"}",
        "messages.sendMessage{peer:inputPeerSelf reply_to:inputReplyToMessage{reply_to_msg_id:55 top_msg_id:55} message:\"hi\"}",
    );
    both(
        143,
        "messages.sendMessage{peer:inputPeerSelf reply_to:inputReplyToMessage{reply_to_msg_id:77} message:\"hi\"}",
        "messages.sendMessage{peer:inputPeerSelf reply_to_msg_id:77 message:\"hi\"}",
    );
    down(
        158,
        "messages.sendMessage{peer:inputPeerSelf reply_to:inputReplyToStory{peer:inputPeerSelf story_id:1} message:\"hi\"}",
        "messages.sendMessage{peer:inputPeerSelf message:\"hi\"}",
    );
    both(
        158,
        "draftMessage{reply_to:inputReplyToMessage{reply_to_msg_id:3} message:\"d\" date:9}",
        "draftMessage{reply_to_msg_id:3 message:\"d\" date:9}",
    );
    both(
        158,
        "messages.sendScreenshotNotification{peer:inputPeerSelf reply_to:inputReplyToMessage{reply_to_msg_id:3}}",
        "messages.sendScreenshotNotification{peer:inputPeerSelf reply_to_msg_id:3}",
    );
    both(143, "messageReplyHeader{reply_to_msg_id:4}", "messageReplyHeader{reply_to_msg_id:4}");
    formless(143, "messageReplyHeader{reply_from:messageFwdHeader{date:1}}");
    both(
        165,
        "inputReplyToStory{peer:inputPeerUser{user_id:1 access_hash:2} story_id:3}",
        "inputReplyToStory{user_id:inputUser{user_id:1 access_hash:2} story_id:3}",
    );
    both(
        165,
        "inputReplyToStory{peer:inputPeerUserFromMessage{peer:inputPeerSelf msg_id:4 user_id:1} story_id:3}",
        "inputReplyToStory{user_id:inputUserFromMessage{peer:inputPeerSelf msg_id:4 user_id:1} story_id:3}",
    );
}

#[test]
fn colours_and_stories_of_peers() {
    both(158, "user{id:5 first_name:\"A\"}", "user{id:5 first_name:\"A\"}");
    down(158, "user{id:5 color:peerColor{color:2}}", "user{id:5}");
    both(
        166,
        "user{id:5 stories_max_id:recentStory{max_id:9} color:peerColor{color:2 background_emoji_id:4}}",
        "user{id:5 stories_max_id:9 color:2 background_emoji_id:4}",
    );
    both(166, "user{id:5 color:peerColor{background_emoji_id:4}}", "user{id:5 background_emoji_id:4}");
    both(
        166,
        "channel{id:5 photo:chatPhotoEmpty color:peerColor{color:2}}",
        "channel{id:5 photo:chatPhotoEmpty color:2}",
    );
    both(
        167,
        "account.updateColor{color:peerColor{color:3 background_emoji_id:4}}",
        "account.updateColor{color:3 background_emoji_id:4}",
    );
    answer(164, "stories.getPeerMaxIDs", "[recentStory{max_id:3} recentStory]", "[3 0]");
    answer(160, "users.getStoriesMaxIDs", "[recentStory{max_id:3}]", "[3]");
    both(160, "stories.getPeerMaxIDs{id:[inputPeerSelf]}", "users.getStoriesMaxIDs{id:[inputUserSelf]}");
    both(
        160,
        "updateStory{peer:peerUser{user_id:1} story:storyItemDeleted{id:2}}",
        "updateStory{user_id:1 story:storyItemDeleted{id:2}}",
    );
    formless(160, "updateStory{peer:peerChannel{channel_id:1} story:storyItemDeleted{id:2}}");
    both(160, "stories.getPeerStories{peer:inputPeerSelf}", "stories.getUserStories{user_id:inputUserSelf}");
    answer(
        160,
        "stories.getUserStories",
        "stories.peerStories{stories:peerStories{peer:peerUser{user_id:1}}}",
        "stories.userStories{stories:userStories{user_id:1}}",
    );
    up(
        160,
        "stories.togglePinned{id:[1] pinned:true}",
        "stories.togglePinned{peer:inputPeerSelf id:[1] pinned:true}",
    );
    both(
        216,
        "updateGroupCall{peer:peerChat{chat_id:6} call:groupCallDiscarded{id:1}}",
        "updateGroupCall{chat_id:6 call:groupCallDiscarded{id:1}}",
    );
}

#[test]
fn texts_that_had_no_entities() {
    both(
        178,
        "poll{question:textWithEntities{text:\"q\"} answers:[pollAnswer{text:textWithEntities{text:\"a\"} option:#30}]}",
        "poll{question:\"q\" answers:[pollAnswer{text:\"a\" option:#30}]}",
    );
    down(
        178,
        "dialogFilter{id:2 title:textWithEntities{text:\"t\" entities:[messageEntityBold{length:1}]}}",
        "dialogFilter{id:2 title:\"t\"}",
    );
    both(
        151,
        "messages.translateText{peer:inputPeerSelf id:[4] text:[textWithEntities{text:\"t\"}] to_lang:\"de\"}",
        "messages.translateText{peer:inputPeerSelf msg_id:4 text:\"t\" to_lang:\"de\"}",
    );
}

#[test]
fn reactions_that_were_emoji() {
    both(
        143,
        "messageReactions{results:[reactionCount{chosen_order:0 reaction:reactionEmoji{emoticon:\"+\"} count:2}]}",
        "messageReactions{results:[reactionCount{chosen:true reaction:\"+\" count:2}]}",
    );
    down(
        144,
        "messageReactions{results:[reactionCount{reaction:reactionCustomEmoji{document_id:1} count:2}]}",
        "messageReactions",
    );
    both(
        143,
        "messages.sendReaction{peer:inputPeerSelf msg_id:1 reaction:[reactionEmoji{emoticon:\"+\"}]}",
        "messages.sendReaction{peer:inputPeerSelf msg_id:1 reaction:\"+\"}",
    );
    up(
        143,
        "messages.sendReaction{peer:inputPeerSelf msg_id:1 reaction:\"\"}",
        "messages.sendReaction{peer:inputPeerSelf msg_id:1 reaction:[]}",
    );
    both(
        144,
        "messages.setChatAvailableReactions{peer:inputPeerSelf available_reactions:chatReactionsSome{reactions:[reactionEmoji{emoticon:\"+\"}]}}",
        "messages.setChatAvailableReactions{peer:inputPeerSelf available_reactions:[\"+\"]}",
    );
    both(
        144,
        "messages.setChatAvailableReactions{peer:inputPeerSelf available_reactions:chatReactionsNone}",
        "messages.setChatAvailableReactions{peer:inputPeerSelf}",
    );
    both(
        198,
        "updatePaidReactionPrivacy{private:paidReactionPrivacyAnonymous}",
        "updatePaidReactionPrivacy{private:true}",
    );
}

#[test]
fn buttons() {
    let markup = |rows: &str| format!("replyInlineMarkup{{rows:[{rows}]}}");
    let new = "keyboardInlineButtonRow{buttons:[keyboardInlineButton{text:\"go\" type:inlineButtonTypeUrl{url:\"u\"}} \
        keyboardInlineButton{text:\"do\" type:inlineButtonTypeCallback{requires_password:true data:#01}}]}";
    let old = "keyboardButtonRow{buttons:[keyboardButtonUrl{text:\"go\" url:\"u\"} \
        keyboardButtonCallback{requires_password:true text:\"do\" data:#01}]}";
    for layer in [143, 214, 228] {
        both(layer, &markup(new), &markup(old));
    }
    let keys =
        |buttons: &str| format!("replyKeyboardMarkup{{rows:[keyboardButtonRow{{buttons:[{buttons}]}}]}}");
    for layer in [143, 222] {
        both(
            layer,
            &keys(
                "keyboardButton{text:\"a\" type:buttonTypeDefault} keyboardButton{text:\"b\" type:buttonTypeRequestPhone}",
            ),
            &keys("keyboardButton{text:\"a\"} keyboardButtonRequestPhone{text:\"b\"}"),
        );
    }
    // A kind that layer 143 does not know is left out, and a row without buttons with it.
    down(
        143,
        &markup(
            "keyboardInlineButtonRow{buttons:[keyboardInlineButton{text:\"c\" type:inlineButtonTypeCopy{copy_text:\"x\"}}]}",
        ),
        "replyInlineMarkup",
    );
    down(
        228,
        "replyInlineMarkup{rows:[keyboardInlineButtonRow{buttons:[keyboardInlineButton{style:keyboardButtonStyle{bg_danger:true} \
        text:\"c\" type:inlineButtonTypeGame}]}]}",
        "replyInlineMarkup{rows:[keyboardButtonRow{buttons:[keyboardButtonGame{style:keyboardButtonStyle{bg_danger:true} text:\"c\"}]}]}",
    );
}

#[test]
fn quizzes() {
    let answers = |text: &dyn Fn(&str) -> String| {
        format!("pollAnswer{{text:{} option:#30}} pollAnswer{{text:{} option:#31}}", text("a"), text("b"))
    };
    let new = |text: &str| format!("textWithEntities{{text:\"{text}\"}}");
    let old = |text: &str| format!("\"{text}\"");
    both(
        158,
        &format!(
            "inputMediaPoll{{poll:poll{{quiz:true question:{} answers:[{}]}} correct_answers:[1]}}",
            new("q"),
            answers(&new)
        ),
        &format!(
            "inputMediaPoll{{poll:poll{{quiz:true question:{} answers:[{}]}} correct_answers:[#31]}}",
            old("q"),
            answers(&old)
        ),
    );
}

#[test]
fn gifts_and_stars() {
    both(216, "messageActionGiftPremium{days:90}", "messageActionGiftPremium{months:3}");
    down(216, "messageActionGiftPremium{days:3}", "messageActionGiftPremium{months:1}");
    both(194, "updateStarsBalance{balance:starsAmount{amount:5}}", "updateStarsBalance{balance:5}");
    formless(194, "updateStarsBalance{balance:starsTonAmount{amount:5}}");
    both(
        196,
        "payments.saveStarGift{stargift:inputSavedStarGiftUser{msg_id:4}}",
        "payments.saveStarGift{msg_id:4}",
    );
    both(
        210,
        "payments.updateStarGiftPrice{stargift:inputSavedStarGiftUser{msg_id:4} resell_amount:starsAmount{amount:9}}",
        "payments.updateStarGiftPrice{stargift:inputSavedStarGiftUser{msg_id:4} resell_stars:9}",
    );
    down(
        221,
        "starGiftAttributeModel{name:\"m\" document:documentEmpty{id:1} rarity:starGiftAttributeRarityRare}",
        "starGiftAttributeModel{name:\"m\" document:documentEmpty{id:1}}",
    );
}

#[test]
fn themes_names_and_topics() {
    both(
        211,
        "messageActionSetChatTheme{theme:chatTheme{emoticon:\"x\"}}",
        "messageActionSetChatTheme{emoticon:\"x\"}",
    );
    both(
        211,
        "messages.setChatTheme{peer:inputPeerSelf theme:inputChatThemeEmpty}",
        "messages.setChatTheme{peer:inputPeerSelf}",
    );
    both(
        147,
        "updateUserName{user_id:1 first_name:\"A\" usernames:[username{editable:true active:true username:\"a\"}]}",
        "updateUserName{user_id:1 first_name:\"A\" username:\"a\"}",
    );
    both(
        214,
        "messages.getForumTopics{peer:inputPeerChannel{channel_id:1 access_hash:2} limit:3}",
        "channels.getForumTopics{channel:inputChannel{channel_id:1 access_hash:2} limit:3}",
    );
    both(145, "emojiStatus{document_id:1}", "emojiStatus{document_id:1}");
    both(145, "emojiStatus{document_id:1 until:2}", "emojiStatusUntil{document_id:1 until:2}");
}

#[test]
fn answers_that_changed_their_type() {
    let updates = "updates{date:5}";
    answer(158, "messages.createChat", &format!("messages.invitedUsers{{updates:{updates}}}"), updates);
    answer(158, "channels.inviteToChannel", &format!("messages.invitedUsers{{updates:{updates}}}"), updates);
    answer(
        158,
        "messages.importChatInvite",
        &format!("messages.chatInviteJoinResultOk{{updates:{updates}}}"),
        updates,
    );
    answer(
        158,
        "messages.getDialogFilters",
        "messages.dialogFilters{filters:[dialogFilterDefault]}",
        "[dialogFilterDefault]",
    );
    answer(152, "help.getAppConfig", "help.appConfig{config:jsonNull}", "jsonNull");
    answer_down(
        152,
        "help.getAppConfig",
        "help.appConfig{hash:3 config:jsonNumber{value:1}}",
        "jsonNumber{value:1}",
    );
    answer(
        158,
        "messages.getWebPagePreview",
        "messages.webPagePreview{media:messageMediaEmpty}",
        "messageMediaEmpty",
    );
    answer(143, "messages.getWebPage", "messages.webPage{webpage:webPageEmpty{id:1}}", "webPageEmpty{id:1}");
    answer(188, "messages.report", "reportResultReported", "true");
    answer_down(188, "messages.report", "reportResultAddComment{option:#01}", "false");
    answer(202, "stories.canSendStory", "stories.canSendStoryCount{count_remains:1}", "true");
    answer_down(152, "messages.getMessageReadParticipants", "[readParticipantDate{user_id:4 date:5}]", "[4]");
    answer(154, "bots.getBotInfo", "bots.botInfo{about:\"a\" description:\"d\"}", "[\"a\" \"d\"]");
    answer_down(199, "users.getIsPremiumRequiredToContact", "[requirementToContactPremium]", "[true]");
    answer(144, "account.verifyEmail", "account.emailVerified", "true");
    answer(
        143,
        "channels.getSendAs",
        "channels.sendAsPeers{peers:[sendAsPeer{peer:peerUser{user_id:1}}]}",
        "channels.sendAsPeers{peers:[peerUser{user_id:1}]}",
    );
    answer(
        158,
        "messages.requestSimpleWebView",
        "webViewResultUrl{url:\"u\"}",
        "simpleWebViewResultUrl{url:\"u\"}",
    );
    answer(
        167,
        "stats.getMessagePublicForwards",
        "stats.publicForwards{count:1 forwards:[publicForwardMessage{message:messageEmpty{id:3}}]}",
        "messages.messagesSlice{count:1 messages:[messageEmpty{id:3}]}",
    );
    answer_down(
        202,
        "help.getPromoData",
        "help.promoData{expires:1 peer:peerUser{user_id:2} psa_type:\"p\"}",
        "help.promoData{expires:1 peer:peerUser{user_id:2} psa_type:\"p\"}",
    );
    answer_down(202, "help.getPromoData", "help.promoData{expires:1}", "help.promoDataEmpty{expires:1}");
}

#[test]
fn the_inexpressible_is_replaced() {
    let message =
        |rest: &str| format!("message{{id:1 peer_id:peerUser{{user_id:2}} date:3 message:\"m\"{rest}}}");
    down(
        158,
        &message(" media:messageMediaToDo{todo:todoList{title:textWithEntities}}"),
        &message(" media:messageMediaUnsupported"),
    );
    down(
        158,
        "messageService{id:1 peer_id:peerUser{user_id:2} date:3 action:messageActionTodoAppendTasks}",
        "messageService{id:1 peer_id:peerUser{user_id:2} date:3 action:messageActionEmpty}",
    );
    down(158, &message(" factcheck:factCheck{hash:1}"), &message(""));
    down(
        158,
        &message(" entities:[messageEntityBold{length:1}]"),
        &message(" entities:[messageEntityBold{length:1}]"),
    );
    // An update that only newer layers know vanishes; alone, it leaves an empty container.
    down(
        158,
        "updates{updates:[updateStarsBalance{balance:starsAmount} updateNewMessage{message:messageEmpty{id:1} pts:2 pts_count:1}] date:3}",
        "updates{updates:[updateNewMessage{message:messageEmpty{id:1} pts:2 pts_count:1}] date:3}",
    );
    down(158, "updateShort{update:updateStarsBalance{balance:starsAmount} date:3}", "updates");
}

#[test]
fn quick_facts_of_old_layers() {
    both(
        214,
        "updatePinnedForumTopic{pinned:true peer:peerChannel{channel_id:1} topic_id:2}",
        "updateChannelPinnedTopic{pinned:true channel_id:1 topic_id:2}",
    );
    down(
        152,
        "config{this_dc:2 dc_txt_domain_name:\"\" me_url_prefix:\"m\"}",
        "config{this_dc:2 saved_gifs_limit:200 stickers_faved_limit:5 pinned_dialogs_count_max:5 \
        pinned_infolder_count_max:100 me_url_prefix:\"m\"}",
    );
    both(
        198,
        "messages.sendPaidReaction{peer:inputPeerSelf private:paidReactionPrivacyDefault}",
        "messages.sendPaidReaction{peer:inputPeerSelf private:false}",
    );
    both(
        158,
        "updatePeerBlocked{blocked:true peer_id:peerUser{user_id:1}}",
        "updatePeerBlocked{peer_id:peerUser{user_id:1} blocked:true}",
    );
    both(158, "documentAttributeVideo{duration:3 w:1 h:2}", "documentAttributeVideo{duration:3 w:1 h:2}");
    down(158, "documentAttributeVideo{duration:2.6 w:1 h:2}", "documentAttributeVideo{duration:3 w:1 h:2}");
    both(
        158,
        "globalPrivacySettings{archive_and_mute_new_noncontact_peers:true}",
        "globalPrivacySettings{archive_and_mute_new_noncontact_peers:true}",
    );
    both(
        176,
        "account.updateConnectedBot{bot:inputUserSelf recipients:inputBusinessBotRecipients{contacts:true}}",
        "account.updateConnectedBot{bot:inputUserSelf recipients:inputBusinessRecipients{contacts:true}}",
    );
    both(
        187,
        "messageMediaDocument{alt_documents:[documentEmpty{id:1}]}",
        "messageMediaDocument{alt_document:documentEmpty{id:1}}",
    );
    both(
        181,
        "updateMessageExtendedMedia{peer:peerUser{user_id:1} msg_id:2 extended_media:[messageExtendedMediaPreview]}",
        "updateMessageExtendedMedia{peer:peerUser{user_id:1} msg_id:2 extended_media:messageExtendedMediaPreview}",
    );
    both(
        158,
        "messages.votesList{count:1 votes:[messagePeerVote{peer:peerUser{user_id:1} option:#30 date:2}]}",
        "messages.votesList{count:1 votes:[messageUserVote{user_id:1 option:#30 date:2}]}",
    );
}
