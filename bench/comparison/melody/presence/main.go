// Command presence tells clients who is connected, by name, with melody.
package main

import (
	"encoding/json"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/olahol/melody"
)

type person struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type change struct {
	You  string   `json:"you,omitempty"`
	Here []person `json:"here,omitempty"`
	Join *person  `json:"join,omitempty"`
	Left *person  `json:"left,omitempty"`
}

var lastID atomic.Int64

func main() {
	m := melody.New()
	m.HandleConnect(func(s *melody.Session) {
		s.Set("id", strconv.FormatInt(lastID.Add(1), 10))
	})
	// The first message of a client is a name.
	m.HandleMessage(func(s *melody.Session, msg []byte) {
		name := strings.TrimSpace(string(msg))
		if name == "" || len(name) > 120 {
			s.Write([]byte(`{"error":"a name has 1 to 120 bytes"}`))
			return
		}
		_, again := find(s)
		me := person{s.MustGet("id").(string), name}
		s.Set("person", me)
		all := change{You: me.ID}
		sessions, err := m.Sessions()
		if err != nil {
			return
		}
		for _, other := range sessions {
			if p, ok := find(other); ok {
				all.Here = append(all.Here, p)
			}
		}
		s.Write(encode(all))
		if !again {
			tell(m, s, change{Join: &me})
		}
	})
	m.HandleDisconnect(func(s *melody.Session) {
		if p, ok := find(s); ok {
			tell(m, s, change{Left: &p})
		}
	})
	http.HandleFunc("/ws", func(w http.ResponseWriter, r *http.Request) {
		m.HandleRequest(w, r)
	})
	log.Fatal(http.ListenAndServe(os.Args[1], nil))
}

func find(s *melody.Session) (person, bool) {
	v, ok := s.Get("person")
	if !ok {
		return person{}, false
	}
	return v.(person), true
}

func tell(m *melody.Melody, from *melody.Session, c change) {
	m.BroadcastFilter(encode(c), func(s *melody.Session) bool {
		_, ok := find(s)
		return ok && s != from
	})
}

func encode(c change) []byte {
	data, _ := json.Marshal(c) // cannot fail for these types
	return data
}
