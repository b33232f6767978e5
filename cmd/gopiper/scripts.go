package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gopiper/gopiper"
	"github.com/gopiper/gopiper/loader"
	"github.com/gopiper/gopiper/plan"
	"github.com/gopiper/gopiper/script"
)

// scriptArguments are the scripts that a command is about.
type scriptArguments struct {
	Files []string `arg:"" optional:"" name:"file" help:"Scripts, or folders: of those, every .lua file in it, but not in its subfolders, which are for modules."`
	Eval  []string `short:"e" sep:"none" placeholder:"LUA" help:"A script on the command line. It may use gopiper without require."`
}

// The script of -e is one line, so that positions stay right.
const evalPrelude = `local gopiper = require("gopiper") `

// prepare makes the scripts' pipelines ready to run. The error is a
// plan.Problems with everything that is wrong in any of them, or an invalid.
func (a *scriptArguments) prepare(options gopiper.Options) (*gopiper.Program, []script.Warning, error) {
	described := &plan.Plan{}
	warnings, problems, err := a.describe(described)
	if err != nil {
		return nil, nil, err
	}
	if len(described.Pipelines) == 0 {
		return nil, nil, problems.Err()
	}
	program, err := gopiper.Prepare(described, options)
	var more plan.Problems
	if err != nil && !errors.As(err, &more) {
		return nil, warnings, err
	}
	if err := append(problems, more...).Err(); err != nil {
		return nil, warnings, err
	}
	return program, warnings, nil
}

// describe evaluates the scripts and adds what they describe to a plan.
func (a *scriptArguments) describe(described *plan.Plan) (warnings []script.Warning, problems plan.Problems, err error) {
	files, err := a.files()
	if err != nil {
		return nil, nil, err
	}
	load := func(name string, source []byte) {
		s, err := script.Load(context.Background(), name, source, script.Options{Known: loader.Names()})
		if err != nil {
			problems = append(problems, problem(name, err))
			return
		}
		described.Pipelines = append(described.Pipelines, s.Plan().Pipelines...)
		warnings = append(warnings, s.Warnings()...)
	}
	for _, source := range a.Eval {
		load("-e", []byte(evalPrelude+source))
	}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			problems = append(problems, plan.Problem{Position: plan.Position{File: file}, Message: reason(err)})
			continue
		}
		load(file, source)
	}
	return warnings, problems, nil
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
