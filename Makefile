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

.PHONY: build gopiper plugins $(PLUGINS) test lint bench demo docs clean help

build: gopiper plugins ## build gopiper and its plugins into build/ (what make alone does)

gopiper: ## build build/gopiper
	$(BUILD) -o build/gopiper ./cmd/gopiper

plugins: $(PLUGINS) ## build the built-ins that are also plugins

$(PLUGINS):
	$(BUILD) -buildmode=plugin -o build/$@.so ./plugins/$@

test: ## run the tests
	go test $(TEST)
	cd component && go test ./...

lint: ## look for mistakes: vet, gofmt, staticcheck
	go vet ./...
	@unformatted=$$(gofmt -l .); test -z "$$unformatted" || { echo "run gofmt -w on:"; echo "$$unformatted"; exit 1; }
	$(STATICCHECK) ./...
	for module in $(MODULES); do (cd $$module && go vet ./... && $(STATICCHECK) ./...) || exit 1; done

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
