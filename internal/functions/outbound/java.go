package outbound

import (
	"crypto/sha1"
	"encoding/binary"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf16"
)

// javaVariable has options for every Java VM.
// (https://docs.oracle.com/en/java/javase/21/troubleshoot/environment-variables-and-system-properties.html)
const javaVariable = "JAVA_TOOL_OPTIONS"

// trustJava writes a key store with the authorities of the system and the own one, which Java
// trusts in place of those in its installation: it reads no file of PEM. A store that the options
// of the environment name stays.
func trustJava(dir string, bundle []byte, environ []string) ([]string, error) {
	const property = "-Djavax.net.ssl.trustStore"
	options := lookup(environ, javaVariable)
	if strings.Contains(options, property) {
		return nil, nil
	}
	name := filepath.Join(dir, "trust.jks")
	if err := os.WriteFile(name, keyStore(bundle), 0o600); err != nil {
		return nil, fmt.Errorf("write certificates for Java: %w", err)
	}
	if strings.ContainsAny(name, " \t") {
		name = `"` + name + `"`
	}
	options = strings.TrimSpace(options + " " + property + "=" + name + " " + property + "Type=JKS " +
		property + "Password=" + keyStorePassword)
	return []string{javaVariable + "=" + options}, nil
}

// keyStorePassword is Java's own for what is no secret.
const keyStorePassword = "changeit"

// keyStore returns the certificates of a bundle as a key store of type JKS.
// (https://github.com/openjdk/jdk/blob/master/src/java.base/share/classes/sun/security/provider/JavaKeyStore.java)
func keyStore(bundle []byte) []byte {
	const magic, version, trusted = 0xfeedfeed, 2, 2
	var entries []byte
	n := uint32(0)
	for {
		var block *pem.Block
		if block, bundle = pem.Decode(bundle); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			continue
		}
		entries = binary.BigEndian.AppendUint32(entries, trusted)
		entries = appendUTF(entries, fmt.Sprint(n))
		entries = binary.BigEndian.AppendUint64(entries, 0) // when it was added
		entries = appendUTF(entries, "X.509")
		entries = binary.BigEndian.AppendUint32(entries, uint32(len(block.Bytes)))
		entries = append(entries, block.Bytes...)
		n++
	}
	var store []byte
	for _, word := range []uint32{magic, version, n} {
		store = binary.BigEndian.AppendUint32(store, word)
	}
	store = append(store, entries...)
	h := sha1.New()
	_ = binary.Write(h, binary.BigEndian, utf16.Encode([]rune(keyStorePassword))) // to memory
	h.Write([]byte("Mighty Aphrodite"))
	h.Write(store)
	return h.Sum(store)
}

// appendUTF appends a text of ASCII with its length before it.
func appendUTF(b []byte, s string) []byte {
	return append(binary.BigEndian.AppendUint16(b, uint16(len(s))), s...)
}
