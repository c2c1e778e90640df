//! help.getCountriesList: countries and the codes of their phone numbers, for the phone form of a client.
//!
//! Names are in English whatever language is asked for; clients have names of their own. The list is `countries.txt`.
//! Source: <https://core.telegram.org/method/help.getCountriesList>.

use tl::fields;

use crate::{Access, Ctx, Method, RpcError};

const FILE: &str = include_str!("../../countries.txt");

/// Version of the list; a client that holds it is told that nothing changed.
const HASH: i32 = 1;

impl Method for tl::help::GetCountriesList {
    const ACCESS: Access = Access::Anyone;

    fn call(self, _: &mut Ctx<'_>) -> Result<tl::help::CountriesList, RpcError> {
        if self.hash == HASH {
            return Ok(tl::help::CountriesList::CountriesListNotModified);
        }
        let countries = lines().filter_map(country).collect();
        Ok(tl::help::CountriesList::CountriesList { countries, hash: HASH })
    }
}

fn lines() -> impl Iterator<Item = &'static str> {
    FILE.lines().filter(|line| !line.starts_with('#'))
}

fn country(line: &str) -> Option<tl::help::Country> {
    let (iso2, rest) = line.split_once(' ')?;
    let (codes, name) = rest.split_once(' ')?;
    let code = |code: &str| {
        let (country_code, prefixes) = match code.split_once(':') {
            Some((code, prefixes)) => (code, Some(prefixes.split(',').map(str::to_owned).collect())),
            None => (code, None),
        };
        let country_code = country_code.to_owned();
        fields::help::CountryCode { country_code, prefixes, patterns: None }.into()
    };
    Some(
        fields::help::Country {
            iso2: iso2.to_owned(),
            default_name: name.to_owned(),
            country_codes: codes.split('+').map(code).collect(),
            ..fields::help::Country::default()
        }
        .into(),
    )
}

#[cfg(test)]
mod tests {
    use super::{country, lines};

    #[test]
    fn every_line_is_a_country_and_none_is_there_twice() {
        let mut seen = std::collections::BTreeSet::new();
        for line in lines() {
            let Some(tl::help::Country::Country(country)) = country(line) else { panic!("{line}") };
            let is_code = country.iso2.len() == 2 && country.iso2.chars().all(|c| c.is_ascii_uppercase());
            assert!(is_code && !country.default_name.is_empty() && seen.insert(country.iso2), "{line}");
            for tl::help::CountryCode::CountryCode(code) in country.country_codes {
                let digits = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
                let prefixes = code.prefixes.unwrap_or_default();
                assert!(digits(&code.country_code) && code.country_code.len() <= 3, "{line}");
                assert!(prefixes.iter().all(|prefix| digits(prefix)), "{line}");
            }
        }
        assert!(seen.len() > 200);
    }
}
