module github.com/gopiper/gopiper

go 1.26

require github.com/gopiper/gopiper/component v0.0.0

require (
	github.com/yuin/gopher-lua v1.1.2 // indirect
	go.uber.org/goleak v1.3.0 // indirect
	golang.org/x/sys v0.37.0 // indirect
	pgregory.net/rapid v1.3.0 // indirect
)

replace github.com/gopiper/gopiper/component => ./component
