package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/tyg-dev/tyg/cmd/internal/gobuild"
	"github.com/tyg-dev/tyg/internal/deploy"
)

// built is what the tests of this package share: they deploy one program dozens of times. The
// scripts run tyg-aws, which compiles each time.
var built = buildCache{
	programs: make(map[[sha256.Size]byte]gobuild.Program),
	cgoFiles: make(map[[sha256.Size]byte][]string),
	bundles:  make(map[[sha256.Size]byte]*deploy.Bundle),
}

// A buildCache compiles a project, and packs a program, when it has another content.
type buildCache struct {
	dir string // of the programs; TestMain makes and removes it

	mu       sync.Mutex                            // guards the maps
	programs map[[sha256.Size]byte]gobuild.Program // by platform and sources
	cgoFiles map[[sha256.Size]byte][]string        // by platform and sources
	bundles  map[[sha256.Size]byte]*deploy.Bundle  // by program
}

func (c *buildCache) toolchain() toolchain { return toolchain{c.compile, c.pack, c.listCgo} }

func (c *buildCache) compile(
	ctx context.Context, p gobuild.Project, to gobuild.Platform,
) (gobuild.Program, error) {
	key, err := hashProject(p, to)
	if err != nil {
		return gobuild.Program{}, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	program, ok := c.programs[key]
	if !ok {
		p.Temp = c.dir
		if program, err = compile(ctx, p, to); err == nil {
			c.programs[key] = program
		}
	}
	return program, err
}

func (c *buildCache) listCgo(
	ctx context.Context, p gobuild.Project, to gobuild.Platform,
) ([]string, error) {
	key, err := hashProject(p, to)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	files, ok := c.cgoFiles[key]
	if !ok {
		if files, err = p.CgoFiles(ctx, to); err == nil {
			c.cgoFiles[key] = files
		}
	}
	return files, err
}

func (c *buildCache) pack(program []byte) (*deploy.Bundle, error) {
	key := sha256.Sum256(program)
	c.mu.Lock()
	defer c.mu.Unlock()
	bundle, ok := c.bundles[key]
	if !ok {
		var err error
		if bundle, err = deploy.NewBundle(program); err != nil {
			return nil, err
		}
		c.bundles[key] = bundle
	}
	return bundle, nil
}

// hashProject returns a hash of a platform, of the flags of a project, and of all its files but
// those in .tyg.
func hashProject(p gobuild.Project, to gobuild.Platform) (sum [sha256.Size]byte, err error) {
	hash := sha256.New()
	fmt.Fprintf(hash, "%v %q %q %q\n", to, p.Tags, p.LDFlags, p.Flags)
	err = filepath.WalkDir(p.Dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && d.Name() == ".tyg":
			return fs.SkipDir
		case d.IsDir():
			return nil
		}
		name, err := filepath.Rel(p.Dir, path)
		if err != nil {
			return err
		}
		data, err := os.ReadFile(path)
		fmt.Fprintf(hash, "%q %q\n", name, data)
		return err
	})
	return [sha256.Size]byte(hash.Sum(nil)), err
}
