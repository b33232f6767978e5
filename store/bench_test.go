package store

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"
)

const benchFrame = 64 << 10

// accessLog is lines of a web server's log, some 125 bytes each.
func accessLog(random *rand.Rand, size int) (log []byte, lines int) {
	paths := []string{"/", "/index.html", "/api/v1/orders", "/api/v1/users/%d", "/static/app-%x.js", "/search?q=%x", "/img/%d.png"}
	agents := []string{
		"Mozilla/5.0 (X11; Linux x86_64) Firefox/131.0", "curl/8.5.0",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5) Safari/604.1",
	}
	var b bytes.Buffer
	for at := time.Unix(1_790_000_000, 0).UTC(); b.Len() < size; lines++ {
		at = at.Add(time.Duration(random.IntN(20)) * time.Millisecond)
		path := paths[random.IntN(len(paths))]
		if bytes.ContainsRune([]byte(path), '%') {
			path = fmt.Sprintf(path, random.IntN(100_000))
		}
		fmt.Fprintf(&b, "%d.%d.%d.%d - - [%s] \"GET %s HTTP/1.1\" %d %d \"-\" %q\n",
			random.IntN(223)+1, random.IntN(256), random.IntN(256), random.IntN(256), at.Format("02/Jan/2006:15:04:05 -0700"),
			path, []int{200, 200, 200, 200, 304, 404, 500}[random.IntN(7)], random.IntN(50_000), agents[random.IntN(len(agents))])
	}
	return b.Bytes()[:size], lines
}

func incompressible(random *rand.Rand, size int) []byte {
	data := make([]byte, 0, size+8)
	for len(data) < size {
		data = binary.LittleEndian.AppendUint64(data, random.Uint64())
	}
	return data[:size]
}

// frames are some different frames, and how many messages one holds.
func frames(kind string) (list [][]byte, messages int) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 32 {
		if kind == "log" {
			frame, lines := accessLog(random, benchFrame)
			list, messages = append(list, frame), lines
		} else {
			list, messages = append(list, incompressible(random, benchFrame)), benchFrame/125
		}
	}
	return list, messages
}

// BenchmarkUpdate appends frames, as buffers do, and deletes what is a thousand
// frames old, or nothing.
func BenchmarkUpdate(b *testing.B) {
	for _, kind := range []string{"log", "random"} {
		for _, sync := range []bool{true, false} {
			for _, kept := range []int{500, 1 << 30} {
				b.Run(fmt.Sprintf("%s/sync=%t/kept=%d", kind, sync, kept), func(b *testing.B) {
					benchUpdate(b, kind, sync, kept)
				})
			}
		}
	}
}

