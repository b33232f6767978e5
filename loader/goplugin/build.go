//go:build cgo && (linux || darwin || freebsd)

package goplugin

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
)

// running is how the running program was built.
func running() *debug.BuildInfo {
	if b, ok := debug.ReadBuildInfo(); ok {
		return b
	}
	return &debug.BuildInfo{GoVersion: runtime.Version()}
}

func setting(b *debug.BuildInfo, key string) string {
	for _, s := range b.Settings {
		if s.Key == key {
			return s.Value
		}
	}
	return ""
}

// equalSettings change every package: a plugin must have them like its host.
// (What the architecture's own variables mean is at architectureProblem.)
var equalSettings = []string{"-trimpath", "-race", "-msan", "-asan"}

// explainingSettings may change packages, or none that both have: whether they
// matter is for the hashes to tell, for which they are an explanation.
var explainingSettings = []string{"-gcflags", "-asmflags", "-pgo", "-tags", "-compiler", "CGO_CFLAGS", "CGO_CPPFLAGS"}

// buildProblems says what keeps the plugin from being loaded, whatever is in
// it.
func buildProblems(host, plugin *debug.BuildInfo) []string {
	var problems []string
	if plugin.GoVersion != host.GoVersion {
		problems = append(problems, fmt.Sprintf("built with %s, gopiper with %s", plugin.GoVersion, host.GoVersion))
	}
	if len(host.Settings) == 0 { // built by something else than the go command
		return problems
	}
	for _, key := range []string{"GOOS", "GOARCH"} {
		if p, h := setting(plugin, key), setting(host, key); p != "" && p != h {
			problems = append(problems, fmt.Sprintf("built for %s=%s, gopiper for %s", key, p, h))
		}
	}
	for _, key := range equalSettings {
		switch p, h := setting(plugin, key) == "true", setting(host, key) == "true"; {
		case p && !h:
			problems = append(problems, "built with "+key+", gopiper without")
		case h && !p:
			problems = append(problems, "built without "+key+", gopiper with it")
		}
	}
	if problem := architectureProblem(host, plugin); problem != "" {
		problems = append(problems, problem)
	}
	return problems
}

// architectureProblem compares what instructions the two may use. The runtime
// does not: a plugin for a newer processor loads, and ends the process at the
// first instruction that is not there.
func architectureProblem(host, plugin *debug.BuildInfo) string {
	for _, key := range []string{"GOAMD64", "GOARM64", "GO386", "GOARM", "GOMIPS", "GOMIPS64", "GOPPC64", "GORISCV64"} {
		p, h := setting(plugin, key), setting(host, key)
		if p == h || p == "" || key == "GOAMD64" && p < h {
			continue
		}
		return fmt.Sprintf("built with %s=%s, gopiper with %s, so it may use instructions that this machine has not", key, p, h)
	}
	return ""
}

// settingDifferences lists the settings that may explain other hashes.
func settingDifferences(host, plugin *debug.BuildInfo) []string {
	var differences []string
	for _, key := range explainingSettings {
		switch p, h := setting(plugin, key), setting(host, key); {
		case p == h:
		case p == "":
			differences = append(differences, fmt.Sprintf("without %s=%s, gopiper with it", key, h))
		case h == "":
			differences = append(differences, fmt.Sprintf("with %s=%s, gopiper without", key, p))
		default:
			differences = append(differences, fmt.Sprintf("with %s=%s, gopiper with %s", key, p, h))
		}
	}
	return differences
}

// buildCommand is the command that builds a plugin like the host.
func buildCommand(host *debug.BuildInfo) string {
	var command strings.Builder
	version, experiment, _ := strings.Cut(host.GoVersion, "-X:")
	version, _, _ = strings.Cut(version, " ")
	if strings.HasPrefix(version, "go") {
		command.WriteString("GOTOOLCHAIN=" + version + " ")
	}
	if experiment != "" {
		command.WriteString("GOEXPERIMENT=" + experiment + " ")
	}
	if level := setting(host, "GOAMD64"); level != "" && level != "v1" {
		command.WriteString("GOAMD64=" + level + " ")
	}
	command.WriteString("go build -buildmode=plugin")
	for _, key := range equalSettings {
		if setting(host, key) == "true" {
			command.WriteString(" " + key)
		}
	}
	for _, key := range []string{"-tags", "-gcflags", "-asmflags"} {
		if value := setting(host, key); value != "" {
			fmt.Fprintf(&command, " %s='%s'", key, value)
		}
	}
	return command.String()
}
