package script_test

import (
	"context"
	"fmt"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/script"
)

func Example() {
	s, err := script.Load(context.Background(), "upper.lua", []byte(`
		local gopiper = require("gopiper")

		gopiper.createPipeline{
		  gopiper.stdin{},
		  function(msg)
		    if msg.data == "" then return gopiper.DROP end
		    msg.data = msg.data:upper()
		  end,
		  gopiper.stdout{},
		}
	`), script.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	stage := s.Plan().Pipelines[0].Stages[1]
	worker := stage.Function.Impl.(*script.Function).Create(0, 0, nil)
	for _, data := range []string{"hello", ""} {
		message := component.NewMessage([]byte(data))
		worker.Handle(message, func(report component.Report) {
			fmt.Printf("%s: %q is %s\n", stage.Position, message.GetData(), report.Class())
		})
	}

	_, err = script.Load(context.Background(), "wrong.lua", []byte(`require("gopiper").createPipelin{}`), script.Options{})
	fmt.Println(err)
	// Output:
	// upper.lua:6: "HELLO" is done
	// upper.lua:6: "" is drop
	// wrong.lua:1: gopiper.createPipelin is no component; did you mean "createPipeline"?
}
