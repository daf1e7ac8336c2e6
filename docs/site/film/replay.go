package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"

	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/vt"
)

// A line is what a row of a pane shows from one moment to another, in milliseconds.
type line struct {
	pane     pane
	row      int
	runs     []span
	from, to int64 // to is -1 if it is shown at the end
}

// A span is text of one style.
type span struct {
	col         int
	text, class string
}

// A screen is what a pane shows now.
type screen struct {
	pane     pane
	terminal *vt.Emulator // nil for the editor
	shown    []line       // by row
}

// replay plays a recording into terminals, and returns what each row shows, and when.
func replay(events []event) (all []line, err error) {
	screens := make(map[string]*screen)
	for _, p := range panes() {
		s := &screen{pane: p, shown: make([]line, p.rows)}
		if p.name != editor {
			s.terminal = vt.NewEmulator(p.cols, p.rows)
			defer s.terminal.Close()
			go func() { _, _ = io.Copy(io.Discard, s.terminal) }() // its answers; ends with Close
		}
		screens[p.name] = s
	}
	for _, e := range events {
		s := screens[e.Pane]
		if s == nil {
			return nil, fmt.Errorf("the recording has an unknown pane %q", e.Pane)
		}
		ended, err := s.play(e)
		if err != nil {
			return nil, err
		}
		all = append(all, ended...)
	}
	for _, s := range screens {
		for _, l := range s.shown {
			l.to = -1
			all = append(all, l)
		}
	}
	all = slices.DeleteFunc(all, func(l line) bool { return len(l.runs) == 0 || l.from == l.to })
	slices.SortStableFunc(all, func(a, b line) int {
		return cmp.Or(cmp.Compare(a.pane.y, b.pane.y), cmp.Compare(a.pane.x, b.pane.x),
			cmp.Compare(a.row, b.row), cmp.Compare(a.from, b.from))
	})
	return all, nil
}

// play shows an event, and returns the lines that it replaced.
func (s *screen) play(e event) (ended []line, err error) {
	if s.terminal == nil {
		if len(e.Lines) > s.pane.rows {
			return nil, errors.New("the editor has too few rows")
		}
		return s.update(e.At, func(row int) []span { return editorRow(e, row) }), nil
	}
	if _, err := s.terminal.WriteString(e.Output); err != nil {
		return nil, err
	}
	return s.update(e.At, s.terminalRow), nil
}

func (s *screen) update(at int64, read func(row int) []span) (ended []line) {
	for row := range s.shown {
		runs, was := read(row), s.shown[row]
		if slices.Equal(runs, was.runs) {
			continue
		}
		was.to = at
		ended = append(ended, was)
		s.shown[row] = line{pane: s.pane, row: row, runs: runs, from: at}
	}
	return ended
}

// editorRow shows a line of the program, and in the first one whether the program is saved.
func editorRow(e event, row int) (runs []span) {
	if row < len(e.Lines) {
		runs = []span{{0, e.Lines[row], ""}}
	}
	if row == 0 && e.Saved {
		runs = append(runs, span{80, "saved", "c2"})
	} else if row == 0 {
		runs = append(runs, span{79, "edited", "c3"})
	}
	return runs
}

// terminalRow returns the runs of a row without the spaces at its end.
func (s *screen) terminalRow(row int) (runs []span) {
	end := 0 // of the text in the last run that is not space
	for col := 0; col < s.pane.cols; col++ {
		c := s.terminal.CellAt(col, row)
		if c == nil || c.Width == 0 {
			continue
		}
		class := classOf(c.Style)
		if last := len(runs) - 1; last < 0 || runs[last].class != class {
			runs = append(runs, span{col, "", class})
			end = 0
		}
		last := &runs[len(runs)-1]
		last.text += c.Content
		if c.Content != " " {
			end = len(last.text)
		}
	}
	if n := len(runs); n > 0 {
		runs[n-1].text = runs[n-1].text[:end]
		if end == 0 {
			runs = runs[:n-1]
		}
	}
	return runs
}

// classOf returns the class of a style in the picture. Bright colors are shown as the others.
func classOf(s uv.Style) string {
	class := ""
	if c, ok := s.Fg.(ansi.BasicColor); ok && c%8 > 0 && c%8 < 7 {
		class = fmt.Sprintf("c%d", c%8)
	} else if s.Attrs&uv.AttrFaint != 0 || ok && c == 8 {
		class = "f"
	}
	if s.Attrs&uv.AttrBold != 0 {
		return "b " + class
	}
	return class
}
