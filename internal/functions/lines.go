package functions

import (
	"bytes"
	"unicode/utf8"
)

// maxLine is how long a line of output may be, in bytes. Longer ones come in pieces.
const maxLine = 64 << 10

// lines cuts a stream of text into lines.
type lines struct {
	partial []byte // a line without its end
}

// add takes the next piece of the stream, which may begin and end anywhere.
func (l *lines) add(b []byte, emit func(line string)) {
	// A carriage return at the end of what was there may get its line feed now.
	searched := max(len(l.partial)-1, 0)
	l.partial = append(l.partial, b...)
	rest := l.partial
	for {
		text, size := nextLine(rest, searched)
		if size == 0 {
			break
		}
		emit(string(text))
		rest, searched = rest[size:], 0
	}
	l.partial = append(l.partial[:0], rest...)
}

// end ends a line that has no end.
func (l *lines) end(emit func(line string)) {
	if len(l.partial) > 0 {
		emit(string(bytes.TrimSuffix(l.partial, []byte("\r"))))
		l.partial = l.partial[:0]
	}
}

// nextLine returns the line with which b begins and its size with its end, 0 if the line has no end
// yet. A line feed ends a line, and so does a carriage return: the runtime of AWS for Node.js
// writes those within a message, so that the message stays one event of CloudWatch Logs.
// (https://github.com/aws/aws-lambda-nodejs-runtime-interface-client/blob/main/src/utils/LogPatch.js)
// A line that is longer than maxLine ends between two characters. No end is before searched.
func nextLine(b []byte, searched int) (text []byte, size int) {
	i := bytes.IndexAny(b[searched:], "\r\n") + searched
	switch {
	case i < searched || i > maxLine:
		if len(b) <= maxLine {
			return nil, 0
		}
		end := firstCut(b, maxLine)
		return b[:end], end
	case b[i] == '\r' && i+1 == len(b):
		return nil, 0 // its line feed may follow
	case b[i] == '\r' && b[i+1] == '\n':
		return b[:i], i + 2
	}
	return b[:i], i + 1
}

// firstCut returns where to cut b, which is longer than most bytes, so that the first part has most
// bytes at most and no character is divided.
func firstCut(b []byte, most int) int {
	for i := most; i > most-utf8.UTFMax; i-- {
		if utf8.RuneStart(b[i]) {
			return i
		}
	}
	return most // this is not UTF-8
}

// lastCut returns where to cut b, which is longer than most bytes, so that the last part has most
// bytes at most and no character is divided.
func lastCut(b []byte, most int) int {
	begin := len(b) - most
	for i := begin; i < min(begin+utf8.UTFMax, len(b)); i++ {
		if utf8.RuneStart(b[i]) {
			return i
		}
	}
	return begin
}
