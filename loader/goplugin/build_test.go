//go:build cgo && (linux || darwin || freebsd)

package goplugin

import (
	"reflect"
	"runtime/debug"
	"testing"
)

// built makes build information: settings by key and value in turn.
func built(version string, settings ...string) *debug.BuildInfo {
	b := &debug.BuildInfo{GoVersion: version}
	for i := 0; i < len(settings); i += 2 {
		b.Settings = append(b.Settings, debug.BuildSetting{Key: settings[i], Value: settings[i+1]})
	}
	return b
}

func TestBuildProblems(t *testing.T) {
	const v = "go1.26.8"
	for _, c := range []struct {
		what         string
		host, plugin *debug.BuildInfo
		want         []string
	}{
		{"alike", built(v, "-trimpath", "true", "GOAMD64", "v1"), built(v, "-trimpath", "true", "GOAMD64", "v1"), nil},
		{"other Go", built(v), built("go1.26.7"), []string{"built with go1.26.7, gopiper with go1.26.8"}},
		{"experiment", built(v), built("go1.26.8-X:jsonv2"), []string{"built with go1.26.8-X:jsonv2, gopiper with go1.26.8"}},
		{"newer processor", built(v, "GOAMD64", "v1"), built(v, "GOAMD64", "v3"),
			[]string{"built with GOAMD64=v3, gopiper with v1, so it may use instructions that this machine has not"}},
		{"older processor", built(v, "GOAMD64", "v3"), built(v, "GOAMD64", "v1"), nil},
		{"other ARM", built(v, "GOARM64", "v9.0"), built(v, "GOARM64", "v8.0"),
			[]string{"built with GOARM64=v8.0, gopiper with v9.0, so it may use instructions that this machine has not"}},
		{"trimpath missing", built(v, "-trimpath", "true"), built(v), []string{"built without -trimpath, gopiper with it"}},
		{"trimpath too much", built(v, "GOOS", "linux"), built(v, "GOOS", "linux", "-trimpath", "true"),
			[]string{"built with -trimpath, gopiper without"}},
		{"sanitizers", built(v, "-race", "true", "-msan", "false"), built(v, "-asan", "true"),
			[]string{"built without -race, gopiper with it", "built with -asan, gopiper without"}},
		{"other system", built(v, "GOOS", "linux", "GOARCH", "amd64"), built(v, "GOOS", "freebsd", "GOARCH", "arm64"),
			[]string{"built for GOOS=freebsd, gopiper for linux", "built for GOARCH=arm64, gopiper for amd64"}},
		{"a host that does not say", built(v), built(v, "-race", "true", "GOAMD64", "v4"), nil},
	} {
		if got := buildProblems(c.host, c.plugin); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s:\n got %q\nwant %q", c.what, got, c.want)
		}
	}
}

func TestBuildCommand(t *testing.T) {
	for _, c := range []struct {
		host *debug.BuildInfo
		want string
	}{
		{built("go1.26.8", "-trimpath", "true", "GOAMD64", "v1"), "GOTOOLCHAIN=go1.26.8 go build -buildmode=plugin -trimpath"},
		{built("go1.26.8-X:jsonv2", "-race", "true", "GOAMD64", "v3"),
			"GOTOOLCHAIN=go1.26.8 GOEXPERIMENT=jsonv2 GOAMD64=v3 go build -buildmode=plugin -race"},
		{built("devel go1.27-abcdef", "-tags", "a,b"), "go build -buildmode=plugin -tags='a,b'"},
	} {
		if got := buildCommand(c.host); got != c.want {
			t.Errorf("\n got %s\nwant %s", got, c.want)
		}
	}
}
