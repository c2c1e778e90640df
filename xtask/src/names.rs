//! The names of a method: in the schema, as a file, as a Rust type; and which name was meant.

/// The folder of methods whose name has no namespace.
pub(crate) const ROOT: &str = "root";

/// The namespace of a method as the folder that holds it: `messages.sendMessage` is in `messages`.
pub(crate) fn folder(method: &str) -> &str {
    method.split_once('.').map_or(ROOT, |(namespace, _)| namespace)
}

/// The file of a method, without folder and ending: `messages.sendMessage` is `send_message`.
///
/// A run of capitals is one word, with a plural s: `getContactIDs` is `get_contact_ids`.
pub(crate) fn snake(method: &str) -> String {
    let name: Vec<char> = last(method).chars().collect();
    let mut out = String::new();
    for (i, c) in name.iter().enumerate() {
        let after_capital = i > 0 && name[i - 1].is_ascii_uppercase();
        let starts_word = c.is_ascii_uppercase() && (!after_capital || followed_by_word(&name[i + 1..]));
        if i > 0 && starts_word {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

/// Whether small letters follow that are more than the s of a plural.
fn followed_by_word(rest: &[char]) -> bool {
    let small = rest.iter().take_while(|c| c.is_ascii_lowercase()).count();
    small > 1 || (small == 1 && rest[0] != 's')
}

/// The Rust type of a method, below `tl::`: `messages.sendMessage` is `messages::SendMessage`.
pub(crate) fn rust_path(method: &str) -> String {
    let mut chars = last(method).chars();
    let first = chars.next().map(|c| c.to_ascii_uppercase());
    let ty: String = first.into_iter().chain(chars).collect();
    match method.split_once('.') {
        Some((namespace, _)) => format!("{namespace}::{ty}"),
        None => ty,
    }
}

fn last(method: &str) -> &str {
    method.rsplit('.').next().unwrap_or(method)
}

/// The names nearest to one that does not exist: those that contain it, then by edit distance.
pub(crate) fn nearest<'a>(wanted: &str, names: impl Iterator<Item = &'a str>, count: usize) -> Vec<&'a str> {
    let wanted = wanted.to_lowercase();
    let mut ranked: Vec<(bool, usize, &str)> = names
        .map(|name| {
            let small = name.to_lowercase();
            // Whoever wrote no namespace is not charged for it.
            let compared = if wanted.contains('.') { small.as_str() } else { last(&small) };
            (!small.contains(&wanted), distance(&wanted, compared), name)
        })
        .collect();
    ranked.sort_unstable();
    ranked.into_iter().take(count).map(|(_, _, name)| name).collect()
}

/// Insertions, deletions and replacements that make one of the other.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.bytes().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, to) in b.bytes().enumerate() {
            let replaced = corner + usize::from(from != to);
            corner = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(corner + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::{nearest, rust_path, snake};

    #[test]
    fn a_file_is_named_after_its_method() {
        let cases = [
            ("messages.sendMessage", "send_message"),
            ("contacts.getContactIDs", "get_contact_ids"),
            ("stories.getStoriesByID", "get_stories_by_id"),
            ("messages.composeMessageWithAI", "compose_message_with_ai"),
            ("messages.getEmojiURL", "get_emoji_url"),
            ("messages.getDhConfig", "get_dh_config"),
            ("bots.answerWebhookJSONQuery", "answer_webhook_json_query"),
            ("invokeAfterMsgs", "invoke_after_msgs"),
            ("wallet.getTransactionsByIDs", "get_transactions_by_ids"),
        ];
        for (method, file) in cases {
            assert_eq!(snake(method), file);
        }
    }

    #[test]
    fn a_type_is_named_after_its_method() {
        assert_eq!(rust_path("messages.sendMessage"), "messages::SendMessage");
        assert_eq!(rust_path("invokeWithLayer"), "InvokeWithLayer");
    }

    #[test]
    fn the_nearest_name_is_the_one_that_was_meant() {
        let names = ["messages.sendMessage", "messages.sendMedia", "auth.signIn"];
        assert_eq!(nearest("mesages.sendMesage", names.into_iter(), 1), ["messages.sendMessage"]);
        assert_eq!(nearest("sendmesage", names.into_iter(), 1), ["messages.sendMessage"]);
        assert_eq!(nearest("signin", names.into_iter(), 1), ["auth.signIn"]);
    }
}
