package route

// maxDepth is how deep arrays and objects may nest in a message: the limit of encoding/json.
const maxDepth = 10000

// skip scans a value at this depth. It is not recursive: clients choose how deep the value is, and
// a goroutine's stack that has grown stays large.
func skip(b []byte, i, depth int) int {
	switch at(b, i) {
	case '"':
		i, _ = quoted(b, i)
		return i
	case '{', '[':
		return skipNested(b, i, depth)
	}
	_, i = scalar(b, i)
	return i
}

func skipNested(b []byte, i, depth int) int {
	var small [32]byte
	open := small[:0] // the closing brackets that are due
	for {
		switch c := at(b, i); c {
		case '{', '[':
			open = append(open, c+2) // in ASCII, "{" and "[" are two before "}" and "]"
			if depth+len(open) > maxDepth {
				return invalid
			}
			if i = space(b, i+1); at(b, i) != c+2 {
				i = skipNameIf(c == '{', b, i)
				continue
			}
		case '"':
			i, _ = quoted(b, i)
		default:
			_, i = scalar(b, i)
		}
		for i = space(b, i); at(b, i) == open[len(open)-1]; i = space(b, i) {
			i++
			if open = open[:len(open)-1]; len(open) == 0 {
				return i
			}
		}
		if at(b, i) != ',' {
			return invalid
		}
		i = skipNameIf(open[len(open)-1] == '}', b, space(b, i+1))
	}
}

// skipNameIf scans the name of a member if the value is in an object.
func skipNameIf(object bool, b []byte, i int) int {
	if object {
		_, i = memberName(b, i)
	}
	return i
}

// item scans a value at this depth as a whole.
func item(b []byte, i, depth int) (span, int) {
	var end int
	switch at(b, i) {
	case '{':
		end = skipNested(b, i, depth)
		return span{i, end, object}, end
	case '[':
		end = skipNested(b, i, depth)
		return span{i, end, array}, end
	}
	return scalar(b, i)
}
