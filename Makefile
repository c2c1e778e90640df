# What people run. `make run` needs stable Rust, make and a C compiler; `make test` installs what it lacks besides.

# In this order, the cheap ones first; one at a time, since each fills the machine.
STEPS = fmt tidy clippy unit docs e2e fuzz
FUZZ_SECONDS ?= 30

.PHONY: run test bench lint audit miri deps $(STEPS)
.NOTPARALLEL:

# A server for trying out: it keeps its chats in `data`, their keys in folders beside them, and login codes appear at its own
# address, which it prints.
run:
	cargo run --release --locked --package cli -- serve --dev --dev-processes $(ARGS)

test: deps $(STEPS)

lint: fmt tidy clippy docs

# Our own client against a server on loopback, then the small figures.
bench:
	cargo run --release --locked --package cli -- bench $(ARGS)
	cargo bench --workspace --locked --bench '*'

# Known vulnerabilities need the advisory database, and so a network and cargo-deny; the rest of deny.toml is in tidy.
audit:
	cargo deny check

# What raw memory the arena touches, and when. It needs `rustup toolchain install nightly --profile minimal --component miri`.
miri:
	cargo +nightly miri test --locked --package crypto --lib arena

deps:
	@.ci/deps

fmt:
	@echo "== $@"
	cargo fmt --all --check

tidy:
	@echo "== $@"
	cargo xtask tidy

clippy:
	@echo "== $@"
	cargo clippy --workspace --all-targets --features cli/sabotage --locked -- --deny warnings

# The program has breaches in it for tests that must go red (docs/claims.md); they are chosen by name, one for each process.
unit:
	@echo "== $@"
	cargo test --workspace --features cli/sabotage --locked --no-fail-fast

docs:
	@echo "== $@"
	RUSTDOCFLAGS="--deny warnings" cargo doc --workspace --no-deps --locked

# Against the build that the tests above have made already (`cargo build` would choose other features and build all of it
# again); the clients wait for events, not for speed.
e2e:
	@echo "== $@"
	cargo test --workspace --features cli/sabotage --locked --no-run
	HELIOGRAPH="$${CARGO_TARGET_DIR:-target}/debug/heliograph" e2e/run

fuzz:
	@[ ! -x fuzz/run ] || { echo "== $@"; fuzz/run $(FUZZ_SECONDS); }
