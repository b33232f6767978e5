package componenttest

import (
	"fmt"
	"slices"
)

// check is one rule of the contract and how it is checked.
type check struct {
	name string
	tier int // see the tiers
	// rule are words of the documentation of package component, where the
	// symbol whose documentation it is, and mend says what a component's
	// author should do.
	rule, where, mend string
	applies           func(*subject) bool
	run               func(*subject, *reporter)
}

// The tiers. What a check of one tier needs to mean anything is checked by the
// tiers before it: once one of those fails, the later tiers are not run, so that
// one defect is one failure. Only the words are nothing to anybody else.
const (
	tierWords    = iota // what the component says of itself
	tierMaking          // whether there is a worker at all
	tierHandling        // what one worker does with messages
	tierLiving          // what several do, alike or not, and at start and end
	tierPipeline        // how it fares in the engine
)

// checks are all checks, by tier.
var checks = slices.Concat(makingChecks, handlingChecks, batchChecks, sourceChecks, livingChecks, pipelineChecks)

func always(*subject) bool { return true }

// run performs the checks that apply, in their order. A check that a tier before
// it has made pointless is skipped.
func (s *subject) run(do func(c *check, perform func() Result) bool, skip func(c *check, failed string)) {
	failed, failedTier := "", 0
	for _, c := range checks {
		switch {
		case !c.applies(s):
		case failed != "" && failedTier < c.tier:
			skip(c, failed)
		case !do(c, func() Result { return s.perform(c) }) && failed == "" && c.tier != tierWords:
			failed, failedTier = c.name, c.tier
		}
	}
}

// perform runs one check.
func (s *subject) perform(c *check) Result {
	r := &reporter{check: c}
	func() {
		defer func() {
			if reason := recover(); reason != nil {
				if _, ok := reason.(stopped); !ok {
					panic(reason)
				}
			}
		}()
		c.run(s, r)
	}()
	if r.more > 0 {
		r.problems = append(r.problems, fmt.Sprintf("and %d more", r.more))
	}
	return Result{Check: c.name, Problems: r.problems, Rule: c.rule, Where: c.where, Mend: c.mend}
}

// reporter collects the problems that a check finds.
type reporter struct {
	check    *check
	problems []string
	more     int // that are not told
}

const mostProblems = 4

func (r *reporter) fail(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	switch {
	case slices.Contains(r.problems, text):
	case len(r.problems) == mostProblems:
		r.more++
	default:
		r.problems = append(r.problems, text)
	}
}

// stopped ends a check that cannot go on.
type stopped struct{}

// need ends the check with a problem if there is an error.
func (r *reporter) need(err error) {
	if err != nil {
		r.fail("%v", err)
		panic(stopped{})
	}
}

// tell reports what the accounts hold of this check.
func (r *reporter) tell(accounts ...*account) {
	for _, a := range accounts {
		for _, text := range a.notesOf(r.check.name) {
			r.fail("%s", text)
		}
	}
}
