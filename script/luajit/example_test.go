package luajit_test

import (
	"fmt"

	"github.com/gopiper/gopiper/script/luajit"
)

func Example() {
	library, err := luajit.Open()
	if err != nil {
		fmt.Println(err)
		return
	}
	state, err := library.NewState()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer state.Close()
	values, err := state.Run("pipeline.lua", `return function(msg)
  if msg.data == "" then
    error("it is empty")
  end
  msg.data = msg.data:upper()
end`)
	if err != nil {
		fmt.Println(err)
		return
	}
	shout := values[0].(*luajit.Function)
	if err := shout.Bind("shout", luajit.Handle); err != nil {
		fmt.Println(err)
		return
	}
	batch := state.Batch()
	for _, data := range []string{"one", "", "three"} {
		batch.Add([]byte(data), "", 0)
	}
	handled, err := shout.Call(batch)
	for i := range handled {
		if err := batch.Result(i).Err(); err != nil {
			fmt.Println(err)
			continue
		}
		data, _ := batch.Result(i).Data()
		fmt.Println(string(data))
	}
	fmt.Println(handled, err)
	// Output:
	// ONE
	// pipeline.lua:3: it is empty
	// THREE
	// 3 <nil>
}
