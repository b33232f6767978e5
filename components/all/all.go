// Package all makes every component of the library a built-in. A program that
// is to have them imports it for its side effect.
package all

import (
	"github.com/gopiper/gopiper/components/batch"
	"github.com/gopiper/gopiper/components/buffer"
	"github.com/gopiper/gopiper/components/concat"
	"github.com/gopiper/gopiper/components/dedupe"
	"github.com/gopiper/gopiper/components/drop"
	"github.com/gopiper/gopiper/components/file"
	"github.com/gopiper/gopiper/components/filter"
	"github.com/gopiper/gopiper/components/generate"
	"github.com/gopiper/gopiper/components/json"
	"github.com/gopiper/gopiper/components/log"
	"github.com/gopiper/gopiper/components/reject"
	"github.com/gopiper/gopiper/components/replace"
	"github.com/gopiper/gopiper/components/sample"
	"github.com/gopiper/gopiper/components/split"
	"github.com/gopiper/gopiper/components/stdin"
	"github.com/gopiper/gopiper/components/stdout"
	"github.com/gopiper/gopiper/components/throttle"
	"github.com/gopiper/gopiper/loader"
)

func init() {
	loader.Register(batch.Declaration, batch.NewFactory)
	loader.Register(buffer.Declaration, buffer.NewFactory)
	loader.Register(concat.Declaration, concat.NewFactory)
	loader.Register(dedupe.Declaration, dedupe.NewFactory)
	loader.Register(drop.Declaration, drop.NewFactory)
	loader.Register(file.Declaration, file.NewFactory)
	loader.Register(filter.Declaration, filter.NewFactory)
	loader.Register(generate.Declaration, generate.NewFactory)
	loader.Register(json.Declaration, json.NewFactory)
	loader.Register(log.Declaration, log.NewFactory)
	loader.Register(reject.Declaration, reject.NewFactory)
	loader.Register(replace.Declaration, replace.NewFactory)
	loader.Register(sample.Declaration, sample.NewFactory)
	loader.Register(split.Declaration, split.NewFactory)
	loader.Register(stdin.Declaration, stdin.NewFactory)
	loader.Register(stdout.Declaration, stdout.NewFactory)
	loader.Register(throttle.Declaration, throttle.NewFactory)
}
