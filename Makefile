# Everything that is done with this repository. It needs Go, a C compiler (Go
# plugins are linked by it) and make.

# The program and its plugins must be built alike: docs/plugins.md says why.
BUILD   = CGO_ENABLED=1 go build -trimpath
PLUGINS = stdin_component stdout_component
# Flags for go test: make test TEST="-race -run Order ./engine"
TEST    = ./...

STATICCHECK = go run honnef.co/go/tools/cmd/staticcheck@v0.8.2
# Modules of their own, which ./... leaves out.
MODULES = component test/plugins/thirdparty/shout test/plugins/thirdparty/words

# Where goroutines meet; the race detector makes everything slow.
RACE     = . ./engine ./store ./control ./script ./loader ./observe ./components/...
FUZZTIME = 30000x

.PHONY: build gopiper plugins $(PLUGINS) luajit test race fuzz lint cross bench demo docs clean help

build: gopiper plugins ## build gopiper and its plugins into build/ (what make alone does)

gopiper: ## build build/gopiper
	$(BUILD) -o build/gopiper ./cmd/gopiper

plugins: $(PLUGINS) ## build the built-ins that are also plugins

$(PLUGINS):
	$(BUILD) -buildmode=plugin -o build/$@.so ./plugins/$@

# The tests run functions on LuaJIT too, which gopiper loads when a script asks for it.
luajit:
	@test -n "$$GOPIPER_LUAJIT" || ldconfig -p 2> /dev/null | grep -q 'libluajit-5\.1\.so' || \
		ls /opt/homebrew/lib/libluajit-5.1.dylib /usr/local/lib/libluajit-5.1.dylib > /dev/null 2>&1 || \
		{ command -v apt-get > /dev/null && apt-get update && apt-get install -y libluajit-5.1-2; } || \
		{ echo "LuaJIT 2.1 is missing: apt-get install libluajit-5.1-2, or brew install luajit, or name its file in GOPIPER_LUAJIT"; exit 1; }

test: luajit ## run the tests
	go test $(TEST)
	cd component && go test ./...

race: luajit ## run the tests of what is concurrent under the race detector
	CGO_ENABLED=1 go test -race -short $(RACE)

fuzz: ## run every fuzz test for a while: make fuzz FUZZTIME=5m
	@grep -rlE --include=*_test.go '^func Fuzz' . | sort | while read -r file; do \
		for name in $$(sed -nE 's/^func (Fuzz[A-Za-z]+)\(.*/\1/p' $$file); do \
			echo "go test -fuzz $$name $$(dirname $$file)"; \
			go test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x $$(dirname $$file) || exit 1; \
		done || exit 1; \
	done

lint: ## look for mistakes: vet, gofmt, staticcheck
	go vet ./...
	@unformatted=$$(gofmt -l .); test -z "$$unformatted" || { echo "run gofmt -w on:"; echo "$$unformatted"; exit 1; }
	$(STATICCHECK) ./...
	for module in $(MODULES); do (cd $$module && go vet ./... && $(STATICCHECK) ./...) || exit 1; done

cross: ## build and vet what has no C in it, and for another system
	CGO_ENABLED=0 go build ./...
	CGO_ENABLED=0 GOOS=darwin GOARCH=arm64 go vet ./...

bench: ## measure gopiper and others side by side: make bench BENCH=-h
	go run ./bench $(BENCH)

demo: build ## run the demonstration
	./examples/demo/run.sh

docs: ## make the generated pages and files again
	go generate ./...

clean: ## remove what was built
	rm -rf build

help: ## list the targets
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/^([a-z]+):.*## (.*)/make \1	\2/' | expand -t 16

# Which rows of the fault suite: make faults FAULT=TestKills
FAULT = .

.PHONY: faults faults-full
faults: ## do to pipelines what must not hurt them; needs Linux, root and strace
	@command -v strace > /dev/null || { apt-get update && apt-get install -y strace; }
	FAULTS=ci go test -count=1 -timeout 45m -v -run '$(FAULT)' ./test/faults/...

faults-full: ## the same at full size, which takes days; make faults-full FAULT=TestKills
	@command -v strace > /dev/null || { apt-get update && apt-get install -y strace; }
	FAULTS=full go test -count=1 -timeout 0 -v -run '$(FAULT)' ./test/faults/...

# Which patches, and more flags: make mutants MUTANTS="-quick -run buffer"
MUTANTS =

.PHONY: mutants
mutants: ## break one promise after the other, and see that the tests notice; needs what make faults does
	@command -v strace > /dev/null || { apt-get update && apt-get install -y strace; }
	go run ./test/mutants $(MUTANTS)
