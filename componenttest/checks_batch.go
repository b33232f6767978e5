package componenttest

var batchChecks = []*check{{
	name:    "batch_count",
	tier:    tierHandling,
	rule:    "n must be 1 or more; 0 is treated like a panic.",
	where:   "component.BatchHandler",
	mend:    "return how many messages were handled, from 1 to len(messages); report errors in reports instead of panicking",
	applies: (*subject).batches,
	run:     told,
}, {
	name:    "batch_rest",
	tier:    tierHandling,
	rule:    "HandleBatch handles messages[0:n] in their order, sets reports[i] for each of them that is not Done (all are Done at entry), and returns n. The rest is handed over again.",
	where:   "component.BatchHandler",
	mend:    "leave the messages and reports behind those counted as they are, and never reslice behind len(messages)",
	applies: (*subject).batches,
	run:     told,
}, {
	name:    "batch_slices",
	tier:    tierHandling,
	rule:    "the engine owns both slices and reuses them",
	where:   "component.BatchHandler",
	mend:    "set elements of reports only, and only until HandleBatch returns; copy messages to keep them",
	applies: (*subject).batches,
	run:     told,
}}
