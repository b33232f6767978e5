// Package luajit runs Lua functions on LuaJIT.
package luajit
