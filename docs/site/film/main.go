// Command film makes the moving picture of the README from a session that really happens: tyg local
// runs a program, two tyg connect talk through it, the program is edited and saved, and both stay
// connected.
//
//	go run ./film            record the session again, and draw it
//	go run ./film -draw      only draw the last recording
//
// Run it in docs/site. It needs a terminal as Linux and macOS have it.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"path/filepath"
)

// The recording, and the picture that is drawn from it.
const (
	recordingFile = "film/reload.jsonl"
	pictureFile   = "../images/reload.svg"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("film: ")
	draw := flag.Bool("draw", false, "draw the last recording, and record nothing")
	flag.Parse()
	if err := run(!*draw); err != nil {
		log.Fatal(err)
	}
}

func run(again bool) error {
	if again {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
		defer stop()
		events, err := record(ctx, filepath.Join("..", ".."), "")
		if err != nil {
			return err
		}
		if err := writeEvents(recordingFile, events); err != nil {
			return err
		}
	}
	events, err := readEvents(recordingFile)
	if err != nil {
		return err
	}
	picture, err := drawing(events)
	if err != nil {
		return err
	}
	fmt.Printf("%s: %d bytes from %d events\n", pictureFile, len(picture), len(events))
	return os.WriteFile(pictureFile, picture, 0o666)
}
