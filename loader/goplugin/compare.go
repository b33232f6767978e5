//go:build cgo && (linux || darwin || freebsd)

package goplugin

import (
	"errors"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"strings"
)

// party is what a plugin must agree with: the program, or a plugin that it has
// loaded.
type party struct {
	name   string // "gopiper" or the plugin's path
	build  *debug.BuildInfo
	hashes hashes
}

// compare says all that keeps the plugin from being loaded beside the parties,
// the first of which is the program, and how to build it again.
func compare(parties []party, plugin *file) error {
	host := parties[0]
	if problems := buildProblems(host.build, plugin.build); len(problems) > 0 {
		// Other hashes follow from these; other versions do not.
		advice := newAdvice(host.build)
		for _, d := range plugin.build.Deps {
			if other := dependency(host.build, d.Path); other != nil && other.Version != d.Version {
				problems = append(problems, advice.version(d, host.name, other))
			}
		}
		return advice.refusal(problems)
	}
	for _, p := range parties {
		var different []string
		for _, path := range slices.Sorted(maps.Keys(plugin.hashes)) {
			if other, shared := p.hashes[path]; shared && other != plugin.hashes[path] {
				different = append(different, path)
			}
		}
		if len(different) > 0 {
			return differentPackages(host.build, p, plugin.build, different)
		}
	}
	return nil
}

// differentPackages explains why the packages differ, module by module.
func differentPackages(host *debug.BuildInfo, p party, plugin *debug.BuildInfo, packages []string) error {
	byModule := make(map[string][]string)
	for _, path := range packages {
		name := path // of a package that is in no module
		if module := moduleOf(plugin, path); module != nil {
			name = module.Path
		} else if standard(path) {
			name = goItself
		}
		byModule[name] = append(byModule[name], path)
	}
	advice := newAdvice(host)
	settings := strings.Join(settingDifferences(host, plugin), ", ")
	var problems []string
	for _, name := range slices.Sorted(maps.Keys(byModule)) {
		problem := differentModule(advice, name, p, plugin)
		if name == goItself && settings != "" {
			// What changes Go's own packages changes all others.
			return advice.refusal([]string{"built " + settings + ": " + enumerate(packages)})
		}
		if settings != "" {
			problem += " (and it was built " + settings + ")"
		}
		problems = append(problems, problem+": "+enumerate(byModule[name]))
	}
	return advice.refusal(problems)
}

const goItself = "" // sorts before the modules

func differentModule(advice *advice, name string, p party, plugin *debug.BuildInfo) string {
	module, other := dependency(plugin, name), dependency(p.build, name)
	switch {
	case name == goItself:
		return "Go's own packages were built in another way"
	case module == nil || other == nil:
		return advice.source(name, p.name)
	case module.Version != other.Version:
		return advice.version(module, p.name, other)
	case module.Sum != "" && module.Sum == other.Sum:
		return name + " " + module.Version + " was built with other versions of what it imports"
	default:
		return advice.source(name, p.name)
	}
}

// moduleOf finds the module that the package is in.
func moduleOf(b *debug.BuildInfo, path string) *debug.Module {
	var best *debug.Module
	for _, m := range append([]*debug.Module{&b.Main}, b.Deps...) {
		inside := m.Path != "" && (path == m.Path || strings.HasPrefix(path, m.Path+"/"))
		if inside && (best == nil || len(m.Path) > len(best.Path)) {
			best = m
		}
	}
	return best
}

// dependency finds the module by its path, nil if it has no part in the build.
func dependency(b *debug.BuildInfo, path string) *debug.Module {
	if b.Main.Path == path {
		return &b.Main
	}
	for _, m := range b.Deps {
		if m.Path == path {
			return m
		}
	}
	return nil
}

// enumerate names packages: all of a few, the first ones of many.
func enumerate(packages []string) string {
	const most = 12
	if len(packages) <= most {
		return strings.Join(packages, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(packages[:most], ", "), len(packages)-most)
}

// advice collects what to do, each thing once.
type advice struct {
	host  *debug.BuildInfo
	first []string // before building again
}

func newAdvice(host *debug.BuildInfo) *advice { return &advice{host: host} }

func (a *advice) do(what string) {
	if !slices.Contains(a.first, what) {
		a.first = append(a.first, what)
	}
}

// version says that the plugin has another version than a party has.
func (a *advice) version(module *debug.Module, name string, other *debug.Module) string {
	if other.Replace == nil && strings.HasPrefix(other.Version, "v") {
		a.do("`go get " + module.Path + "@" + other.Version + "`")
	} else {
		a.do(fmt.Sprintf("require %s %s and replace it by the source that %s was built from", module.Path, other.Version, name))
	}
	return fmt.Sprintf("%s is %s, in %s %s", module.Path, module.Version, name, other.Version)
}

// source says that the versions are the same and the contents are not.
func (a *advice) source(module, name string) string {
	a.do(fmt.Sprintf("use the source of %s that %s was built from", module, name))
	return fmt.Sprintf("%s is not from the source that %s was built from", module, name)
}

func (a *advice) refusal(problems []string) error {
	text := "was not built like gopiper, so the two cannot share packages"
	for _, p := range problems {
		text += "\n  " + p
	}
	text += "\n  to build it again: "
	for _, step := range a.first {
		text += step + "; "
	}
	return errors.New(text + "`" + buildCommand(a.host) + "`")
}
