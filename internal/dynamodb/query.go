package dynamodb

import (
	"cmp"
	"hash/fnv"
	"maps"
	"slices"
	"strings"
)

// maxPage is how many bytes of items a page has.
// (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.Pagination.html)
const maxPage = 1 << 20

// A reading are the parameters that Query and Scan share.
type reading struct {
	TableName              string
	IndexName              string
	FilterExpression       *string
	ProjectionExpression   *string
	ExclusiveStartKey      item
	Limit                  *int
	Select                 string
	ConsistentRead         bool
	ReturnConsumedCapacity string
	expressions
}

type queryInput struct {
	KeyConditionExpression string
	ScanIndexForward       *bool
	reading
}

type scanInput struct {
	Segment, TotalSegments *int
	reading
}

// A view are the items of a table or an index in their order.
type view struct {
	*table
	index *index    // nil: the table
	keys  keySchema // of the index or the table
	parts partitions
}

// view returns what a request reads.
func (s *Server) view(in reading) (v view, err error) {
	if v.table, err = s.table(in.TableName); err != nil {
		return v, err
	}
	v.keys, v.parts = v.table.keys, v.table.parts
	if in.IndexName == "" {
		return v, nil
	}
	if v.index = v.indexes[in.IndexName]; v.index == nil {
		return v, invalid("The table does not have the specified index: %s", in.IndexName)
	}
	v.keys, v.parts = v.index.keys, v.index.parts
	if in.ConsistentRead && v.index.global {
		return v, invalid("Consistent reads are not supported on global secondary indexes")
	}
	return v, nil
}

func (s *Server) query(in queryInput) (any, error) {
	v, err := s.view(in.reading)
	if err != nil {
		return nil, err
	}
	scope, err := in.scope()
	if err != nil {
		return nil, err
	}
	if in.KeyConditionExpression == "" {
		return nil, invalid("Either the KeyConditions or KeyConditionExpression parameter must be " +
			"specified in the request.")
	}
	c, err := scope.keys(in.KeyConditionExpression, v.keys)
	if err != nil {
		return nil, err
	}
	if c.hash.kind != v.kinds[v.keys.hash] {
		return nil, invalid("One or more parameter values were invalid: Condition parameter type does " +
			"not match schema type")
	}
	backward := in.ScanIndexForward != nil && !*in.ScanIndexForward
	if start := in.ExclusiveStartKey; start != nil && !c.accepts(v.keys, start) {
		return nil, invalid("The provided starting key is outside query boundaries based on provided " +
			"conditions")
	}
	items := v.sorted([]map[string]item{v.parts[c.hash.text]}, func(i item) bool {
		return c.accepts(v.keys, i)
	})
	order := v.compare
	if backward {
		slices.Reverse(items)
		order = func(a, b item) int { return v.compare(b, a) }
	}
	return s.read(in.reading, v, scope, items, order)
}

func (s *Server) scan(in scanInput) (any, error) {
	v, err := s.view(in.reading)
	if err != nil {
		return nil, err
	}
	scope, err := in.scope()
	if err != nil {
		return nil, err
	}
	if (in.Segment == nil) != (in.TotalSegments == nil) ||
		in.Segment != nil && (*in.Segment < 0 || *in.Segment >= *in.TotalSegments) {
		return nil, invalid("The Segment parameter is zero-based and must be less than parameter " +
			"TotalSegments")
	}
	items := v.sorted(slices.Collect(maps.Values(v.parts)), func(i item) bool {
		return in.Segment == nil || int(spread(i[v.keys.hash])%uint32(*in.TotalSegments)) == *in.Segment
	})
	return s.read(in.reading, v, scope, items, v.compare)
}

// spread returns the place of a partition in a scan, which has no order that means anything.
func spread(v value) uint32 {
	h := fnv.New32a()
	h.Write([]byte(v.text))
	return h.Sum32()
}

// compare orders the items of a view: by partition, by sort key, and by the key of the table.
func (v view) compare(a, b item) int {
	ah, bh := a[v.keys.hash], b[v.keys.hash]
	order := cmp.Or(cmp.Compare(spread(ah), spread(bh)), strings.Compare(ah.text, bh.text))
	if order == 0 && v.keys.sort != "" {
		order = compare(a[v.keys.sort], b[v.keys.sort])
	}
	if order == 0 && v.index != nil {
		order = view{table: v.table, keys: v.table.keys}.compare(a, b)
	}
	return order
}

// sorted returns the items of partitions that are wanted, in their order.
func (v view) sorted(parts []map[string]item, want func(item) bool) []item {
	var all []item
	for _, part := range parts {
		for _, i := range part {
			if want(i) {
				all = append(all, i)
			}
		}
	}
	slices.SortFunc(all, v.compare)
	return all
}

