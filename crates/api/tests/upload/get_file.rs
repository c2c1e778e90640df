//! upload.getFile.

use crate::messages::get_available_reactions::{documents, reactions};
use crate::world::{Device, World};

/// What is done to his own location of a file, with hers at hand.
type Change = fn(&mut Location, &Location);
type Location = tl::fields::InputDocumentFileLocation;

fn location(document: &tl::fields::Document) -> Location {
    Location {
        id: document.id,
        access_hash: document.access_hash,
        file_reference: document.file_reference.clone(),
        thumb_size: String::new(),
    }
}

fn part(of: &Location, offset: i64, limit: i32) -> tl::upload::GetFile {
    tl::upload::GetFile { location: of.clone().into(), offset, limit, ..Default::default() }
}

fn read(world: &mut World, device: Device, method: &tl::upload::GetFile) -> (tl::storage::FileType, Vec<u8>) {
    match world.ok(device, method) {
        tl::upload::File::File { r#type, bytes, .. } => (r#type, bytes),
        tl::upload::File::FileCdnRedirect(_) => panic!("there is no other place"),
    }
}

/// The still picture of the party popper, the largest: two parts of 4 KiB.
fn party(world: &mut World, device: Device) -> tl::fields::Document {
    let (_, all) = reactions(world, device);
    let party = all.iter().find(|one| one.reaction == "\u{1f389}").unwrap();
    documents(party)[0].clone()
}

#[test]
fn every_file_of_every_reaction_is_read_whole() {
    let mut world = World::new();
    let anna = world.person("9996600001", "Anna");
    let (_, all) = reactions(&mut world, anna.device);
    for one in &all {
        for (index, document) in documents(one).into_iter().enumerate() {
            let (form, bytes) = read(&mut world, anna.device, &part(&location(document), 0, 131_072));
            assert_eq!(i64::try_from(bytes.len()).unwrap(), document.size, "{} {index}", one.title);
            let still = index == 0;
            assert_eq!(matches!(form, tl::storage::FileType::FileWebp), still);
            assert!(bytes.starts_with(if still { b"RIFF" } else { &[0x1f, 0x8b] }));
        }
    }
}

#[test]
fn parts_make_the_whole() {
    let mut world = World::new();
    let anna = world.person("9996600001", "Anna");
    let document = party(&mut world, anna.device);
    let at = location(&document);
    let whole = read(&mut world, anna.device, &part(&at, 0, 1 << 20)).1;
    assert!(whole.len() > 4096 && whole.len() < 8192, "{}", whole.len());
    let mut parts = Vec::new();
    for offset in [0, 4096] {
        parts.extend(read(&mut world, anna.device, &part(&at, offset, 4096)).1);
    }
    assert_eq!(parts, whole);
    // What lies beyond is nothing, and no error; also in the next MiB, and further than any file reaches.
    for offset in [8192, 1 << 20, 1 << 40] {
        assert!(read(&mut world, anna.device, &part(&at, offset, 4096)).1.is_empty(), "{offset}");
    }
    let precise = tl::upload::GetFile { precise: true, ..part(&at, 1024, 3072) };
    assert_eq!(read(&mut world, anna.device, &precise).1, whole[1024..4096]);
}

#[test]
fn a_part_that_does_not_fit_is_refused() {
    let mut world = World::new();
    let anna = world.person("9996600001", "Anna");
    let at = location(&party(&mut world, anna.device));
    let said = |world: &mut World, offset, limit, precise| {
        world.err(anna.device, &tl::upload::GetFile { precise, ..part(&at, offset, limit) })
    };
    for (offset, precise) in
        [(-4096, false), (1, false), (1024, false), (i64::MIN, false), (1, true), (512, true)]
    {
        assert_eq!(said(&mut world, offset, 4096, precise), "400 OFFSET_INVALID", "{offset} {precise}");
    }
    // Of a length that is none, not a piece of 4 KiB, no piece of a MiB, or reaching over the border of one.
    let over = (1 << 20) - 4096;
    for (offset, limit, precise) in [
        (0, 0, false),
        (0, -4096, false),
        (0, 1024, false),
        (0, 12_288, false),
        (0, 2 << 20, false),
        (over, 8192, false),
        (0, 0, true),
        (0, 1000, true),
        (0, (1 << 20) + 1024, true),
        (over, 5120, true),
    ] {
        assert_eq!(
            said(&mut world, offset, limit, precise),
            "400 LIMIT_INVALID",
            "{offset} {limit} {precise}"
        );
    }
}

#[test]
fn a12_a_location_is_good_for_its_viewer_only() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    let (hers, his) = (party(&mut world, anna.device), party(&mut world, boris.device));
    assert_eq!(hers.id, his.id, "the same file");
    let (hers, his) = (location(&hers), location(&his));
    let of = |change: Change| {
        let mut location = his.clone();
        change(&mut location, &hers);
        part(&location, 0, 4096)
    };
    let cases: [(Change, &str); 8] = [
        (|at, hers| *at = hers.clone(), "400 FILE_REFERENCE_INVALID"),
        (|at, hers| at.file_reference.clone_from(&hers.file_reference), "400 FILE_REFERENCE_INVALID"),
        (|at, _| at.file_reference.clear(), "400 FILE_REFERENCE_EMPTY"),
        (|at, _| at.file_reference[0] ^= 1, "400 FILE_REFERENCE_INVALID"),
        (|at, _| at.file_reference.push(0), "400 FILE_REFERENCE_INVALID"),
        (|at, hers| at.access_hash = hers.access_hash, "400 LOCATION_INVALID"),
        (|at, _| at.access_hash = 0, "400 LOCATION_INVALID"),
        (|at, _| at.id += 1, "400 FILE_REFERENCE_INVALID"),
    ];
    for (index, (change, error)) in cases.into_iter().enumerate() {
        assert_eq!(world.err(boris.device, &of(change)), error, "case {index}");
    }
    read(&mut world, boris.device, &of(|_, _| {}));
    // On all his devices; and on none without a login.
    let (tablet, nobody) = (world.second_device(boris), world.device());
    read(&mut world, tablet, &of(|_, _| {}));
    assert_eq!(world.err(nobody, &of(|_, _| {})), "401 AUTH_KEY_UNREGISTERED");
}

#[test]
fn what_no_file_is_at_is_no_location() {
    let mut world = World::new();
    let anna = world.person("9996600001", "Anna");
    let small = Location { thumb_size: "m".to_owned(), ..location(&party(&mut world, anna.device)) };
    // An id of nothing, with the hash and the reference that it would have.
    let nothing = ids::FileId(77);
    let nothing = Location {
        id: nothing.0,
        access_hash: world.env.hashes.of_file(anna.id, nothing),
        file_reference: world.env.hashes.file_reference(anna.id, nothing).to_vec(),
        thumb_size: String::new(),
    };
    for location in [
        small.into(),
        nothing.into(),
        tl::InputFileLocation::InputTakeoutFileLocation,
        tl::InputFileLocation::InputEncryptedFileLocation { id: 1, access_hash: 2 },
        tl::InputFileLocation::InputSecureFileLocation { id: 1, access_hash: 2 },
    ] {
        let method = tl::upload::GetFile { location, limit: 4096, ..Default::default() };
        assert_eq!(world.err(anna.device, &method), "400 LOCATION_INVALID");
    }
}
