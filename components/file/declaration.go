package file

import (
	"time"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/components/stream"
)

// Declaration declares the component.
var Declaration = component.Declaration{
	Name:    "file",
	Summary: "Reads messages from files, or writes messages to a file.",
	Doc:     sourceDoc + "\n\n" + followDoc + "\n\n" + sinkDoc,
	Example: `gopiper.file{ paths = { "access.log.2.gz", "access.log.1", "access.log" } },
gopiper.filter{ contains = "error" },
gopiper.file{ path = "errors.log" }`,
	Roles: component.Source | component.Sink,
	Interfaces: component.IsRunner | component.IsBatchHandler | component.IsFlusher |
		component.IsOpener | component.FactoryIsOpener | component.FactoryIsCloser,
	Sync:     true,
	Delivery: delivery,
	Attributes: []component.Attribute{
		{Name: "paths", Type: component.List, Doc: "Source: the files to read, in this order. `*`, `?` and `[a-z]` " +
			"stand for any characters, one character, and one of a range; what a pattern matches is read sorted " +
			"by name, without directories, and no file is read twice."},
		{Name: "allow_missing", Type: component.Bool, Default: false, Doc: "Source: a path that matches no file is no error. " +
			"With `follow` it never is."},
		{Name: "decompress", Type: component.Bool, Default: true, Doc: "Source: decompress what begins like a gzip or zstd file."},
		{Name: "add_path", Type: component.Bool, Default: false, Doc: "Source: give every message an attribute `path`: the " +
			"path of the file that it comes from."},
		stream.MaxMessage,
		{Name: "multiline_start", Type: component.String, Doc: "Source: a regular expression (RE2). A line in which it finds " +
			"something begins a message, and the lines behind it, up to the next such line, belong to it: " +
			"`multiline_start = [[^\\d{4}-\\d\\d-\\d\\d]]` for a log in which every entry begins with a date."},
		{Name: "multiline_continue", Type: component.String, Doc: "Source: the other way round: a line in which it finds something " +
			"belongs to the message before it, such as `[[^\\s]]`, an indented line. Give one of the two."},
		{Name: "resume", Type: component.Bool, Default: false, Doc: "Source: go on where the run before has ended: behind what was " +
			"settled. It needs a state directory (`--state`)."},
		{Name: "follow", Type: component.Bool, Default: false, Doc: "Source: do not end, but wait for what is added to the files, " +
			"and for new files."},
		{Name: "start_at", Type: component.String, Default: "beginning", Options: []string{"beginning", "end"},
			Doc: "Source, with `follow`: where reading begins in files that are there at the first start. `end` stands for the last " +
				"line that is not complete. Files that come later are read from their beginning."},
		{Name: "refresh", Type: component.Duration, Default: time.Second, Min: time.Millisecond,
			Doc: "Source, with `follow`: how often new files are looked for, and those that were renamed or removed."},
		{Name: "multiline_timeout", Type: component.Duration, Default: time.Second, Min: time.Millisecond,
			Doc: "Source, with `follow`: the lines of a message are complete when none has come for so long."},
		{Name: "close_after", Type: component.Duration, Default: 5 * time.Minute, Min: time.Millisecond,
			Doc: "Source, with `follow`: a file in which nothing has come for so long is closed. It is opened again when something has."},
		{Name: "close_rotated", Type: component.Duration, Default: time.Minute, Min: time.Millisecond,
			Doc: "Source, with `follow`: how long a file that was renamed, or removed, is read on after the last bytes have come. " +
				"Who writes to it should have opened the new file by then. What stands behind its last newline becomes a message."},
		{Name: "max_open", Type: component.Int, Default: int64(256), Min: int64(1),
			Doc: "Source, with `follow`: the number of files that are open at most. If there is something to read in more, they take turns."},
		{Name: "path", Type: component.String, Doc: "Sink: the file to write to."},
		{Name: "append", Type: component.Bool, Default: true, Doc: "Sink: keep what the file holds at the start and write " +
			"behind it. If not, the file is emptied first, at every start."},
		{Name: "mode", Type: component.String, Default: "0644", Doc: "Sink: the permissions of a file that is created, in octal, less the umask."},
		{Name: "sync", Type: component.Bool, Default: true, Doc: "Sink: wait until the disk has what was written (fsync) " +
			"before messages count as delivered. Without it they do once the operating system has them, which is much faster " +
			"where few are written at a time, and a power failure can lose them."},
		{Name: "framing", Type: component.String, Default: stream.SinkFraming.Default, Options: stream.SinkFraming.Options,
			Doc: "Source: " + stream.SourceFraming.Doc + "\n\nSink: " + stream.SinkFraming.Doc},
	},
}

