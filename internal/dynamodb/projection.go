package dynamodb

// projection parses the paths of what is returned. It returns nil without an expression.
func (s *scope) projection(expression *string) ([]path, error) {
	if expression == nil {
		return nil, nil
	}
	p, err := s.parser("ProjectionExpression", *expression)
	if err != nil {
		return nil, err
	}
	var all []path
	for more := true; more; more = p.accept(",") {
		one, err := p.path()
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	if err := p.overlaps(all); err != nil {
		return nil, err
	}
	return all, p.end()
}

// project returns the part of an item to which paths lead, all of it for nil.
func project(i item, paths []path) item {
	if paths == nil || i == nil {
		return i
	}
	out := make(item)
	for name, v := range i {
		var below []path
		whole := false
		for _, p := range paths {
			if p[0].name == name {
				below, whole = append(below, p[1:]), whole || len(p) == 1
			}
		}
		if below == nil {
			continue
		}
		if whole {
			out[name] = v
		} else if part, ok := v.project(below); ok {
			out[name] = part
		}
	}
	return out
}

// project returns the part of a value to which paths lead. Elements of lists move together.
func (v value) project(paths []path) (value, bool) {
	out := value{kind: v.kind}
	switch v.kind {
	case "M":
		out.m = project(v.m, paths)
		return out, len(out.m) > 0
	case "L":
		for i, e := range v.list {
			var below []path
			whole := false
			for _, p := range paths {
				if p[0].name == "" && p[0].index == i {
					below, whole = append(below, p[1:]), whole || len(p) == 1
				}
			}
			if whole {
				out.list = append(out.list, e)
			} else if part, ok := e.project(below); below != nil && ok {
				out.list = append(out.list, part)
			}
		}
		return out, len(out.list) > 0
	}
	return out, false
}
