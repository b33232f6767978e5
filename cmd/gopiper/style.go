package main

import "os"

// bold makes text stand out where somebody looks at it: on a terminal, unless
// NO_COLOR says otherwise.
func bold(text string) string {
	if text == "" || !styled() {
		return text
	}
	return "\x1b[1m" + text + "\x1b[0m"
}

func styled() bool {
	if os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" {
		return false
	}
	info, err := os.Stdout.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
