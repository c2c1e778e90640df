//! What the clients that nobody can run here ask from the login to an idle main screen, each in its layer, in its order and with
//! its parameters: every call is answered, or refused with the error after which that client goes on.
//!
//! The lists were read off the sources of Telegram Desktop (of September 2025) and Web A; that of Web K in part, the rest is what
//! it is known to call.

use ids::Layer;
use tl::schema::{self, Value};

use crate::world::{Device, Person, World, rpc_text};

/// A call, and what it is answered.
struct Ask {
    method: &'static str,
    fields: Vec<(&'static str, Value)>,
    /// The error after which the client goes on; none for an answer.
    refused: &'static str,
}

fn ask(method: &'static str, fields: impl IntoIterator<Item = (&'static str, Value)>) -> Ask {
    Ask { method, fields: fields.into_iter().collect(), refused: "" }
}

/// A call without anything of its own: hashes of 0, no limits.
fn bare(method: &'static str) -> Ask {
    ask(method, [])
}

fn refused(asked: Ask, error: &'static str) -> Ask {
    Ask { refused: error, ..asked }
}

fn object<const N: usize>(name: &str, fields: [(&str, Value); N]) -> Value {
    let fields = fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Value::Object { name: name.to_owned(), fields }
}

fn one(name: &str) -> Value {
    object(name, [])
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn yes() -> Value {
    Value::Bool(true)
}

fn peer(world: &World, of: Person, whom: Person) -> Value {
    let hash = world.env.hashes.of(of.id, whom.id);
    object("inputPeerUser", [("user_id", Value::Int(whom.id.0)), ("access_hash", Value::Int(hash))])
}

/// A page of dialogs of a folder.
fn dialogs(folder: i64, limit: i64) -> Ask {
    let fields = [("exclude_pinned", yes()), ("folder_id", Value::Int(folder)), ("limit", Value::Int(limit))];
    ask("messages.getDialogs", fields.into_iter().chain([("offset_peer", one("inputPeerEmpty"))]))
}

fn pinned(folder: i64) -> Ask {
    ask("messages.getPinnedDialogs", [("folder_id", Value::Int(folder))])
}

fn notify(of: &str) -> Ask {
    ask("account.getNotifySettings", [("peer", one(of))])
}

/// Sets that a server has besides those of its users. There are none: clients look again after a while.
fn sets(names: &[&str]) -> Vec<Ask> {
    let of = |name: &&str| ask("messages.getStickerSet", [("stickerset", one(name))]);
    names.iter().map(of).map(|asked| refused(asked, "STICKERSET_INVALID")).collect()
}

fn reactions() -> Vec<Ask> {
    let limited = |method, limit| ask(method, [("limit", Value::Int(limit))]);
    vec![
        bare("messages.getAvailableReactions"),
        limited("messages.getTopReactions", 14),
        limited("messages.getRecentReactions", 40),
        bare("messages.getDefaultTagReactions"),
        bare("messages.getSavedReactionTags"),
        bare("messages.getAvailableEffects"),
    ]
}

fn stickers() -> Vec<Ask> {
    vec![
        bare("messages.getAllStickers"),
        bare("messages.getEmojiStickers"),
        bare("messages.getRecentStickers"),
        bare("messages.getFavedStickers"),
        bare("messages.getFeaturedStickers"),
        bare("messages.getFeaturedEmojiStickers"),
        bare("messages.getSavedGifs"),
    ]
}

fn top_peers(kind: &'static str) -> Ask {
    ask("contacts.getTopPeers", [(kind, yes()), ("limit", Value::Int(64))])
}

fn own_full() -> Ask {
    ask("users.getFullUser", [("id", one("inputUserSelf"))])
}

/// What to show as a QR code.
fn login_token() -> Ask {
    ask("auth.exportLoginToken", [("api_id", Value::Int(1)), ("api_hash", text("x"))])
}

/// Telegram Desktop before a login. Its own words stand in for those of a language pack.
fn desktop_before() -> Vec<Ask> {
    let pack = [("lang_pack", text("tdesktop")), ("lang_code", text("en"))];
    vec![
        bare("help.getConfig"),
        bare("help.getNearestDc"),
        ask("langpack.getLanguages", [("lang_pack", text("tdesktop"))]),
        refused(ask("langpack.getLangPack", pack), "LANG_PACK_INVALID"),
        ask("help.getCountriesList", [("lang_code", text("en"))]),
        bare("help.getAppConfig"),
        login_token(),
    ]
}

fn desktop(peer: &Value) -> Vec<Ask> {
    let own = [("peer", one("inputPeerSelf"))];
    let mut all = vec![
        bare("help.getTermsOfServiceUpdate"),
        own_full(),
        notify("inputNotifyUsers"),
        notify("inputNotifyChats"),
        notify("inputNotifyBroadcasts"),
        bare("updates.getState"),
        bare("messages.getDialogFilters"),
        bare("messages.getSuggestedDialogFilters"),
    ];
    all.extend(reactions());
    all.extend([dialogs(0, 20), pinned(0), ask("account.updateStatus", [("offline", Value::Bool(false))])]);
    all.extend([bare("contacts.getContacts"), bare("contacts.getStatuses"), dialogs(0, 500), dialogs(1, 20)]);
    all.push(pinned(1));
    all.extend(sets(&["inputStickerSetAnimatedEmoji", "inputStickerSetEmojiGenericAnimations"]));
    all.extend([
        bare("messages.getAttachMenuBots"),
        bare("help.getPromoData"),
        bare("contacts.getBirthdays"),
        top_peers("correspondents"),
        top_peers("bots_app"),
        bare("stories.getAllStories"),
        bare("help.getPremiumPromo"),
        bare("help.getPeerColors"),
        bare("account.getGlobalPrivacySettings"),
        ask("account.getNotifyExceptions", [("peer", one("inputNotifyUsers"))]),
        bare("account.getChatThemes"),
        ask("account.getThemes", [("format", text("tdesktop"))]),
        bare("account.getContactSignUpNotification"),
        bare("account.getSavedRingtones"),
        bare("account.getRecentEmojiStatuses"),
        bare("account.getDefaultEmojiStatuses"),
        ask("messages.getEmojiKeywordsLanguages", [("lang_codes", Value::List(vec![text("en")]))]),
        // The balance of stars stays unknown, and is shown nowhere.
        refused(ask("payments.getStarsStatus", own), "INPUT_METHOD_INVALID"),
        bare("messages.getQuickReplies"),
        bare("messages.getMaskStickers"),
    ]);
    all.extend(stickers());
    all.extend([
        ask("messages.getHistory", [("peer", peer.clone()), ("limit", Value::Int(50))]),
        ask("messages.getPeerSettings", [("peer", peer.clone())]),
        ask("messages.getScheduledHistory", [("peer", peer.clone())]),
    ]);
    all
}

/// Web A on a computer shows a QR code before anything else; an error to this is the end of it.
fn web_a_before() -> Vec<Ask> {
    vec![bare("help.getConfig"), login_token()]
}

/// Web A: everything at once as soon as the first page of dialogs is there.
fn web_a(peer: &Value) -> Vec<Ask> {
    let whole =
        [("offset_peer", one("inputPeerEmpty")), ("limit", Value::Int(100)), ("exclude_pinned", yes())];
    let pack = [("lang_pack", text("weba")), ("lang_code", text("en"))];
    let mut all = vec![
        bare("updates.getState"),
        own_full(),
        ask("messages.getDialogs", whole),
        bare("messages.getPinnedDialogs"),
        ask(
            "messages.getHistory",
            [("peer", peer.clone()), ("limit", Value::Int(60)), ("add_offset", Value::Int(-31))],
        ),
        dialogs(1, 100),
        pinned(1),
        ask("account.updateStatus", [("offline", Value::Bool(false))]),
        bare("help.getConfig"),
        bare("help.getAppConfig"),
        bare("help.getPeerColors"),
        bare("help.getPeerProfileColors"),
    ];
    all.extend(reactions());
    all.extend(sets(&[
        "inputStickerSetAnimatedEmoji",
        "inputStickerSetAnimatedEmojiAnimations",
        "inputStickerSetEmojiGenericAnimations",
        "inputStickerSetPremiumGifts",
        "inputStickerSetEmojiDefaultTopicIcons",
    ]));
    all.extend([
        notify("inputNotifyUsers"),
        notify("inputNotifyChats"),
        notify("inputNotifyBroadcasts"),
        bare("account.getNotifyExceptions"),
        top_peers("bots_inline"),
        // No words are found for emoji, and none are asked for again in this language.
        refused(ask("messages.getEmojiKeywords", [("lang_code", text("en"))]), "LANG_CODE_NOT_SUPPORTED"),
        bare("messages.getAttachMenuBots"),
        bare("contacts.getContacts"),
        // The list of devices stays empty.
        refused(bare("account.getAuthorizations"), "INPUT_METHOD_INVALID"),
        ask("help.getCountriesList", [("lang_code", text("en"))]),
        refused(ask("langpack.getLangPack", pack), "LANG_PACK_INVALID"),
        bare("messages.getCustomEmojiDocuments"),
        bare("messages.getDialogFilters"),
        bare("stories.getAllStories"),
        bare("help.getPromoData"),
    ]);
    all.extend(stickers());
    all
}

/// Web K: what its managers load when they begin, then what its first screen needs.
fn web_k(peer: &Value) -> Vec<Ask> {
    let own = Value::List(vec![one("inputUserSelf")]);
    let pack = [("lang_pack", text("web")), ("lang_code", text("en"))];
    let near = Value::List(vec![object("inputDialogPeer", [("peer", peer.clone())])]);
    let mut all = vec![
        bare("help.getConfig"),
        bare("help.getAppConfig"),
        refused(ask("langpack.getLangPack", pack), "LANG_PACK_INVALID"),
        ask("help.getCountriesList", [("lang_code", text("en"))]),
        ask("users.getUsers", [("id", own)]),
        bare("updates.getState"),
        ask("account.updateStatus", [("offline", Value::Bool(false))]),
        bare("messages.getDialogFilters"),
        pinned(0),
        dialogs(0, 100),
        pinned(1),
        dialogs(1, 100),
        ask("messages.getPeerDialogs", [("peers", near)]),
        notify("inputNotifyUsers"),
        notify("inputNotifyChats"),
        notify("inputNotifyBroadcasts"),
        bare("account.getNotifyExceptions"),
        bare("contacts.getContacts"),
        bare("contacts.getStatuses"),
        top_peers("correspondents"),
        ask("contacts.getBlocked", [("limit", Value::Int(50))]),
        bare("help.getPeerColors"),
        bare("help.getPeerProfileColors"),
        bare("help.getPromoData"),
        bare("help.getPremiumPromo"),
        bare("account.getGlobalPrivacySettings"),
        bare("account.getContentSettings"),
        bare("account.getWallPapers"),
        bare("account.getChatThemes"),
        bare("messages.getAttachMenuBots"),
        bare("messages.getAllDrafts"),
        bare("messages.getDialogUnreadMarks"),
        bare("messages.getPaidReactionPrivacy"),
        bare("stories.getAllStories"),
        bare("stories.getAllReadPeerStories"),
        own_full(),
    ];
    all.extend(reactions());
    all.extend(sets(&["inputStickerSetAnimatedEmoji", "inputStickerSetAnimatedEmojiAnimations"]));
    all.extend(stickers());
    all
}

/// Runs them one after the other, in the client's layer.
fn run(world: &mut World, device: Device, layer: u16, asked: Vec<Ask>) {
    let device = Device { layer: Some(Layer(layer)), ..device };
    for Ask { method, fields, refused } in asked {
        let fields = fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let (mut canonical, mut body) = (Vec::new(), Vec::new());
        schema::encode(&Value::Object { name: method.to_owned(), fields }, &mut canonical).expect(method);
        tl::layer::lower_request(&canonical, Layer(layer), &mut body)
            .map_err(|_| method)
            .expect("in this layer");
        assert_eq!(rpc_text(&world.run(device, &body)), refused, "{method} of layer {layer}");
    }
}

/// Somebody who has a chat with somebody.
fn begun() -> (World, Person, Value) {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    world.sent(boris, anna, "hello", 1);
    let peer = peer(&world, anna, boris);
    (world, anna, peer)
}

#[test]
fn telegram_desktop_comes_to_an_idle_main_screen() {
    let (mut world, anna, peer) = begun();
    let fresh = world.device();
    run(&mut world, fresh, 214, desktop_before());
    run(&mut world, anna.device, 214, desktop(&peer));
}

#[test]
fn web_a_comes_to_an_idle_main_screen() {
    let (mut world, anna, peer) = begun();
    let fresh = world.device();
    run(&mut world, fresh, 212, web_a_before());
    run(&mut world, anna.device, 212, web_a(&peer));
}

#[test]
fn web_k_comes_to_an_idle_main_screen() {
    let (mut world, anna, peer) = begun();
    run(&mut world, anna.device, 225, web_k(&peer));
}
