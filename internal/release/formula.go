package main

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"text/template"
)

// repository is where the files of a release are.
const repository = "https://github.com/tyg-dev/tyg"

// formula writes a formula for Homebrew, which installs the programs of the archives
// (https://docs.brew.sh/Formula-Cookbook). A tap has it as Formula/tyg.rb. It is not written if
// none of the targets is a system of Homebrew's.
func (r *release) formula() error {
	type download struct{ System, Processor, URL, Sum string }
	data := struct {
		Homepage, Version string
		Downloads         []download
		Programs          []string
	}{Homepage: repository, Version: r.number()}
	systems := map[string]string{"darwin": "macos", "linux": "linux"}
	processors := map[string]string{"amd64": "intel", "arm64": "arm"}
	for _, t := range r.Targets {
		if systems[t.OS] == "" || processors[t.Arch] == "" {
			continue
		}
		archive, err := os.ReadFile(r.name(t, ".tar.gz"))
		if err != nil {
			return err
		}
		data.Downloads = append(data.Downloads, download{
			systems[t.OS], processors[t.Arch],
			repository + "/releases/download/" + r.Version + "/" + filepath.Base(r.name(t, ".tar.gz")),
			fmt.Sprintf("%x", sha256.Sum256(archive)),
		})
	}
	if len(data.Downloads) == 0 {
		return nil
	}
	slices.SortFunc(data.Downloads, func(a, b download) int { return cmp.Compare(a.URL, b.URL) })
	for _, p := range r.Programs {
		data.Programs = append(data.Programs, path.Base(p))
	}
	var b bytes.Buffer
	if err := formulaText.Execute(&b, data); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(r.Out, "tyg.rb"), b.Bytes(), 0o666)
}

var formulaText = template.Must(template.New("formula").Parse(`class Tyg < Formula
  desc "WebSocket applications in Go, on your own machines and on AWS"
  homepage "{{.Homepage}}"
  version "{{.Version}}"
  license "Apache-2.0"
{{range .Downloads}}
  on_{{.System}} do
    on_{{.Processor}} do
      url "{{.URL}}"
      sha256 "{{.Sum}}"
    end
  end
{{end}}
  def install
    bin.install{{range $i, $p := .Programs}}{{if $i}},{{end}} "{{$p}}"{{end}}
    generate_completions_from_executable(bin/"tyg", "completion")
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/tyg version")
  end
end
`))
