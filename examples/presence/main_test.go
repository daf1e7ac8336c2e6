package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/tygtest"
)

func receive(t *testing.T, c *tygtest.Client) change {
	t.Helper()
	var news change
	if err := json.Unmarshal([]byte(c.Receive()), &news); err != nil {
		t.Fatal(err)
	}
	return news
}

func TestPresence(t *testing.T) {
	host := tygtest.NewHost(t, newApp())
	john, jenny, watcher := host.Dial(), host.Dial(), host.Dial()

	john.Send(" John ")
	if news := receive(t, john); len(news.Here) != 1 || news.Here[0].Name != "John" ||
		news.You != john.ID() {
		t.Errorf("John was told %+v", news)
	}
	jenny.Send("Jenny")
	if news := receive(t, jenny); len(news.Here) != 2 {
		t.Errorf("Jenny was told %+v", news)
	}
	if news := receive(t, john); news.Join == nil || news.Join.Name != "Jenny" {
		t.Errorf("John was told %+v when Jenny came", news)
	}
	jenny.Drop()
	if news := receive(t, john); news.Left == nil || news.Left.ID != jenny.ID() {
		t.Errorf("John was told %+v when Jenny was lost", news)
	}
	watcher.ExpectNone()
}

// A name of the page has at most 40 UTF-16 code units, each of which is at most 3 bytes of UTF-8.
func TestLongestNameOfThePage(t *testing.T) {
	host := tygtest.NewHost(t, newApp())
	name := strings.Repeat("名", 40)
	client := host.Dial()
	client.Send(name)
	if news := receive(t, client); len(news.Here) != 1 || news.Here[0].Name != name {
		t.Errorf("was told %+v", news)
	}
}
