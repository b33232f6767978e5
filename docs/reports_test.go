package docs

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gopiper/gopiper/components/filter"
	"github.com/gopiper/gopiper/components/stream"
	"github.com/gopiper/gopiper/engine"
	"github.com/gopiper/gopiper/script"
)

// reports.md has the statuses that the code uses.
func TestStatuses(t *testing.T) {
	_, table, _ := strings.Cut(read(t, "reports.md"), "\n## Statuses that gopiper uses\n")
	statuses := []int{
		filter.StatusInvalid, stream.StatusTooLong, stream.StatusBroken,
		script.StatusError, script.StatusLimit, script.StatusReturn, script.StatusState,
		engine.StatusAttempts, engine.StatusPanic, engine.StatusTimeout, engine.StatusPoison, engine.StatusNoSink,
	}
	for _, status := range statuses {
		if !strings.Contains(table, fmt.Sprintf("\n| %d | ", status)) {
			t.Errorf("reports.md does not have the status %d", status)
		}
	}
	if rows := strings.Count(table, "\n| 2"); rows != len(statuses) {
		t.Errorf("reports.md has %d statuses, the code %d", rows, len(statuses))
	}
}
