// Command site makes a static web site of the pages in docs.
//
//	go run . -out public                  write it
//	go run . -serve 127.0.0.1:8080        write it, and serve it until Ctrl+C
//
// Run it in this folder. It fails if a link leads nowhere. The site needs no server: its pages and
// its search work from files, and load nothing from elsewhere.
package main

import (
	"flag"
	"fmt"
	"log"
	"net/http"
	"path/filepath"
	"time"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("site: ")
	var o options
	flag.StringVar(&o.root, "root", filepath.Join("..", ".."), "the `folder` of the repository")
	flag.StringVar(&o.out, "out", "public", "the `folder` to write; files in it are replaced")
	flag.StringVar(&o.source, "source", "https://github.com/tyg-dev/tyg",
		"the `URL` of the repository on a forge, for links to source files")
	addr := flag.String("serve", "", "serve the site on this `address` until Ctrl+C")
	flag.Parse()
	if flag.NArg() > 0 {
		log.Fatalf("usage error: unexpected argument %q; see -h", flag.Arg(0))
	}
	n, err := build(o)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%d pages in %s\n", n, o.out)
	if *addr == "" {
		return
	}
	server := http.Server{
		Addr: *addr, Handler: http.FileServer(http.Dir(o.out)), ReadHeaderTimeout: time.Minute,
	}
	fmt.Printf("Open http://%s/\n", *addr)
	log.Fatal(server.ListenAndServe())
}
