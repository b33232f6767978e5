// Command benthos is the peer: Benthos as it ships, with the components that
// the workloads need. It takes Benthos' own arguments, such as
// "run configs/w1.yaml".
package main

import (
	"context"

	"github.com/redpanda-data/benthos/v4/public/service"

	_ "github.com/redpanda-data/benthos/v4/public/components/io"
	_ "github.com/redpanda-data/benthos/v4/public/components/pure"
)

func main() { service.RunCLI(context.Background()) }
