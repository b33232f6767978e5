module github.com/gopiper/gopiper/component

go 1.26
