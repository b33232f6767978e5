package component

import "testing"

func TestDeliveryNames(t *testing.T) {
	for d, want := range map[Delivery]struct {
		name string
		role Roles
	}{
		0:               {"undeclared", 0},
		FireAndForget:   {"fire-and-forget", Source},
		Replayable:      {"replayable", Source},
		RequestResponse: {"request/response", Source},
		Unconfirmed:     {"unconfirmed", Sink},
		Confirming:      {"confirming", Sink},
		Idempotent:      {"idempotent", Sink},
	} {
		if d.String() != want.name || d.Role() != want.role {
			t.Errorf("%d is %q for a %q, want %q for a %q", d, d, d.Role(), want.name, want.role)
		}
	}
	if got := (Idempotent + 1).String(); got != "unknown" {
		t.Errorf("what there is not is %q", got)
	}
}

func TestPromised(t *testing.T) {
	on, off := map[string]any{"resume": true, "sync": "always"}, map[string]any{"resume": false, "sync": "never"}
	both := Declaration{Delivery: []Promise{
		{Delivery: Replayable, Attribute: "resume", Value: true, Durable: true, Doc: "the first"},
		{Delivery: Idempotent, Attribute: "sync", Value: "always", Doc: "for sinks"},
		{Delivery: FireAndForget, Doc: "what is left"},
		{Delivery: RequestResponse, Doc: "never reached"},
	}}
	for _, test := range []struct {
		name       string
		d          *Declaration
		role       Roles
		attributes map[string]any
		durable    bool
		want       Delivery
	}{
		{"the first that holds", &both, Source, on, true, Replayable},
		{"not durable", &both, Source, on, false, FireAndForget},
		{"another value", &both, Source, off, true, FireAndForget},
		{"no value", &both, Source, nil, true, FireAndForget},
		{"the other role", &both, Sink, on, true, Idempotent},
		{"none of the other role holds", &both, Sink, off, true, 0},
		{"a processor promises nothing", &both, Processor, on, true, 0},
		{"nothing declared", &Declaration{}, Source, on, true, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := test.d.Promised(test.role, test.attributes, test.durable)
			if got.Delivery != test.want {
				t.Errorf("%v (%s), want %v", got.Delivery, got.Doc, test.want)
			}
			if (got.Delivery == 0) != (got.Doc == "") {
				t.Errorf("the promise is %+v", got)
			}
		})
	}
}
