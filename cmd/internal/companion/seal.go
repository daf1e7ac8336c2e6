package companion

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// seal writes the checksum of a program beside it, so that intact notices a file that a full disk
// or a crash has cut short.
func seal(path string) error {
	sum, err := checksum(path)
	if err == nil {
		err = os.WriteFile(path+".sha256", []byte(sum), 0o600)
	}
	if err != nil {
		return fmt.Errorf("keep %s: %w", filepath.Base(path), err)
	}
	return nil
}

// intact reports whether a program is as it was sealed. One that is not there is intact.
func intact(path string) bool {
	sum, err := checksum(path)
	if os.IsNotExist(err) {
		return true
	}
	want, e := os.ReadFile(path + ".sha256")
	return err == nil && e == nil && string(want) == sum
}

func checksum(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	h := sha256.New()
	if _, err := io.Copy(h, file); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
