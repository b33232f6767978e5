module github.com/gopiper/gopiper

go 1.26

require github.com/gopiper/gopiper/component v0.0.0

replace github.com/gopiper/gopiper/component => ./component
