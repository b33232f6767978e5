package main

import "testing"

func TestMountOf(t *testing.T) {
	const mounts = `22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
23 22 0:5 / /tmp rw,nosuid - tmpfs tmpfs rw
24 22 254:16 /sub /data/my\040disk rw - xfs /dev/vdb rw
25 24 254:16 /sub /data/my\040disk/over rw - xfs /dev/vdb rw
26 25 0:9 / /data/my\040disk/over rw shared:7 master:2 - ramfs none rw
damaged
`
	for path, want := range map[string]string{
		"/":                      "ext4 /dev/vda",
		"/srv/x":                 "ext4 /dev/vda",
		"/tmp":                   "tmpfs tmpfs",
		"/tmp/a/b":               "tmpfs tmpfs",
		"/tmpfiles":              "ext4 /dev/vda",
		"/data/my disk/x":        "xfs /dev/vdb",
		"/data/my disk/over/x":   "ramfs none",
		"/data/my disk/overmuch": "xfs /dev/vdb",
	} {
		got := mountOf(path, mounts)
		if got.String() != want {
			t.Errorf("%s: %q, expected %q", path, got, want)
		}
		if inMemory := want == "tmpfs tmpfs" || want == "ramfs none"; got.inMemory() != inMemory {
			t.Errorf("%s lies in memory: %t", path, !inMemory)
		}
	}
	if got := mountOf("/x", ""); got.String() != "" || got.inMemory() {
		t.Errorf("nothing is known, got %q", got)
	}
}
