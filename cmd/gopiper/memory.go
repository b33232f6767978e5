package main

import (
	"os"
	"path"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strconv"
	"strings"
)

// tuneMemory makes the garbage collector run less often than it does by
// default, which is worth up to half the throughput where components allocate,
// and makes it keep within the memory that the process is allowed. GOGC and
// GOMEMLIMIT in the environment win.
func tuneMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(percentMost)
		afterCollections(percentMost)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		if limit := memoryLimit("/"); limit > 0 {
			debug.SetMemoryLimit(limit / 10 * 9) // the rest is for what Go does not count
		}
	}
}

// The garbage collector lets garbage grow to so many percent of what is in use: to
// percentMost while that is little, and to garbageMost, but not below percentLeast,
// when a component keeps much.
const (
	percentMost  = 400
	percentLeast = 100
	garbageMost  = 256 << 20 // bytes
)

// percentFor is how many percent of so many bytes in use may be garbage.
func percentFor(live uint64) int {
	return int(min(max(garbageMost*100/max(live, 1), percentLeast), percentMost))
}

// afterCollections adapts the percentage after each run of the garbage collector,
// which ends the life of an object that nobody uses.
func afterCollections(percent int) {
	runtime.SetFinalizer(&struct{ _ [16]byte }{}, func(*struct{ _ [16]byte }) {
		live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
		metrics.Read(live)
		if next := percentFor(live[0].Value.Uint64()); next < percent*9/10 || next > percent*11/10 {
			percent = next
			debug.SetGCPercent(percent)
		}
		afterCollections(percent)
	})
}

// memoryLimit is the least limit of the control groups that the process is in;
// 0 stands for none, or for a system without control groups.
func memoryLimit(root string) int64 {
	groups, err := os.ReadFile(path.Join(root, "proc/self/cgroup"))
	if err != nil {
		return 0
	}
	least := int64(0)
	for line := range strings.Lines(string(groups)) {
		// hierarchy:controllers:group, and for version 2: 0::group
		fields := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(fields) != 3 {
			continue
		}
		mount, file := "sys/fs/cgroup", "memory.max"
		switch {
		case fields[1] == "memory":
			mount, file = "sys/fs/cgroup/memory", "memory.limit_in_bytes"
		case fields[1] != "":
			continue
		}
		for group := path.Clean("/" + fields[2]); ; group = path.Dir(group) {
			if limit := readLimit(path.Join(root, mount, group, file)); limit > 0 && (least == 0 || limit < least) {
				least = limit
			}
			if group == "/" {
				break
			}
		}
	}
	return least
}

func readLimit(file string) int64 {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0
	}
	limit, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	if err != nil || limit > 1<<60 { // "max", or version 1's number for no limit
		return 0
	}
	return limit
}
