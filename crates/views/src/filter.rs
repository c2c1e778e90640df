//! `DialogFilter`: a folder of a user's own.
//!
//! Peers in it stand as inputs that the viewer can send back. Source: <https://core.telegram.org/constructor/dialogFilter>.

use domain::filter::{Filter, Filters, Kinds};
use domain::message::{FormatError, FormattedText};
use domain::{AccessHashes, Authed, Peer};
use tl::fields;

use crate::message_entity::{EntityError, entities, parse_entities};
use crate::peer::{PeerError, input_peer};

/// Why a filter cannot be taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FilterInputError {
    /// It is not a filter with lists and rules: shared folders are not served.
    Kind,
    /// A dialog in it is with nobody the caller may use.
    Peer(PeerError),
    /// Its name is too long, or marked as it cannot be.
    Title(FormatError),
    /// An entity of its name cannot be taken.
    Entity(EntityError),
}

/// All filters of the viewer, that of all dialogs in its place: TDLib takes a list without it for a mistake.
pub fn dialog_filters(hashes: &AccessHashes, by: Authed, filters: &Filters) -> Vec<tl::DialogFilter> {
    let mut all: Vec<_> = filters.filters.iter().map(|filter| dialog_filter(hashes, by, filter)).collect();
    all.insert(filters.before_all.min(all.len()), tl::DialogFilter::DialogFilterDefault);
    all
}

/// One filter.
pub(crate) fn dialog_filter(hashes: &AccessHashes, by: Authed, filter: &Filter) -> tl::DialogFilter {
    let peers = |of: &[Peer]| of.iter().map(|&with| as_input(hashes, by, with)).collect();
    let Kinds { contacts, non_contacts, groups, broadcasts, bots, .. } = filter.kinds;
    let Kinds { exclude_muted, exclude_read, exclude_archived, .. } = filter.kinds;
    let title = fields::TextWithEntities {
        text: filter.title.text().to_owned(),
        entities: entities(filter.title.entities()).unwrap_or_default(),
    };
    fields::DialogFilter {
        contacts,
        non_contacts,
        groups,
        broadcasts,
        bots,
        exclude_muted,
        exclude_read,
        exclude_archived,
        title_noanimate: filter.title_noanimate,
        id: filter.id.into(),
        title: title.into(),
        emoticon: filter.emoticon.clone(),
        color: filter.color,
        pinned_peers: peers(&filter.pinned),
        include_peers: peers(&filter.include),
        exclude_peers: peers(&filter.exclude),
    }
    .into()
}

/// The filter that a client sent, under the number that the call names.
///
/// # Errors
/// The [`FilterInputError`].
pub fn parse_filter(
    hashes: &AccessHashes,
    by: Authed,
    id: u8,
    input: &tl::DialogFilter,
) -> Result<Filter, FilterInputError> {
    let input = match input {
        tl::DialogFilter::DialogFilter(input) => input,
        tl::DialogFilter::DialogFilterChatlist(_) | tl::DialogFilter::DialogFilterDefault => {
            return Err(FilterInputError::Kind);
        }
    };
    let tl::TextWithEntities::TextWithEntities(title) = &input.title;
    let marks = parse_entities(hashes, by, &title.entities).map_err(FilterInputError::Entity)?;
    let peers = |of: &[tl::InputPeer]| {
        let known = |with| input_peer(hashes, by, with).map(domain::Known::peer);
        of.iter().map(known).collect::<Result<Vec<_>, _>>().map_err(FilterInputError::Peer)
    };
    Ok(Filter {
        id,
        title: FormattedText::caption(title.text.clone(), marks).map_err(FilterInputError::Title)?,
        title_noanimate: input.title_noanimate,
        emoticon: input.emoticon.clone(),
        color: input.color,
        kinds: Kinds {
            contacts: input.contacts,
            non_contacts: input.non_contacts,
            groups: input.groups,
            broadcasts: input.broadcasts,
            bots: input.bots,
            exclude_muted: input.exclude_muted,
            exclude_read: input.exclude_read,
            exclude_archived: input.exclude_archived,
        },
        pinned: peers(&input.pinned_peers)?,
        include: peers(&input.include_peers)?,
        exclude: peers(&input.exclude_peers)?,
    })
}

/// Whoever is in a filter by name: with the viewer's own access hash, also himself, since clients know no other form here.
fn as_input(hashes: &AccessHashes, by: Authed, with: Peer) -> tl::InputPeer {
    let access_hash = hashes.of(by.user(), with.user());
    tl::InputPeer::InputPeerUser { user_id: with.user().0, access_hash }
}
