package script

import (
	"fmt"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"github.com/gopiper/gopiper/plan"
)

// warnings finds functions that keep something between messages though their
// stage has several workers, each of which has a Lua state of its own and so
// keeps its own. In order by key that may be meant: all messages of a key are
// with one worker.
func (st *state) warnings() []Warning {
	var list []Warning
	var visit func(stages []*plan.Stage)
	visit = func(stages []*plan.Stage) {
		for _, s := range stages {
			for _, f := range []*plan.Func{s.Function, s.OrderByFunction} {
				if f == nil || s.Workers < 2 || s.Order == plan.Key {
					continue
				}
				for _, c := range st.changes(f.Impl.(*Function)) {
					list = append(list, Warning{f.Position, fmt.Sprintf(
						"the function changes %q (line %d), which every one of its %d workers has a copy of; use workers = 1, or gopiper.shared, if they should share it",
						c.name, c.line, s.Workers)})
				}
			}
			for _, fork := range s.Branches {
				visit(fork.Stages)
			}
		}
	}
	for _, p := range st.plan.Pipelines {
		visit(p.Stages)
		visit(p.Failed)
	}
	return list
}

// The fields of an instruction.
func opcode(instruction uint32) int { return int(instruction >> 26) }
func fieldA(instruction uint32) int { return int(instruction>>18) & 0xff }
func fieldB(instruction uint32) int { return int(instruction & 0x1ff) }
func fieldBx(instruction uint32) int {
	return int(instruction & 0x3ffff)
}

// assignment is one of a variable that a function keeps something in.
type assignment struct {
	name string
	line int
}

// changes returns what a function keeps something in, and the others of its table.
// What init assigns is meant to be every worker's own.
func (st *state) changes(f *Function) []assignment {
	list := assigned(st.functions[f.ordinal].Proto)
	if f.life == nil {
		return list
	}
	var own []assignment
	for _, ordinal := range []int{f.life.init, f.life.timer, f.life.flush, f.life.close} {
		switch {
		case ordinal < 0:
		case ordinal == f.life.init:
			own = assigned(st.functions[ordinal].Proto)
		default:
			list = append(list, assigned(st.functions[ordinal].Proto)...)
		}
	}
	var left []assignment
	for _, a := range list {
		same := func(b assignment) bool { return a.name == b.name }
		if !slices.ContainsFunc(own, same) && !slices.ContainsFunc(left, same) {
			left = append(left, a)
		}
	}
	return left
}

// assigned returns the variables outside of a function that it assigns, or assigns
// fields of, by their names: upvalues and globals.
func assigned(p *lua.FunctionProto) []assignment {
	outer := make([]bool, p.NumUpvalues)
	for i := range outer {
		outer[i] = true
	}
	var list []assignment
	findKept(p, outer, func(name string, line int) {
		if !slices.ContainsFunc(list, func(a assignment) bool { return a.name == name }) {
			list = append(list, assignment{name, line})
		}
	})
	slices.SortFunc(list, func(a, b assignment) int { return strings.Compare(a.name, b.name) })
	return list
}

// findKept reads the code of a function, and of those in it; outer tells which
// upvalues come from outside of the outermost.
func findKept(p *lua.FunctionProto, outer []bool, found func(name string, line int)) {
	line := func(pc int) int {
		if pc < len(p.DbgSourcePositions) {
			return p.DbgSourcePositions[pc]
		}
		return p.LineDefined
	}
	held := make(map[int]string) // registers that hold what a variable outside refers to
	for pc := 0; pc < len(p.Code); pc++ {
		instruction := p.Code[pc]
		a := fieldA(instruction)
		switch opcode(instruction) {
		case lua.OP_SETGLOBAL:
			found(p.Constants[fieldBx(instruction)].String(), line(pc))
		case lua.OP_SETUPVAL:
			if i := fieldB(instruction); i < len(outer) && outer[i] {
				found(p.DbgUpvalues[i], line(pc))
			}
		case lua.OP_SETTABLE, lua.OP_SETTABLEKS:
			if name, ok := held[a]; ok {
				found(name, line(pc))
			}
		case lua.OP_GETUPVAL:
			delete(held, a)
			if i := fieldB(instruction); i < len(outer) && outer[i] {
				held[a] = p.DbgUpvalues[i]
			}
		case lua.OP_GETGLOBAL:
			held[a] = p.Constants[fieldBx(instruction)].String()
		case lua.OP_CLOSURE:
			delete(held, a)
			closure := p.FunctionPrototypes[fieldBx(instruction)]
			closed := make([]bool, closure.NumUpvalues)
			for i := range closed { // an instruction for each says where it comes from
				pc++
				j := fieldB(p.Code[pc])
				closed[i] = opcode(p.Code[pc]) == lua.OP_GETUPVAL && j < len(outer) && outer[j]
			}
			findKept(closure, closed, found)
		case lua.OP_SETLIST:
			if instruction>>9&0x1ff == 0 { // the next word is a number
				pc++
			}
		case lua.OP_JMP, lua.OP_EQ, lua.OP_LT, lua.OP_LE, lua.OP_TEST:
		default:
			delete(held, a)
		}
	}
}