func benchUpdate(b *testing.B, kind string, durable bool, kept int) {
	list, messages := frames(kind)
	s, err := Open(filepath.Join(b.TempDir(), "state"), Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(benchFrame)
	b.ResetTimer()
	appendFrames(s, list, durable, kept, b.N)
	b.StopTimer()
	b.ReportMetric(float64(b.N*messages)/b.Elapsed().Seconds(), "msgs/s")
	if err := s.Close(); err != nil {
		b.Error(err)
	}
}

// appendFrames has some goroutines append, each with a few frames on their way.
func appendFrames(s *Store, list [][]byte, durable bool, kept, count int) {
	const writers, onTheWay = 4, 32
	var wait sync.WaitGroup
	for writer := range writers {
		wait.Add(1)
		go func() {
			defer wait.Done()
			var packed []byte
			room := make(chan struct{}, onTheWay)
			done := func() { <-room }
			for n := writer; n < count; n += writers {
				room <- struct{}{}
				packed = s.Pack(packed[:0], list[n%len(list)])
				s.Update(durable, func(tx Tx) {
					tx.Put(frameKey(writer, n), packed)
					if n >= kept {
						tx.Delete(frameKey(writer, n-kept))
					}
				}, done)
			}
			for range onTheWay {
				room <- struct{}{}
			}
		}()
	}
	wait.Wait()
}

func frameKey(writer, n int) []byte {
	return binary.BigEndian.AppendUint64([]byte{'b', byte('a' + writer), 0, 'f'}, uint64(n))
}

// BenchmarkKeys keeps small keys, a hundred with each update.
func BenchmarkKeys(b *testing.B) {
	s, err := Open(filepath.Join(b.TempDir(), "state"), Options{})
	if err != nil {
		b.Fatal(err)
	}
	random := rand.New(rand.NewPCG(5, 6))
	var key, value []byte
	for n := 0; n < b.N; n += 100 {
		s.Update(true, func(tx Tx) {
			for range 100 {
				key = fmt.Appendf(key[:0], "spipeline\x00dedupe\x00user-%d", random.Uint64()>>1)
				value = binary.BigEndian.AppendUint64(value[:0], uint64(n))
				tx.Put(key, value)
			}
		}, nil)
	}
	if err := s.Close(); err != nil {
		b.Error(err)
	}
	b.StopTimer()
	s, err = Open(s.dir, Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(s.Size())/float64(b.N), "bytes/key")
	s.Close()
}

// BenchmarkLatency commits one small update after the other, synced.
func BenchmarkLatency(b *testing.B) {
	s, err := Open(filepath.Join(b.TempDir(), "state"), Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	value := make([]byte, 500)
	done := make(chan struct{})
	b.ReportAllocs()
	for n := range b.N {
		s.Update(true, func(tx Tx) { tx.Put(frameKey(0, n), value) }, func() { done <- struct{}{} })
		<-done
	}
}

// BenchmarkDisk writes to a file, and syncs it now and then: what the disk can do.
func BenchmarkDisk(b *testing.B) {
	data := incompressible(rand.New(rand.NewPCG(3, 4)), 1<<20)
	for _, each := range []int{1, 8} {
		b.Run(fmt.Sprintf("sync every %d MiB", each), func(b *testing.B) {
			f, err := os.Create(filepath.Join(b.TempDir(), "file"))
			if err != nil {
				b.Fatal(err)
			}
			defer f.Close()
			b.SetBytes(1 << 20)
			for n := range b.N {
				if _, err := f.Write(data); err != nil {
					b.Fatal(err)
				}
				if n%each == 0 {
					if err := f.Sync(); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}

func BenchmarkPack(b *testing.B) {
	for _, kind := range []string{"log", "random"} {
		list, messages := frames(kind)
		b.Run(kind, func(b *testing.B) {
			b.SetBytes(benchFrame)
			b.ReportAllocs()
			var packed []byte
			for n := range b.N {
				packed = pack(packed[:0], list[n%len(list)])
			}
			b.ReportMetric(float64(len(packed))/benchFrame, "ratio")
			b.ReportMetric(float64(b.N*messages)/b.Elapsed().Seconds(), "msgs/s")
		})
		b.Run(kind+"/unpack", func(b *testing.B) {
			b.SetBytes(benchFrame)
			b.ReportAllocs()
			packed := pack(nil, list[0])
			var plain []byte
			for range b.N {
				plain, _ = unpack(plain[:0], packed)
			}
		})
	}
}

// BenchmarkOpen opens a store that is empty, and one that is not.
func BenchmarkOpen(b *testing.B) {
	for _, count := range []int{0, 2000} {
		b.Run(fmt.Sprintf("%d frames", count), func(b *testing.B) {
			dir := filepath.Join(b.TempDir(), "state")
			list, _ := frames("random")
			s, err := Open(dir, Options{})
			if err != nil {
				b.Fatal(err)
			}
			appendFrames(s, list, false, 1<<30, count)
			if err := s.Close(); err != nil {
				b.Fatal(err)
			}
			b.ResetTimer()
			for range b.N {
				s, err := Open(dir, Options{})
				if err != nil {
					b.Fatal(err)
				}
				b.StopTimer()
				if err := s.Close(); err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
			}
			runtime.KeepAlive(s)
		})
	}
}