// read returns a page of the items, which are in order.
func (s *Server) read(
	in reading, v view, scope *scope, items []item, order func(a, b item) int,
) (any, error) {
	keep, err := scope.condition("FilterExpression", in.FilterExpression)
	if err != nil {
		return nil, err
	}
	show, err := in.show(v, scope)
	if err != nil {
		return nil, err
	}
	if err := scope.allUsed(); err != nil {
		return nil, err
	}
	if in.Limit != nil && *in.Limit < 1 {
		return nil, invalid("1 validation error detected: Value '%d' at 'limit' failed to satisfy "+
			"constraint: Member must have value greater than or equal to 1", *in.Limit)
	}
	if in.ExclusiveStartKey != nil {
		if err := v.checkStart(in.ExclusiveStartKey); err != nil {
			return nil, err
		}
		items = slices.DeleteFunc(items, func(i item) bool { return order(i, in.ExclusiveStartKey) <= 0 })
	}
	page, more := in.page(items, s.pageSize(maxPage))
	kept := []item{}
	for _, i := range page {
		if keep(i) {
			kept = append(kept, show(i))
		}
	}
	out := consumed(in.ReturnConsumedCapacity, in.TableName, 0.5*float64(max(1, len(page))))
	out["Count"], out["ScannedCount"] = len(kept), len(page)
	if in.Select != "COUNT" {
		out["Items"] = kept
	}
	if more {
		out["LastEvaluatedKey"] = v.position(page[len(page)-1])
	}
	return out, nil
}

// page returns the items of one page, up to so many bytes, and whether there may be more.
func (in reading) page(items []item, most int) ([]item, bool) {
	size := 0
	for n, i := range items {
		size += i.size()
		if in.Limit != nil && n+1 == *in.Limit {
			return items[:n+1], true // DynamoDB does not look whether an item follows
		}
		if size > most {
			return items[:n+1], n+1 < len(items)
		}
	}
	return items, false
}

// pageSize returns how many bytes of items a page has, at most the limit.
func (s *Server) pageSize(limit int) int {
	if s.PageSize > 0 {
		return min(s.PageSize, limit)
	}
	return limit
}

// position returns the keys by which the next page begins after an item.
func (v view) position(i item) item {
	out := v.table.keys.of(i)
	for name, key := range v.keys.of(i) {
		out[name] = key
	}
	return out
}

func (v view) checkStart(start item) error {
	wrong := invalid("The provided starting key is invalid")
	want := v.table.keys.names()
	for _, name := range v.keys.names() {
		if !slices.Contains(want, name) {
			want = append(want, name)
		}
	}
	if len(start) != len(want) {
		return wrong
	}
	for _, name := range want {
		if start[name].kind != v.kinds[name] {
			return wrong
		}
	}
	return nil
}

// show returns what a page has of an item.
func (in reading) show(v view, scope *scope) (func(item) item, error) {
	paths, err := scope.projection(in.ProjectionExpression)
	if err != nil {
		return nil, err
	}
	all := v.index == nil || v.index.projection.ProjectionType == "ALL"
	switch in.Select {
	case "", "COUNT", "ALL_PROJECTED_ATTRIBUTES":
		if in.Select == "ALL_PROJECTED_ATTRIBUTES" && v.index == nil {
			return nil, invalid("ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an " +
				"IndexName")
		}
	case "ALL_ATTRIBUTES":
		if !all && v.index.global {
			return nil, invalid("One or more parameter values were invalid: Select type ALL_ATTRIBUTES " +
				"is not supported for global secondary index because its projection type is not ALL")
		}
		all = true
	case "SPECIFIC_ATTRIBUTES":
		if paths == nil {
			return nil, invalid("Must specify the AttributesToGet or ProjectionExpression when choosing " +
				"to get SPECIFIC_ATTRIBUTES")
		}
	default:
		return nil, invalid("1 validation error detected: Value '%s' at 'select' failed to satisfy "+
			"constraint", in.Select)
	}
	if paths != nil && in.Select != "" && in.Select != "SPECIFIC_ATTRIBUTES" {
		return nil, invalid("Cannot specify the ProjectionExpression when choosing to get %s", in.Select)
	}
	return func(i item) item {
		if !all && (paths == nil || v.index.global) {
			i = v.projected(i)
		}
		return project(i, paths)
	}, nil
}

// projected returns what an index has of an item.
func (v view) projected(i item) item {
	out := v.position(i)
	if v.index.projection.ProjectionType == "INCLUDE" {
		for _, name := range v.index.projection.NonKeyAttributes {
			if e, ok := i[name]; ok {
				out[name] = e
			}
		}
	}
	return out
}
