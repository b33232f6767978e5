package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gopiper/gopiper"
	"github.com/gopiper/gopiper/loader"
	"github.com/gopiper/gopiper/plan"
	"github.com/gopiper/gopiper/script"
	"github.com/gopiper/gopiper/script/std"
)

// scriptArguments are the scripts that a command is about.
type scriptArguments struct {
	Files []string `arg:"" optional:"" name:"file" help:"Scripts, or folders: of those, every .lua file in it, but not in its subfolders, which are for modules."`
	Eval  []string `short:"e" sep:"none" placeholder:"LUA" help:"A script on the command line. It may use gopiper without require."`

	Lua string `placeholder:"ENGINE" enum:"auto,gopher-lua,luajit,prefer-luajit" default:"auto" help:"What runs the functions of scripts: gopher-lua or luajit runs all; prefer-luajit is luajit where its library is installed, and auto elsewhere; auto leaves it to the stages, compiles what it can and leaves the rest to gopher-lua."`

	luaJITLimit time.Duration // how long a function may take on LuaJIT; 0 for the default

	once map[string][]byte // what was read of files that can be read only once
}

// The script of -e is one line, so that positions stay right.
const evalPrelude = `local gopiper = require("gopiper") `

// described is what scripts describe, as they were read once.
type described struct {
	plan     *plan.Plan
	warnings []script.Warning
	problems plan.Problems // of the scripts; those of the plan are found by prepare
	files    []string      // that it was made of: scripts and the modules they require
	tally    *std.Tally    // what the scripts count
}

// prepare makes the scripts' pipelines ready to run. The error is a
// plan.Problems with everything that is wrong in any of them, or an invalid.
func (a *scriptArguments) prepare(options gopiper.Options) (*gopiper.Program, []script.Warning, error) {
	d, err := a.describe()
	if err != nil {
		return nil, nil, err
	}
	program, err := d.prepare(options)
	return program, d.warnings, err
}

// prepare makes what is described ready to run. It may be called again once the
// program has ended: what the scripts looked at when they were read stays the
// same. The error is a plan.Problems with everything that is wrong.
func (d *described) prepare(options gopiper.Options) (*gopiper.Program, error) {
	if len(d.plan.Pipelines) == 0 {
		return nil, d.problems.Err()
	}
	program, err := gopiper.Prepare(d.plan, options)
	var more plan.Problems
	if err != nil && !errors.As(err, &more) {
		return nil, err
	}
	if err := append(slices.Clip(d.problems), more...).Err(); err != nil {
		return nil, err
	}
	return program, nil
}

// describe evaluates the scripts.
func (a *scriptArguments) describe() (*described, error) {
	files, err := a.files()
	if err != nil {
		return nil, err
	}
	d := &described{plan: &plan.Plan{}, tally: &std.Tally{}}
	for _, source := range a.Eval {
		d.add("-e", []byte(evalPrelude+source), a.options(d.tally))
	}
	for _, file := range files {
		source, err := a.read(file)
		if err != nil {
			d.problems = append(d.problems, plan.Problem{Position: plan.Position{File: file}, Message: reason(err)})
			continue
		}
		d.add(file, source, a.options(d.tally))
	}
	return d, nil
}

// add evaluates one script.
func (d *described) add(name string, source []byte, options script.Options) {
	s, err := script.Load(context.Background(), name, source, options)
	if err != nil {
		p := problem(name, err)
		d.problems = append(d.problems, p)
		d.files = append(d.files, name, p.Position.File)
		return
	}
	d.plan.Pipelines = append(d.plan.Pipelines, s.Plan().Pipelines...)
	d.warnings = append(d.warnings, s.Warnings()...)
	d.files = append(d.files, s.Files()...)
}

func (a *scriptArguments) options(metrics std.Metrics) script.Options {
	return script.Options{
		Known: loader.Names(), Metrics: metrics,
		Engine: script.Engine(a.Lua), LuaJITLimit: a.luaJITLimit,
	}
}

// read returns a script. What is no regular file, such as a pipe, can be read only
// once, and is remembered.
func (a *scriptArguments) read(file string) ([]byte, error) {
	if source, ok := a.once[file]; ok {
		return source, nil
	}
	info, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	source, err := os.ReadFile(file)
	if err == nil && !info.Mode().IsRegular() {
		if a.once == nil {
			a.once = make(map[string][]byte)
		}
		a.once[file] = source
	}
	return source, err
}

func problem(name string, err error) plan.Problem {
	var e *script.Error
	if !errors.As(err, &e) {
		return plan.Problem{Position: plan.Position{File: name}, Message: err.Error()}
	}
	message := e.Message
	if e.Stack != "" {
		message += "\n  " + strings.ReplaceAll(e.Stack, "\n", "\n  ")
	}
	return plan.Problem{Position: e.Position, Message: message}
}

// files lists the scripts that the arguments name, each once.
func (a *scriptArguments) files() ([]string, error) {
	if len(a.Files) == 0 && len(a.Eval) == 0 {
		return nil, invalidf("no script is named; give a file, a folder, or -e 'LUA'")
	}
	var files []string
	add := func(names ...string) {
		for _, name := range names {
			if !slices.Contains(files, name) {
				files = append(files, name)
			}
		}
	}
	for _, name := range a.Files {
		info, err := os.Stat(name)
		switch {
		case err != nil:
			return nil, invalidf("%s: %s%s", name, reason(err), similar(name))
		case !info.IsDir():
			add(name)
			continue
		}
		inside, err := filepath.Glob(filepath.Join(escaped(name), "*.lua"))
		if err != nil {
			return nil, invalidf("%s: %w", name, err)
		}
		if len(inside) == 0 {
			return nil, invalidf("%s: no .lua file is in this folder", name)
		}
		add(inside...)
	}
	return files, nil
}

// escaped takes the meaning from the characters that Glob gives one.
func escaped(path string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}

// similar suggests a script where there is none.
func similar(name string) string {
	if _, err := os.Stat(name + ".lua"); err == nil {
		return `; did you mean "` + name + `.lua"?`
	}
	return ""
}

// reason is a file's error without the file, which is named already.
func reason(err error) string {
	var p *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "no such file"
	case errors.As(err, &p):
		return p.Err.Error()
	}
	return err.Error()
}
