package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/gopiper/gopiper/loader"
)

type completionCommand struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
}

// Help tells how to install the script.
func (c *completionCommand) Help() string {
	return `bash: source <(gopiper completion bash)
zsh:  source <(gopiper completion zsh)
fish: gopiper completion fish | source`
}

// Run prints a shell's completion script.
func (c *completionCommand) Run(parser *kong.Kong) error {
	commands := completions(parser)
	switch c.Shell {
	case "fish":
		return show(fish(commands))
	case "zsh":
		return show("autoload -U +X bashcompinit && bashcompinit\n" + bash(commands))
	default:
		return show(bash(commands))
	}
}

// completed is what there is to complete in one command.
type completed struct {
	name, help string
	flags      []*kong.Flag
	words      []string // of its argument
	files      bool     // its argument is a file
}

func completions(parser *kong.Kong) []completed {
	var list []completed
	for _, command := range parser.Model.Children {
		c := completed{name: command.Name, help: command.Help}
		for _, group := range command.AllFlags(true) {
			c.add(group)
		}
		for _, inner := range command.Children {
			c.words = append(c.words, inner.Name)
			for _, group := range inner.AllFlags(true) {
				c.add(group)
			}
		}
		for _, argument := range command.Positional {
			switch {
			case argument.Enum != "":
				c.words = append(c.words, argument.EnumSlice()...)
			case argument.Name == "file":
				c.files = true
			default:
				c.words, c.files = append(c.words, loader.Names()...), true
			}
		}
		list = append(list, c)
	}
	return list
}

// add adds flags, each once.
func (c *completed) add(flags []*kong.Flag) {
	for _, flag := range flags {
		if !slices.ContainsFunc(c.flags, func(f *kong.Flag) bool { return f.Name == flag.Name }) {
			c.flags = append(c.flags, flag)
		}
	}
}

func bash(commands []completed) string {
	var names []string
	var cases strings.Builder
	for _, c := range commands {
		names = append(names, c.name)
		words := c.words
		for _, f := range c.flags {
			words = append(words, "--"+f.Name)
			if f.Enum != "" {
				fmt.Fprintf(&cases, "    %s:--%s) words=%q ;;\n", c.name, f.Name, strings.Join(f.EnumSlice(), " "))
			}
		}
		more := ""
		if c.files {
			more = " files=1"
		}
		fmt.Fprintf(&cases, "    %s:*) words=%q%s ;;\n", c.name, strings.Join(words, " "), more)
	}
	return fmt.Sprintf(`_gopiper() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} words= files=
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W %q -- "$current"))
    return
  fi
  case "${COMP_WORDS[1]}:$previous" in
%s  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  if [ -n "$files" ]; then
    COMPREPLY+=($(compgen -f -- "$current"))
  fi
}
complete -o filenames -F _gopiper gopiper
`, strings.Join(names, " "), cases.String())
}

func fish(commands []completed) string {
	quote := func(text string) string {
		return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(text) + "'"
	}
	var out strings.Builder
	out.WriteString("complete -c gopiper -f\n")
	for _, c := range commands {
		fmt.Fprintf(&out, "complete -c gopiper -n __fish_use_subcommand -a %s -d %s\n", c.name, quote(c.help))
		in := "complete -c gopiper -n '__fish_seen_subcommand_from " + c.name + "'"
		for _, f := range c.flags {
			fmt.Fprintf(&out, "%s -l %s -d %s", in, f.Name, quote(f.Help))
			if f.Short != 0 {
				fmt.Fprintf(&out, " -s %c", f.Short)
			}
			switch {
			case f.Enum != "":
				fmt.Fprintf(&out, " -x -a %s", quote(strings.Join(f.EnumSlice(), " ")))
			case !f.IsBool():
				out.WriteString(" -x")
			}
			out.WriteByte('\n')
		}
		if len(c.words) > 0 {
			fmt.Fprintf(&out, "%s -a %s\n", in, quote(strings.Join(c.words, " ")))
		}
		if c.files {
			fmt.Fprintf(&out, "%s -F\n", in)
		}
	}
	return out.String()
}
