package script

import (
	"slices"
	"testing"
)

func TestFiles(t *testing.T) {
	for _, test := range []struct {
		source string
		want   []string
	}{
		{``, []string{"dir/test.lua"}},
		{`require "out"; require "out"; require "lib"`, []string{"dir/lib/init.lua", "dir/out.lua", "dir/test.lua"}},
		{`pcall(require, "nothing")`, []string{"dir/test.lua"}},
	} {
		s, err := Load(t.Context(), "dir/test.lua", []byte(`local gopiper = require "gopiper"; `+test.source+`
gopiper.createPipeline{ gopiper.stdin{}, gopiper.stdout{} }`), testOptions(t))
		if err != nil {
			t.Errorf("%s: %v", test.source, err)
		} else if got := s.Files(); !slices.Equal(got, test.want) {
			t.Errorf("%s: %q", test.source, got)
		}
	}
}
