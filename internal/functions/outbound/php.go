package outbound

import (
	"fmt"
	"os"
	"path/filepath"
)

// phpVariable names directories with more of php.ini. An empty one is that of the installation.
// (https://www.php.net/manual/en/configuration.file.php#configuration.file.scan)
const phpVariable = "PHP_INI_SCAN_DIR"

// trustPHP has PHP trust the authorities of a file: its curl reads no variable.
func trustPHP(dir, bundle string, environ []string) ([]string, error) {
	dir = filepath.Join(dir, "php")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("write certificates for PHP: %w", err)
	}
	text := fmt.Sprintf("curl.cainfo=\"%s\"\nopenssl.cafile=\"%s\"\n", bundle, bundle)
	if err := os.WriteFile(filepath.Join(dir, "zz-tyg.ini"), []byte(text), 0o600); err != nil {
		return nil, fmt.Errorf("write certificates for PHP: %w", err)
	}
	list := lookup(environ, phpVariable) + string(filepath.ListSeparator) + dir
	return []string{phpVariable + "=" + list}, nil
}
