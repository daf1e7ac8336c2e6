package main

import (
	"bytes"
	"cmp"
	"debug/buildinfo"
	"encoding/json"
	"os"
	"slices"
)

// A component is a module in a bill of materials.
type component struct {
	Type    string `json:"type"`
	Name    string `json:"name"`
	Version string `json:"version"`
	PURL    string `json:"purl"` // https://github.com/package-url/purl-spec
}

// bill writes which modules are in the programs, as CycloneDX
// (https://cyclonedx.org/docs/1.6/json/). The programs say it themselves.
func (r *release) bill(t target, programs []file) error {
	found := make(map[component]bool)
	for _, p := range programs {
		info, err := buildinfo.Read(bytes.NewReader(p.data))
		if err != nil {
			return err
		}
		found[component{"library", "std", info.GoVersion, "pkg:golang/std@" + info.GoVersion}] = true
		for _, m := range info.Deps {
			if m.Replace != nil {
				m = m.Replace
			}
			purl := "pkg:golang/" + m.Path + "@" + m.Version
			found[component{"library", m.Path, m.Version, purl}] = true
		}
	}
	var all []component
	for c := range found {
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b component) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Version, b.Version))
	})
	data, err := json.MarshalIndent(map[string]any{
		"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": all,
		"metadata": map[string]any{"component": component{
			"application", "tyg", r.Version, "pkg:golang/github.com/tyg-dev/tyg@" + r.Version,
		}},
	}, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(r.name(t, ".cdx.json"), append(data, '\n'), 0o666)
}
