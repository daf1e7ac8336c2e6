package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
)

// A dataFile keeps the last figures of every experiment. The charts and the ratios of the page for
// people are made from it.
type dataFile map[string]*measurement // by experiment

// A measurement is an experiment as one run measured it.
type measurement struct {
	About  string                        `json:"about"` // machine, date, command, versions
	Unit   string                        `json:"unit"`
	Less   bool                          `json:"less,omitempty"` // less is better
	Setups map[string]map[string]float64 `json:"setups"`         // the median of a server in a setup
}

func readData(file string) (dataFile, error) {
	all := make(dataFile)
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return all, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &all)
	}
	if err != nil {
		return nil, fmt.Errorf("read the figures of earlier runs: %w", err)
	}
	return all, nil
}

// add replaces the experiments that the rows are of.
func (d dataFile) add(rows []row, about string) {
	fresh := make(map[string]bool)
	for _, group := range groups(rows) {
		x := group[0].experiment
		if !fresh[x.name] {
			fresh[x.name] = true
			d[x.name] = &measurement{about, x.unit, x.less, make(map[string]map[string]float64)}
		}
		figures := make(map[string]float64)
		for _, name := range serversIn([][]row{group}) {
			if runs := good(group, name); len(runs) > 0 {
				figures[name] = rounded(median(valuesOf(runs, x.metric)))
			}
		}
		d[x.name].Setups[group[0].config] = figures
	}
}

// rounded keeps four digits: the others are noise.
func rounded(v float64) float64 {
	v, _ = strconv.ParseFloat(strconv.FormatFloat(v, 'g', 4, 64), 64) // it has just been formatted
	return v
}

func (d dataFile) write(file string) error {
	text, err := json.MarshalIndent(d, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(text, '\n'), 0o644)
}

// figures returns the figures of a setup, by server.
func (d dataFile) figures(experiment, setup string) map[string]float64 {
	if m := d[experiment]; m != nil {
		return m.Setups[setup]
	}
	return nil
}

// about returns where the figures of an experiment are from, in Markdown.
func (d dataFile) about(experiment string) string {
	if m := d[experiment]; m != nil {
		return strings.TrimSpace(m.About) + "\n"
	}
	return ""
}
