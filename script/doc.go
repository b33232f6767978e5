// Package script turns a Lua script into a plan, and the functions in it into
// components.
//
// A script only describes: [Load] evaluates it once, with a safe library and
// within limits, into a [plan.Plan] in which every stage is stamped with its
// file and line. Nothing is opened. Lua functions in the plan are *[Function];
// they run in Lua states of their own, one for every place that messages are
// handled at, in each of which the script is evaluated again.
//
// This is the only package that knows the Lua engine, gopher-lua.
//
// # Describing
//
// require("gopiper") returns
//
//	loadComponent(reference, attributes)  a stage; the attributes are optional
//	NAME{ … }                             short for loadComponent("NAME", { … })
//	func{ function(msg) … end, … }        a function with attributes of a stage
//	createPipeline(stages, options)       describes a pipeline
//	branch{ { a, b }, { c } }             every branch gets every message
//	switch{ { when = f, a }, { b } }      the first case that takes it gets it
//	merge{ { source, a }, { source } }    several sources, as the first stage
//	env(name, default)                    an environment variable
//	null, array(t), object(t)             what JSON has and Lua has not
//	json, time, regex, …                  the standard library, package std
//	read_file(path), glob(pattern)        a file's contents, a list of paths
//	emit(message, from)                   sends on what was made of kept messages
//	DONE, CONTINUE, RETRY, FAIL, DROP     the first status of each class
//
// A list of stages may hold functions as they are; func is for those that need
// more than the defaults. The attributes of every stage are name, workers,
// order, order_by (the name of an attribute, or a function), timeout, and retry
// = { max_attempts, initial, max, on = { [120] = { … } } }. The options of a
// pipeline are name, failed (a list of stages), max_messages, max_bytes and
// drain_timeout. A stage that was described once may be placed many times.
//
// The position of a stage is the line of the call that makes it, in a module
// too; that of a bare function is its first line.
//
// # Handling
//
// A function gets msg, which is good until the function returns:
//
//	msg.data          the bytes, as a string; can be assigned
//	msg.attributes.x  an attribute, a string; nil deletes it; pairs works
//	msg.key           a string, or nil if there is none
//	msg.timestamp     seconds since 1970, a float, or nil if unknown; it holds
//	                  about a microsecond, so only one that is assigned loses
//	                  nanoseconds
//	msg.json          the data as JSON: its fields can be read and assigned
//	msg:copy()        a message of its own, to be changed and emitted or returned
//	msg:emit()        sends the message on as it is now, before the function's own
//
// msg.json is a view on the data, a [jsonview.Document]: what is not touched is
// not parsed, and stays byte for byte. What is written is kept beside the data
// until msg.data is read or the function has returned, and is lost if the
// function raises an error or drops the message. Its parts are good until then,
// and until msg.data or msg.json is assigned; unlike msg they are never used
// again for another message. gopiper.null is JSON's null; gopiper.array(t) and
// gopiper.object(t) say what an empty table is. A whole number beyond 2^53 is an
// exact value with operators, tostring and tonumber. Any other number is Lua's;
// its text is noted, and an equal number that is written for the same message
// takes the text of the one that was read last.
//
// There is one msg for every function and worker: a msg that is kept for later
// shows the message of that time, or is an error between messages.
//
// It returns nothing, or nil, when it is done with the message; a status and,
// if it likes, a description; or messages: strings, msg itself, or tables
// { data = …, attributes = …, key = …, timestamp = … }, which take over from msg
// what they do not name. The messages take the place of msg, which is dropped
// and whose outcome is theirs; if msg is among them it flows on behind them. A
// function that raises an error, goes beyond its [Limits] or
// returns anything else fails the message, and only that. What was emitted is
// sent when the message is done or dropped, and otherwise forgotten, so that a
// message which is tried again sends nothing twice.
//
// A `when` function takes the message if it returns anything but nil or false.
// An order_by function returns a string, a number, or nil for no key. Neither
// may change the message.
//
// # Stages with a life
//
// A stage may be a table of functions, in the list as it is or in func:
//
//	handle(msg)             as above; or
//	handle_batch(messages)  a list of 256 at most; it returns nothing, or statuses,
//	                        or { status, description }, by their places
//	init(stage)             when a worker is opened; its error is that of Open
//	timer(stage), every     every so often, between messages
//	flush(stage)            at the end, and when what is kept fills the pipeline
//	close(stage)            at the end, if init has succeeded
//
// Whatever else is in it are attributes, of every stage and of the user's own; stage
// is the table itself. Each worker has a Lua state for the table alone, in which one
// function runs at a time; the state is made anew, and init called again, for a worker
// that is replaced.
//
// With flush, msg:keep() keeps the message, whose report is Continue then, and returns
// what stands for it until one of three: emit sends it on, release drops it, and
// gopiper.emit(message, from) makes another one of it, or of a list, whose outcome is
// theirs. What a function has emitted, released and kept counts when it has returned:
// after an error, or for a message that fails or is tried again, nothing of it has
// happened. What an error of handle_batch, or of its return value, has ended fails all
// of the batch. An error of flush fails what is kept, and so does flush when it returns
// and leaves something kept; one of timer is printed and leaves everything as it was.
//
// With stateful = true it has gopiper.state, in [std], whose changes belong to the message
// that handle was called with: the next message finds nothing of what one that failed has
// changed. gopiper.shared is one dictionary for all Lua states of the script.
//
// # The language
//
// Lua 5.1 with goto, without io, debug, package, load, loadstring, loadfile,
// dofile, getfenv, setfenv, module, newproxy and string.dump; os is clock, date,
// difftime and time. require "foo.bar" loads foo/bar.lua or foo/bar/init.lua
// beside the script and nothing else. Reading a global variable that was never
// assigned is an error. The string library works on bytes; patterns know %f.
//
// While a script describes, time stands still, random numbers begin the same
// every time, and environment variables, files and modules are read once: the
// script must describe the same plan in every state. Environment variables stay
// as they were found for as long as the script is used. What a function keeps
// in variables is kept for every worker by itself; see [Script.Warnings].
package script
