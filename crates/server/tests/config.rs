//! Configuration from outside: which source wins, what is refused, and that docs/config.md says the truth.
use std::path::{Path, PathBuf};

use server::config::{ConfigError, Loaded, SettingError, Sources, load, render};

/// Loads from a file with this text (if any), these variables and these flags.
fn loaded(file: &str, env: &[(&str, &str)], flags: &[(&str, &str)]) -> Result<Loaded, ConfigError> {
    let pairs = |pairs: &[(&str, &str)]| {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect::<Vec<_>>()
    };
    let folder = Folder::new();
    let path = folder.0.join("heliograph.toml");
    let file = (!file.is_empty()).then(|| {
        std::fs::write(&path, file).expect("a temporary file");
        path
    });
    load(Sources { file, env: pairs(env), flags: pairs(flags) })
}

fn refused(file: &str, env: &[(&str, &str)], flags: &[(&str, &str)]) -> String {
    match loaded(file, env, flags) {
        Ok(_) => panic!("accepted"),
        Err(error) => error.to_string(),
    }
}

/// A temporary folder of this test alone.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        use std::sync::atomic::{AtomicU32, Ordering};
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name =
            format!("heliograph-config-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).expect("a temporary folder");
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn each_source_overrides_the_one_before() {
    let file = "dc = 3\n[limits]\nconnections = 100\n";
    let env = [("HELIOGRAPH_DC", "4"), ("HELIOGRAPH_LIMITS_CONNECTIONS", "200")];
    let flags = [("dc", "5"), ("limits.connections", "300")];
    for (file, env, flags, dc, connections) in [
        ("", &[][..], &[][..], 2, 0),
        (file, &[], &[], 3, 100),
        (file, &env, &[], 4, 200),
        (file, &env, &flags, 5, 300),
        ("", &[], &flags, 5, 300),
        (file, &env[..1], &[], 4, 100),
    ] {
        let settings = loaded(file, env, flags).expect("a configuration").settings;
        assert_eq!((settings.dc, settings.limits.connections), (dc, connections));
    }
}

#[test]
fn text_becomes_every_type() {
    let flags = [
        ("dev", "true"),
        ("listen", "[::1]:1234"),
        ("ready_file", "/run/ready.json"),
        ("log.level", "trace"),
        ("log.format", "json"),
        ("advertise", "192.0.2.7:443"),
    ];
    let settings = loaded("", &[], &flags).expect("a configuration").settings;
    assert!(settings.dev && settings.listen.is_ipv6());
    assert_eq!(settings.ready_file.as_deref(), Some(Path::new("/run/ready.json")));
    assert_eq!(settings.advertise.map(|address| address.port()), Some(443));
}

#[test]
fn what_is_not_understood_is_refused_in_words() {
    for (file, env, flags, words) in [
        ("limts = 1\n", &[][..], &[][..], "unknown field `limts`"),
        ("[limits]\nconections = 1\n", &[], &[], "unknown field `conections`"),
        ("dc = \"two\"\n", &[], &[], "invalid type"),
        ("dc = \n", &[], &[], "not valid TOML"),
        ("", &[("HELIOGRAPH_DC", "two")], &[], "dc wants a whole number, not \"two\""),
        ("", &[("HELIOGRAPH_DEV", "maybe")], &[], "dev wants true or false, not \"maybe\""),
        ("", &[], &[("limits.connexions", "1")], "there is no setting limits.connexions"),
        ("", &[], &[("listen", "localhost")], "invalid socket address"),
        ("", &[], &[("log.level", "loud")], "unknown variant `loud`"),
        ("", &[], &[("limits.connections", "-1")], "invalid value"),
        ("limits = 7\n", &[], &[("limits.connections", "1")], "another meaning"),
    ] {
        let told = refused(file, env, flags);
        assert!(told.contains(words), "{told:?} lacks {words:?}");
    }
}

#[test]
fn what_makes_no_sense_is_refused() {
    for (key, value, error) in [
        ("dc", "6", SettingError::Dc),
        ("dc", "0", SettingError::Dc),
        ("limits.handshake_cpu_percent", "101", SettingError::Percent),
        ("limits.handshake_cpu_percent", "0", SettingError::Percent),
        ("threads.handlers", "0", SettingError::Zero("threads.handlers")),
        ("limits.write_stall_s", "0", SettingError::Zero("limits.write_stall_s")),
        ("listen", "0.0.0.0:8443", SettingError::Advertise),
        ("listen", "[::]:8443", SettingError::Advertise),
    ] {
        assert_eq!(refused("", &[], &[(key, value)]), error.to_string());
    }
    assert!(loaded("", &[], &[("listen", "0.0.0.0:8443"), ("advertise", "192.0.2.7:8443")]).is_ok());
}

#[test]
fn a_variable_names_the_file_and_unknown_ones_are_counted() {
    let folder = Folder::new();
    let path = folder.0.join("named.toml");
    std::fs::write(&path, "dc = 4\n").expect("a temporary file");
    let path = path.to_str().expect("a path");
    let env = [
        ("HELIOGRAPH_CONFIG", path),
        ("HELIOGRAPH_PORT", "tcp://10.0.0.1:80"),
        ("HELIOGRAPH_SERVICE_HOST", "x"),
        ("HOME", "/root"),
    ];
    let loaded = loaded("", &env, &[]).expect("a configuration");
    assert_eq!((loaded.settings.dc, loaded.unknown_variables), (4, 2));
}

#[test]
fn a_file_that_is_not_there_is_an_error() {
    let error = load(Sources { file: Some("/nonexistent/heliograph.toml".into()), ..Sources::default() });
    assert!(matches!(error, Err(ConfigError::Read { .. })));
}

/// Set HELIOGRAPH_BLESS=1 to write the file instead of comparing it.
#[test]
fn the_reference_is_that_of_the_code() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/config.md");
    if std::env::var_os("HELIOGRAPH_BLESS").is_some() {
        std::fs::write(&path, render()).expect("docs/config.md is written");
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(written, render(), "docs/config.md is out of date; HELIOGRAPH_BLESS=1 rewrites it");
}
