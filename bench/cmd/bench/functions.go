package main

import (
	"archive/zip"
	"compress/flate"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
)

// function is a program of this repository that runs on AWS Lambda.
type function struct {
	dir   string // of its main package
	table bool   // it has a table, and writes to it when a client connects
}

// sizes are the sizes of a deployed function, in bytes.
type sizes struct{ program, zip float64 }

func zipped(r row) float64 { return r.own.zip / (1 << 20) }

func zippedForARM(r row) float64 { return r.arm64.zip / (1 << 20) }

// program returns the file of the function of s for an architecture. Its zip is beside it.
func (b *bench) program(s server, arch string) string {
	return filepath.Join(b.bin, s.name+"-"+arch)
}

// buildFunctions builds and packs the functions of the run, for this machine and for arm64, the
// default architecture of functions.
func (b *bench) buildFunctions(ctx context.Context) error {
	for _, s := range b.servers {
		if s.function == nil {
			continue
		}
		for _, arch := range slices.Compact([]string{runtime.GOARCH, "arm64"}) {
			program := b.program(s, arch)
			if err := s.function.build(ctx, program, arch); err != nil {
				return fmt.Errorf("build %s for %s: %w", s.name, arch, err)
			}
			if err := pack(program, program+".zip"); err != nil {
				return fmt.Errorf("pack %s for %s: %w", s.name, arch, err)
			}
		}
	}
	return nil
}

// build builds a function in the way of "tyg deploy".
func (f *function) build(ctx context.Context, program, arch string) error {
	abs, err := filepath.Abs(program)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-buildvcs=false",
		"-tags", "lambda.norpc,tyg.lambda", "-trimpath", "-ldflags", "-s -w", "-o", abs, f.dir)
	cmd.Dir, cmd.Stderr = "..", os.Stderr
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+arch)
	return cmd.Run()
}

// pack writes the zip of a program that is uploaded to Lambda.
func pack(program, file string) error {
	data, err := os.ReadFile(program)
	if err != nil {
		return err
	}
	to, err := os.Create(file)
	if err != nil {
		return err
	}
	defer to.Close() // after an error; else it is closed already
	w := zip.NewWriter(to)
	w.RegisterCompressor(zip.Deflate, func(out io.Writer) (io.WriteCloser, error) {
		return flate.NewWriter(out, flate.BestCompression)
	})
	entry, err := w.Create("bootstrap")
	if err != nil {
		return err
	}
	if _, err := entry.Write(data); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return to.Close()
}

// sizesOf returns the sizes of a function for this machine and for arm64.
func (b *bench) sizesOf(s server) (own, arm64 sizes, err error) {
	if own, err = sizesAt(b.program(s, runtime.GOARCH)); err != nil {
		return own, arm64, err
	}
	arm64, err = sizesAt(b.program(s, "arm64"))
	return own, arm64, err
}

func sizesAt(program string) (s sizes, err error) {
	info, err := os.Stat(program)
	if err != nil {
		return s, err
	}
	packed, err := os.Stat(program + ".zip")
	if err != nil {
		return s, err
	}
	return sizes{float64(info.Size()), float64(packed.Size())}, nil
}
