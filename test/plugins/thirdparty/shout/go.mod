module example.com/shout

go 1.26

require (
	example.com/words v1.0.0
	github.com/gopiper/gopiper/component v0.0.0
)

replace (
	example.com/words => ../words
	github.com/gopiper/gopiper/component => ../../../../component
)
