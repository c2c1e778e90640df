//! Private things do not print (P31): these types have neither `Debug` nor `Display`, so that a log line with one in it
//! does not compile.

use std::fmt::{Debug, Display};

use domain::{
    About, ContactName, PersonName, PhoneNumber, account, authorization, contact, login, message, profile,
    username,
};

/// Two ways to be one thing: naming it fails to compile exactly when the second applies too, because then it is
/// ambiguous which one is meant.
trait Silent<Way> {
    fn is_silent() {}
}

struct Prints<T: ?Sized>(std::marker::PhantomData<T>);

impl<T: ?Sized> Silent<()> for T {}
impl<T: ?Sized + Debug> Silent<Prints<dyn Debug>> for T {}
impl<T: ?Sized + Display> Silent<Prints<dyn Display>> for T {}

macro_rules! silent {
    ($($type:ty),+ $(,)?) => {
        $(<$type as Silent<_>>::is_silent();)+
    };
}

#[test]
fn p31_private_types_do_not_print() {
    silent!(
        PhoneNumber,
        PersonName,
        ContactName,
        About,
        account::Account,
        account::NewProfile,
        authorization::KeyBytes,
        authorization::StoredKey,
        authorization::Client,
        authorization::ClientText,
        contact::Contact,
        contact::NewContact,
        contact::BookPage,
        contact::HolderPage,
        login::Code,
        login::CodeHash,
        login::Issued,
        login::Verified,
        message::Media,
        message::NewPoll,
        message::Poll,
        message::PollOption,
        message::Quiz,
        message::Quote,
        message::Vote,
        message::Voted,
        message::Reaction,
        message::NewText,
        message::Edited,
        message::MessageText,
        message::FormattedText,
        message::Entity,
        message::EntityKind,
        message::Message,
        message::MessageRow,
        message::NewMessage,
        message::Sent,
        message::History,
        username::Username,
        username::UsernamePage,
        profile::Person,
        profile::Profile,
    );
}