var delivery = []component.Promise{
	{Delivery: component.Replayable, Attribute: "follow", Value: true, Durable: true,
		Doc: "reading goes on behind what is settled, in every file that is still there. What was not settled of a file " +
			"that was removed, or emptied by copying and truncating, is lost with it"},
	{Delivery: component.Replayable, Attribute: "resume", Value: true, Durable: true,
		Doc: "the next run goes on behind what is settled; a compressed file that was not read to its end is read again as a whole"},
	{Delivery: component.FireAndForget, Attribute: "follow", Value: true,
		Doc: "without a state directory nothing is remembered: the next run begins at start_at, so that it reads everything again, " +
			"or, from the end, passes over what was not settled"},
	{Delivery: component.FireAndForget,
		Doc: "nothing is remembered: as long as the files are there nothing is lost, but a run that is started again reads everything again. " +
			"With resume = true and a state directory it goes on where it was"},
	{Delivery: component.Confirming, Attribute: "sync", Value: true,
		Doc: "a message is settled once the disk has it (fsync); what a crash leaves unsettled is written again. " +
			"What is no regular file, such as a named pipe, confirms nothing"},
	{Delivery: component.Unconfirmed,
		Doc: "a message is settled once the operating system has it: it survives the end of the process, but not a power failure. " +
			"With sync = true it would"},
}

const sourceDoc = `As the first stage it reads the files that match ` + "`paths`" + `, one after the other and each to its
end, and then ends. Files compressed with gzip or zstd are recognised by their first bytes. With several
workers each of them reads other files.

With ` + "`resume = true`" + ` and a state directory the next run goes on where this one has ended: a file that was
read to its end is not read again, of one that has grown the rest is read, and of one that was renamed
since, in its directory, the rest comes first, also if no pattern matches it. A compressed file is either
finished, or read again from its beginning.`

const followDoc = `With ` + "`follow = true`" + ` it does not end, but waits for what is added to the files and for new files, as
` + "`tail -F`" + ` does:

` + "```lua" + `
gopiper.file{ paths = { "/var/log/app/*.log" }, follow = true },
` + "```" + `

- **What is there** is found out by asking: every 200 ms whether the open files have grown, and every
  ` + "`refresh`" + ` which files there are, also while the pipeline is full. A line becomes a message when its newline has come.
- **A file is known** by its device and inode, by its time of creation where the file system knows it, and by a
  fingerprint of its first 1,024 bytes; not by its name.
- **Rotation by renaming** loses nothing: the old file is read to its end, together with what is still
  written to it until ` + "`close_rotated`" + `, before the new one. If that happened while gopiper was down, the old file is
  found under its new name in the same directory, whether a pattern matches it or not. But a file that
  comes and is renamed within one ` + "`refresh`" + `, or while gopiper is down, was never seen, and is found only if a
  pattern matches its new name, too: ` + "`paths = { \"app.log\", \"app.log.1\" }`" + ` is safest. Let logrotate keep the old
  file uncompressed for one turn (` + "`delaycompress`" + `), and let no pattern match the compressed copies: what is in
  them would be read a second time.
- **Rotation by copying and truncating** (` + "`copytruncate`" + `): a file that has become shorter, or begins in another
  way, is read from its beginning. What was written between the last read and the truncation is lost, as
  it is with every reader; let the patterns not match the copies, which are other files.
- **A removed file** is read to its end if it is open, and lost if it was closed.
- **Compressed files** are read once, to their end, when they have not changed for 5 seconds.
- **Positions** are kept when there is a state directory. After a crash reading goes on behind the last message
  that is settled, with all before it; messages that were in flight come again. A position that
  is damaged, or of a newer gopiper, is reported, and its file is read again from its beginning. Without
  a state directory every run begins at ` + "`start_at`" + `.
- **Order** is kept within a file. With several workers each of them follows other files.`

const sinkDoc = `As the last stage it appends messages to the file ` + "`path`" + `, which it creates, with its directories,
where it is not there. Messages are written together, with one call for all that are there, and at once
when no more are. They count as delivered when the disk has them, with one fsync for all that were written
together, unless ` + "`sync = false`" + `. On the signal SIGUSR1 the next message goes to a newly opened file: rename the
file, send the signal, and the log is rotated.

If writing fails, because the disk is full or broken, the file is cut back to the length at which the last fsync
has succeeded, and everything since then is written again, until that succeeds: no part of a message is
left behind, and none is there twice. After a crash, with a state directory, the part of a message that may
stand at the file's end is cut off at the next start, which is logged. A file that does not end with a
delimiter gets one before the next message.

All that holds while one stage writes to the file. Its workers share it. Other stages, or processes, may
append to it too: messages then stand between messages and never within them, but after an error nothing
is cut off, so that some messages may be there twice, and one that was written in part may remain.`
