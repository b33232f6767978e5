// Package reject is the component reject: it drops the messages that meet its
// criteria. Package filter holds what it shares with its opposite.
package reject

import (
	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/components/filter"
)

// Declaration declares the component.
var Declaration = filter.RejectDeclaration

// NewFactory returns the component's factory.
func NewFactory(attributes map[string]any) (component.Factory, error) {
	return filter.NewRejectFactory(attributes)
}
