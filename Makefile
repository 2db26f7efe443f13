# The one door. `make demo` and `make test` are all that a newcomer needs; each installs what it needs first.

PREFIX ?= /usr/local
DESTDIR ?=
CARGO ?= cargo
FUZZ ?= 60
VERSION := $(shell sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
SERVICES := relay-server qqd qqctl
# What is installed and packed. A server without a desktop: make install PROGRAMS='relay-server qqctl'
PROGRAMS ?= $(SERVICES) qq-slint

.DEFAULT_GOAL := help
.PHONY: help demo window test test-window test-systemd check fuzz bench bench-window pictures deny man install uninstall dist clean

help: ## what there is to do
	@echo 'Qiaoqiao 敲敲 $(VERSION)'
	@echo
	@sed -n 's/^\([a-z][a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20

demo: ## two people chat on this computer, before your eyes: in their windows where there is a display
	@scripts/setup build
	@scripts/demo

window: ## the friend list and chat windows, with pretend friends (WINDOW='--renderer software' and so on)
	@scripts/setup build
	$(CARGO) build --locked -p qq-slint
	target/debug/qq-slint $(or $(WINDOW),--mock)

test: ## build everything and run every test
	@scripts/setup build test
	$(CARGO) build --workspace --bins --locked
	$(CARGO) test --workspace --locked

test-window: ## the windows with input methods for Chinese, and under sway (installs fcitx5, IBus and sway)
	@scripts/setup build test window
	$(CARGO) build --locked -p relay-server -p qqd -p qqctl -p qq-slint
	$(CARGO) test --locked -p qiaoqiao-tests --test window_input -- --ignored --nocapture --test-threads 1

test-systemd: ## start the units of systemd/ under a systemd of their own (as root; else what can be run without)
	@scripts/setup build systemd
	$(CARGO) build --locked $(SERVICES:%=-p %)
	scripts/test-systemd

check: ## format, lints, documentation
	@scripts/setup build
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings
	RUSTDOCFLAGS='-D warnings' $(CARGO) doc --workspace --no-deps --locked

fuzz: ## a minute of mutated input for everything that reads what others wrote (FUZZ=600 for ten)
	@scripts/setup build
	FUZZ_SECONDS='$(FUZZ)' $(CARGO) test --locked -p qiaoqiao-tests --test fuzz -- --nocapture

bench: ## the relay in numbers, beside a bare forwarder (about three minutes; BENCH='--only chat' for a part)
	@scripts/setup build
	$(CARGO) build --release --locked -p relay-server -p relay-bench
	target/release/relay-bench $(BENCH)

bench-window: ## the window program in numbers, beside Pidgin, Dino and Gajim where they are installed (about ten minutes)
	@scripts/setup build bench
	$(CARGO) build --release --locked $(PROGRAMS:%=-p %)
	scripts/bench-window $(BENCH)

pictures: ## the pictures in docs/img anew, taken of the real windows (PICTURES='login states' for some)
	@scripts/setup build pictures
	$(CARGO) build --locked $(PROGRAMS:%=-p %)
	scripts/pictures $(PICTURES)
	$(if $(PICTURES),,scripts/scales)

deny: ## licences, bans and sources of every dependency (installs cargo-deny)
	@scripts/setup build
	@command -v cargo-deny >/dev/null || $(CARGO) install --locked cargo-deny
	$(CARGO) deny --all-features --locked check bans licenses sources

man: ## the pages of the manual, in target/man (read one: man -l target/man/qqctl.1)
	@scripts/setup build
	$(CARGO) build --locked $(PROGRAMS:%=-p %)
	scripts/man target/debug target/man $(PROGRAMS)

install: ## build, and install below PREFIX, with systemd's units and the desktop entry (default /usr/local; sudo is asked for only to copy)
	@scripts/setup build
	$(CARGO) build --release --locked $(PROGRAMS:%=-p %)
	DESTDIR='$(DESTDIR)' scripts/install '$(PREFIX)' $(PROGRAMS)

uninstall: ## remove what install put there
	DESTDIR='$(DESTDIR)' scripts/install --remove '$(PREFIX)' $(PROGRAMS)

dist: ## a tar.gz of stripped programs, README and licences in dist/
	@scripts/setup build
	$(CARGO) build --release --locked $(PROGRAMS:%=-p %)
	scripts/dist '$(VERSION)' $(PROGRAMS)

clean: ## remove everything that was built
	$(CARGO) clean
	rm -rf dist
