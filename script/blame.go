package script

import (
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// This file finds out which variable or field held a value that an instruction
// could not be done with: the engine names only its type and the line.

// operands are the names of what the instructions of some kinds on a line work
// with: "" for what has none.
type operands struct{ left, right string }

var arithmetic = map[int]bool{lua.OP_ADD: true, lua.OP_SUB: true, lua.OP_MUL: true, lua.OP_DIV: true, lua.OP_MOD: true, lua.OP_POW: true}
var comparisons = map[int]bool{lua.OP_LT: true, lua.OP_LE: true}

// operandsAt returns the operands of the one instruction of the kinds on a line;
// nothing if there are several.
func operandsAt(proto *lua.FunctionProto, line int, kinds map[int]bool) (found operands, n int) {
	for pc, instruction := range proto.Code {
		if pc >= len(proto.DbgSourcePositions) || proto.DbgSourcePositions[pc] != line {
			continue
		}
		if kinds[opcode(instruction)] {
			found = operands{named(proto, pc, fieldB(instruction)), named(proto, pc, fieldC(instruction))}
			n++
		}
		if kinds[lua.OP_MOD] && (gets(proto, instruction, "%") || gets(proto, instruction, "^")) {
			found = operands{operandOf(proto, pc, 1), operandOf(proto, pc, 2)}
			n++
		}
	}
	for _, inner := range proto.FunctionPrototypes {
		if f, m := operandsAt(inner, line, kinds); m > 0 {
			found, n = f, n+m
		}
	}
	return found, n
}

// indexedAt returns the name of what a field is read from, or assigned to, on a
// line; "" if it has none or there are several such.
func indexedAt(proto *lua.FunctionProto, line int, key string) (name string, n int) {
	for pc, instruction := range proto.Code {
		if pc >= len(proto.DbgSourcePositions) || proto.DbgSourcePositions[pc] != line {
			continue
		}
		object, by := -1, -1
		switch opcode(instruction) {
		case lua.OP_GETTABLE, lua.OP_GETTABLEKS, lua.OP_SELF:
			object, by = fieldB(instruction), fieldC(instruction)
		case lua.OP_SETTABLE, lua.OP_SETTABLEKS:
			object, by = fieldA(instruction), fieldB(instruction)
		}
		if object >= 0 && (by < constantBit || constant(proto, by) == key) {
			name = named(proto, pc, object)
			n++
		}
	}
	for _, inner := range proto.FunctionPrototypes {
		if f, m := indexedAt(inner, line, key); m > 0 {
			name, n = f, n+m
		}
	}
	return name, n
}

// joinedAt returns the name of an operand of the one .. on a line, counted from 1.
func joinedAt(proto *lua.FunctionProto, line, operand int) (name string, n int) {
	for pc, instruction := range proto.Code {
		if pc >= len(proto.DbgSourcePositions) || proto.DbgSourcePositions[pc] != line {
			continue
		}
		if gets(proto, instruction, concatName) {
			name = operandOf(proto, pc, operand)
			n++
		}
	}
	for _, inner := range proto.FunctionPrototypes {
		if f, m := joinedAt(inner, line, operand); m > 0 {
			name, n = f, n+m
		}
	}
	return name, n
}

// gets tells whether an instruction gets the function that does the work of an operator.
func gets(proto *lua.FunctionProto, instruction uint32, operator string) bool {
	return opcode(instruction) == lua.OP_GETGLOBAL && proto.Constants[fieldBx(instruction)].String() == operator
}

// operandOf returns the name of an operand, counted from 1, of the operator whose
// function an instruction gets.
func operandOf(proto *lua.FunctionProto, pc, operand int) string {
	register := fieldA(proto.Code[pc])
	for call := pc + 1; call < len(proto.Code); call++ {
		if opcode(proto.Code[call]) == lua.OP_CALL && fieldA(proto.Code[call]) == register {
			return named(proto, call, register+operand)
		}
	}
	return ""
}

// constantBit is set in a field of an instruction that means a constant, not a
// register.
const constantBit = 1 << 8

func fieldC(instruction uint32) int { return int(instruction>>9) & 0x1ff }

func constant(proto *lua.FunctionProto, field int) string {
	if i := field &^ constantBit; field >= constantBit && i < len(proto.Constants) {
		return proto.Constants[i].String()
	}
	return ""
}

// named is the name of what is in a register before an instruction. It reads back
// to where the register was set, unless there is a jump on the way.
func named(proto *lua.FunctionProto, pc, register int) string {
	if register >= constantBit {
		return ""
	}
	if local := localAt(proto, pc, register); local != "" {
		return "the variable " + strconv.Quote(local)
	}
	for pc--; pc >= 0; pc-- {
		instruction := proto.Code[pc]
		switch opcode(instruction) {
		case lua.OP_JMP, lua.OP_TEST, lua.OP_TESTSET, lua.OP_EQ, lua.OP_LT, lua.OP_LE, lua.OP_FORLOOP, lua.OP_TFORLOOP:
			return ""
		}
		if fieldA(instruction) != register {
			continue
		}
		switch opcode(instruction) {
		case lua.OP_GETTABLE, lua.OP_GETTABLEKS:
			if key := constant(proto, fieldC(instruction)); key != "" {
				return "the field " + strconv.Quote(key)
			}
		case lua.OP_GETGLOBAL:
			return "the variable " + strconv.Quote(proto.Constants[fieldBx(instruction)].String())
		case lua.OP_GETUPVAL:
			if i := fieldB(instruction); i < len(proto.DbgUpvalues) {
				return "the variable " + strconv.Quote(proto.DbgUpvalues[i])
			}
		case lua.OP_MOVE:
			if local := localAt(proto, pc, fieldB(instruction)); local != "" {
				return "the variable " + strconv.Quote(local)
			}
		}
		return ""
	}
	return ""
}

// localAt is the name of the local variable that a register is; "" for none, and for
// those that the user has not written.
func localAt(proto *lua.FunctionProto, pc, register int) string {
	for _, local := range proto.DbgLocals {
		if local.StartPc > pc {
			break
		}
		if pc < local.EndPc {
			if register == 0 {
				if strings.ContainsAny(local.Name, "=( ") {
					return ""
				}
				return local.Name
			}
			register--
		}
	}
	return ""
}
