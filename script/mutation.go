package script

import (
	"fmt"
	"slices"

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
				for _, name := range kept(st.functions[f.Impl.(*Function).ordinal].Proto) {
					list = append(list, Warning{f.Position, fmt.Sprintf(
						"the function changes %q, which every one of its %d workers has a copy of; use workers = 1 if they should share it",
						name, s.Workers)})
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

// kept returns the names of the variables outside of a function that it
// assigns, or assigns fields of: upvalues and globals.
func kept(p *lua.FunctionProto) []string {
	outer := make([]bool, p.NumUpvalues)
	for i := range outer {
		outer[i] = true
	}
	var names []string
	findKept(p, outer, func(name string) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	})
	slices.Sort(names)
	return names
}

// findKept reads the code of a function, and of those in it; outer tells which
// upvalues come from outside of the outermost.
func findKept(p *lua.FunctionProto, outer []bool, found func(string)) {
	held := make(map[int]string) // registers that hold what a variable outside refers to
	for pc := 0; pc < len(p.Code); pc++ {
		instruction := p.Code[pc]
		a := fieldA(instruction)
		switch opcode(instruction) {
		case lua.OP_SETGLOBAL:
			found(p.Constants[fieldBx(instruction)].String())
		case lua.OP_SETUPVAL:
			if i := fieldB(instruction); i < len(outer) && outer[i] {
				found(p.DbgUpvalues[i])
			}
		case lua.OP_SETTABLE, lua.OP_SETTABLEKS:
			if name, ok := held[a]; ok {
				found(name)
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
