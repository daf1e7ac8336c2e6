package main

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"time"
)

// image writes an image with nothing but the programs, as an OCI layout in a tar: for docker load,
// podman load and skopeo
// (https://github.com/opencontainers/image-spec/blob/v1.1.0/image-layout.md).
func (r *release) image(t target, programs []file) error {
	var files []file
	for _, p := range programs {
		files = append(files, file{"usr/bin/" + p.name, p.mode, p.data})
	}
	layer, err := r.tar(append([]file{
		{"usr/", 0o755, nil}, {"usr/bin/", 0o755, nil}, {"tmp/", 0o1777, nil},
	}, files...))
	if err != nil {
		return err
	}
	config := encoded(map[string]any{
		"architecture": t.Arch, "os": t.OS, "created": r.Time.Format(time.RFC3339),
		"config": map[string]any{
			"Entrypoint": []string{"/usr/bin/tyg"}, "Cmd": []string{"gateway"}, "User": "65534:65534",
			"Env": []string{"PATH=/usr/bin", "TYG_ADDR=0.0.0.0:8000"},
		},
		"rootfs": map[string]any{"type": "layers", "diff_ids": []string{digest(layer)}},
	})
	const kind = "application/vnd.oci.image."
	manifest := encoded(map[string]any{
		"schemaVersion": 2, "mediaType": kind + "manifest.v1+json",
		"config": descriptor(kind+"config.v1+json", config),
		"layers": []any{descriptor(kind+"layer.v1.tar", layer)},
	})
	entry := descriptor(kind+"manifest.v1+json", manifest)
	entry["annotations"] = map[string]string{
		"org.opencontainers.image.ref.name": r.number(), "io.containerd.image.name": "tyg:" + r.number(),
	}
	index := encoded(map[string]any{"schemaVersion": 2, "manifests": []any{entry}})
	data, err := r.tar([]file{
		{"oci-layout", 0o644, []byte(`{"imageLayoutVersion":"1.0.0"}`)},
		{"index.json", 0o644, index},
		blob(config), blob(layer), blob(manifest),
	})
	if err != nil {
		return err
	}
	return os.WriteFile(r.name(t, ".image.tar"), data, 0o666)
}

func encoded(v any) []byte {
	data, _ := json.Marshal(v) // of strings and numbers
	return data
}

func digest(data []byte) string { return fmt.Sprintf("sha256:%x", sha256.Sum256(data)) }

func descriptor(kind string, data []byte) map[string]any {
	return map[string]any{"mediaType": kind, "digest": digest(data), "size": len(data)}
}

func blob(data []byte) file {
	return file{fmt.Sprintf("blobs/sha256/%x", sha256.Sum256(data)), 0o644, data}
}
