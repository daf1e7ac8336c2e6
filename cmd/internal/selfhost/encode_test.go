package selfhost

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/tyg-dev/tyg/internal/profileflag"
)

// A configuration with every key is the same in the program that it is handed to.
func TestEncodeKeepsEveryKey(t *testing.T) {
	file := filepath.Join(t.TempDir(), "gateway.json")
	if err := os.WriteFile(file, []byte(Example), 0o600); err != nil {
		t.Fatal(err)
	}
	want, err := Read(Source{File: file, Flags: &profileflag.Flags{Profile: "server"}})
	if err != nil {
		t.Fatal(err)
	}
	text, err := want.Encode()
	if err != nil {
		t.Fatal(err)
	}
	got, err := Decode(text)
	want.Notes = nil // tyg has printed them
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v, %v\nwant %+v", got, err, want)
	}
	if _, err := Decode("{"); err == nil {
		t.Error("half a configuration is decoded")
	}
}
