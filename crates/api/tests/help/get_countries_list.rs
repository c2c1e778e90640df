//! help.getCountriesList.

use crate::world::World;

#[test]
fn a_form_without_a_login_gets_it_once() {
    let mut world = World::new();
    let device = world.device();
    let ask = |hash| tl::help::GetCountriesList { lang_code: "de".to_owned(), hash };
    let tl::help::CountriesList::CountriesList { countries, hash } = world.ok(device, &ask(0)) else {
        panic!("no list")
    };
    let codes = |iso2: &str| {
        let found = countries.iter().find_map(|country| match country {
            tl::help::Country::Country(country) if country.iso2 == iso2 => Some(country),
            tl::help::Country::Country(_) => None,
        });
        let codes = &found.expect("a country").country_codes;
        let code = |code: &tl::help::CountryCode| match code {
            tl::help::CountryCode::CountryCode(code) => (code.country_code.clone(), code.prefixes.is_some()),
        };
        codes.iter().map(code).collect::<Vec<_>>()
    };
    assert_eq!(codes("DE"), [("49".to_owned(), false)]);
    assert_eq!(codes("JM"), [("1".to_owned(), true)]);
    assert_eq!(codes("SH").len(), 2);
    let again = world.ok(device, &ask(hash));
    assert!(matches!(again, tl::help::CountriesList::CountriesListNotModified));
}
