package main

import (
	"fmt"
	"strings"

	"github.com/gopiper/gopiper"
	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/loader"
	"github.com/gopiper/gopiper/plan"
)

type graphCommand struct {
	scriptArguments
	Format string `enum:"mermaid,dot" default:"mermaid" help:"Language of the graph: mermaid or dot."`
	JSON   bool   `name:"json" help:"Print the nodes and edges as JSON."`
}

// Run prints the graph of the plan.
func (c *graphCommand) Run() error {
	program, _, err := c.prepare(gopiper.Options{Durable: true})
	if err != nil {
		return err
	}
	graphs := make([]*graph, 0, len(program.Plan().Pipelines))
	for _, p := range program.Plan().Pipelines {
		graphs = append(graphs, draw(p, len(graphs)))
	}
	switch {
	case c.JSON:
		return showJSON(graphs)
	case c.Format == "dot":
		return show(dot(graphs))
	default:
		return show(mermaid(graphs))
	}
}

// graph is the graph of one pipeline.
type graph struct {
	Pipeline string `json:"pipeline"`
	Nodes    []node `json:"nodes"`
	Edges    []edge `json:"edges"`
	prefix   string // of the nodes' ids
}

type node struct {
	ID    string    `json:"id"`
	Label string    `json:"label"`
	Kind  plan.Kind `json:"kind"`
}

type edge struct {
	From  string `json:"from"`
	To    string `json:"to"`
	Label string `json:"label,omitempty"`
}

// end is where a message leaves a stage, and how the way from there is called.
type end struct{ id, label string }

// failures is the kind of the node that the failed branch hangs on.
const failures plan.Kind = "failed"

func draw(p *plan.Pipeline, number int) *graph {
	g := &graph{Pipeline: p.Name, Edges: []edge{}, prefix: fmt.Sprintf("p%d_", number+1)}
	g.chain(p.Stages, nil)
	if len(p.Failed) > 0 {
		id := g.node("failed", failures)
		g.chain(p.Failed, []end{{id, ""}})
	}
	return g
}

func (g *graph) node(label string, kind plan.Kind) string {
	id := fmt.Sprintf("%s%d", g.prefix, len(g.Nodes)+1)
	g.Nodes = append(g.Nodes, node{id, label, kind})
	return id
}

// chain draws stages behind the ends, and returns the ends behind them.
func (g *graph) chain(stages []*plan.Stage, ends []end) []end {
	for _, s := range stages {
		if s.Kind == plan.Merge {
			ends = nil
			for _, fork := range s.Branches {
				ends = append(ends, g.chain(fork.Stages, nil)...)
			}
			continue
		}
		id := g.node(label(s), s.Kind)
		for _, e := range ends {
			g.Edges = append(g.Edges, edge{e.id, id, e.label})
		}
		first := len(ends) == 0
		ends = nil
		switch s.Kind {
		case plan.Branch, plan.Switch:
			ends = g.forks(s, id)
		default:
			if first || !endsHere(s) {
				ends = []end{{id, ""}}
			}
		}
	}
	return ends
}

func (g *graph) forks(s *plan.Stage, id string) []end {
	var ends []end
	otherwise := false
	for i, fork := range s.Branches {
		way := ""
		if s.Kind == plan.Switch {
			way = fmt.Sprintf("case %d", i+1)
			if fork.When == nil {
				way, otherwise = "otherwise", true
			}
		}
		ends = append(ends, g.chain(fork.Stages, []end{{id, way}})...)
	}
	if s.Kind == plan.Switch && !otherwise {
		ends = append(ends, end{id, "no case"})
	}
	return ends
}

func label(s *plan.Stage) string {
	if s.Kind == plan.Function {
		return s.Name + "\n" + s.Position.String()
	}
	if s.Workers > 1 {
		return fmt.Sprintf("%s\n%d workers", s.Name, s.Workers)
	}
	return s.Name
}

// endsHere tells whether nothing comes out of a stage that is not the first.
func endsHere(s *plan.Stage) bool {
	if s.Kind != plan.Component || s.Function != nil {
		return false
	}
	loaded, err := loader.Load(s.Reference)
	return err == nil && loaded.Declaration != nil && !loaded.Declaration.Roles.Has(component.Processor)
}

// mermaid writes graphs for Mermaid.
func mermaid(graphs []*graph) string {
	text := func(s string) string {
		return `"` + strings.NewReplacer(`"`, "#quot;", "\n", "<br/>", "<", "#lt;", ">", "#gt;").Replace(s) + `"`
	}
	var out strings.Builder
	out.WriteString("flowchart LR\n")
	for i, g := range graphs {
		fmt.Fprintf(&out, "  subgraph p%d[%s]\n", i+1, text(g.Pipeline))
		for _, n := range g.Nodes {
			shape := [2]string{"[", "]"}
			switch n.Kind {
			case plan.Branch, plan.Switch:
				shape = [2]string{"{", "}"}
			case plan.Function, failures:
				shape = [2]string{"(", ")"}
			}
			fmt.Fprintf(&out, "    %s%s%s%s\n", n.ID, shape[0], text(n.Label), shape[1])
		}
		for _, e := range g.Edges {
			arrow := "-->"
			if e.Label != "" {
				arrow = "-->|" + text(e.Label) + "|"
			}
			fmt.Fprintf(&out, "    %s %s %s\n", e.From, arrow, e.To)
		}
		out.WriteString("  end\n")
	}
	return out.String()
}

// dot writes graphs for Graphviz.
func dot(graphs []*graph) string {
	text := func(s string) string {
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(s) + `"`
	}
	var out strings.Builder
	out.WriteString("digraph gopiper {\n  rankdir=LR;\n  node [shape=box];\n")
	for i, g := range graphs {
		fmt.Fprintf(&out, "  subgraph cluster_%d {\n    label=%s;\n", i+1, text(g.Pipeline))
		for _, n := range g.Nodes {
			shape := ""
			switch n.Kind {
			case plan.Branch, plan.Switch:
				shape = ", shape=diamond"
			case plan.Function, failures:
				shape = ", style=rounded"
			}
			fmt.Fprintf(&out, "    %s [label=%s%s];\n", n.ID, text(n.Label), shape)
		}
		for _, e := range g.Edges {
			attribute := ""
			if e.Label != "" {
				attribute = " [label=" + text(e.Label) + "]"
			}
			fmt.Fprintf(&out, "    %s -> %s%s;\n", e.From, e.To, attribute)
		}
		out.WriteString("  }\n")
	}
	out.WriteString("}\n")
	return out.String()
}
