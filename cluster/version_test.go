package cluster

import (
	"bytes"
	stdhex "encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/lostconn"
)

var update = flag.Bool("update", false, "record the wire, for a version that has no record yet")

// A sample is a value as nodes send it or keep it in JetStream.
type sample struct {
	name   string
	bytes  []byte
	decode func([]byte) (any, error) // returns value
	value  any
}

// samples returns one of each command, reply and record.
func samples() (list []sample) {
	for o := opPing; o <= opDrain; o++ {
		list = append(list, commandSample(fmt.Sprint("command ", o), sampleCommand(o)))
	}
	for _, c := range []code{
		codeOK, codeGone, codeThrottled, codeTooLarge, codeNotText, codeBinary, codeInvalidID,
		codeConflict, codeUnsupported, codeNotDelivered, codeOutcomeUnknown, codeLate, codeOther,
	} {
		list = append(list, replySample(fmt.Sprint("reply ", c), reply{code: c}))
	}
	list = append(list, replySample("reply with all fields", fullReply()),
		commandSample("command with all fields", fullCommand()))
	at := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	return append(list,
		jsonSample("heartbeat", heartbeat{
			Version: wireVersion, Inc: "abcdef", Node: "web1", State: draining, Sent: 1, Every: 2,
			Started: 3, Connections: 4, Shards: 5, Ledger: true, Fenced: true, Program: "v1.2.3",
			Dead: []string{"000001"}, Hello: true, Observer: true,
		}),
		jsonSample("entry", entry{
			Node: "web1", Nonce: "nonce", State: dead, Started: 1, Renewed: 2, By: "left", Ledger: true,
			Swept: true,
		}),
		jsonSample("record of a connection", lostconn.Conn{
			ID: "AAAAAAAAAAAAAAA=", ConnectedAt: at, SourceIP: "192.0.2.1", UserAgent: "agent",
			Domain: "example.com", Stage: "api", APIID: "local",
			StageVariables: map[string]string{"a": "b"},
		}),
		jsonSample("record of a membership", lostconn.Member{Group: "tea", Member: tyg.Member{
			ID: "AAAAAAAAAAAAAAA=", Info: json.RawMessage(`{"a":1}`), JoinedAt: at,
		}}),
		jsonSample("info", tyg.Info{ConnectedAt: at, LastActiveAt: at, SourceIP: "192.0.2.1"}),
		jsonSample("delivery", tyg.Delivery{
			Reached: 1, Gone: []tyg.ConnID{"AAAAAAAAAAAAAAA="}, Slow: []tyg.ConnID{"BBBBBBBBBBBBBBA="},
		}),
		textSample("subjects", strings.Join([]string{
			subjects{"tyg"}.node("abcdef"), subjects{"tyg"}.group(hashOf("tea")), subjects{"tyg"}.shard(7),
			subjects{"tyg"}.all(), subjects{"tyg"}.heartbeat(), subjects{"tyg"}.replies("box"),
			connKey("AAAAAAAAAAAAAAA="), memberKey("AAAAAAAAAAAAAAA=", "tea"),
		}, " ")),
	)
}

func sampleCommand(o op) command {
	c := fullCommand()
	c.op, c.deadline = o, 1<<60
	switch o {
	case opPing, opDrain:
		return command{op: o}
	case opGroup:
		c.ids = nil
	case opMembers, opCount:
		return command{op: o, from: 1, seq: 2, deadline: 3, group: "tea", reason: "AAAAAAAAAAAAAAA="}
	}
	return c
}

func commandSample(name string, c command) sample {
	return sample{name, c.encode(), func(b []byte) (any, error) { return decodeCommand(b) }, c}
}

func replySample(name string, r reply) sample {
	return sample{name, r.encode(), func(b []byte) (any, error) { return decodeReply(b) }, r}
}

func jsonSample[T any](name string, v T) sample {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // a sample can be encoded
	}
	return sample{name, b, func(b []byte) (any, error) {
		var got T
		err := json.Unmarshal(b, &got)
		return got, err
	}, v}
}

func textSample(name, text string) sample {
	return sample{name, []byte(text), func(b []byte) (any, error) { return string(b), nil }, text}
}

func recordOf(version int) string {
	return filepath.Join("testdata", fmt.Sprintf("wire-v%d.txt", version))
}

// TestWireIsThatOfItsVersion compares what nodes send with what they sent when the version of the
// wire was made: nodes of the last release and of this one work together in one cluster. A field
// that older nodes may skip is a new sample; anything else is a new wireVersion, which this test
// records with -update. The records of older versions stay, and must be understood.
func TestWireIsThatOfItsVersion(t *testing.T) {
	path := recordOf(wireVersion)
	if _, err := os.Stat(path); err != nil && *update {
		writeRecord(t, path)
	}
	for version := 1; version <= wireVersion; version++ {
		recorded := readRecord(t, recordOf(version))
		for _, s := range samples() {
			old, ok := recorded[s.name]
			if !ok {
				if version == wireVersion {
					t.Errorf("%s has no sample %q: add the line\n%s %s", path, s.name,
						stdhex.EncodeToString(s.bytes), s.name)
				}
				continue
			}
			got, err := s.decode(old)
			if err != nil || !reflect.DeepEqual(got, s.value) {
				t.Errorf("%s of version %d is read as %+v, %v, want %+v", s.name, version, got, err, s.value)
			}
			if version == wireVersion && !bytes.Equal(old, s.bytes) {
				t.Errorf("%s of version %d was\n%x, and is\n%x:\nnodes of before do not expect that; "+
					"see the comment of wireVersion", s.name, version, old, s.bytes)
			}
		}
	}
}

func writeRecord(t *testing.T, path string) {
	t.Helper()
	var b strings.Builder
	for _, s := range samples() {
		fmt.Fprintf(&b, "%x %s\n", s.bytes, s.name)
	}
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
}

func readRecord(t *testing.T, path string) map[string][]byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("the wire of this version is not recorded: %v; run this test with -update", err)
	}
	all := make(map[string][]byte)
	for line := range strings.Lines(string(data)) {
		text, name, _ := strings.Cut(strings.TrimSpace(line), " ")
		b, err := stdhex.DecodeString(text)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		all[name] = b
	}
	return all
}
