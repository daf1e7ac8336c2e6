//go:build !tyg.lambda

package docs_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/tyg-dev/tyg/internal/browsertest"
)

// buildSite builds the web site of this folder, which checks its links.
func buildSite(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	build := exec.Command("go", "run", "-C", "site", ".", "-out", dir)
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the site: %v\n%s", err, out)
	}
	return dir
}

// TestSiteInBrowser searches the site, opened from files and from a server that serves files only,
// and has axe-core look at it.
func TestSiteInBrowser(t *testing.T) {
	axe := browsertest.Axe(t)
	browser := browsertest.Start(t)
	dir := buildSite(t)
	server := httptest.NewServer(http.FileServer(http.Dir(dir)))
	defer server.Close()
	for _, url := range []string{"file://" + filepath.ToSlash(dir), server.URL} {
		page := browser.Open(url + "/index.html")
		search(page)
		page.Wait(`location.pathname.endsWith("/authentication.html")`)
		page.Wait(`document.querySelector("#nav [aria-current]").textContent ===
			document.querySelector("h1").firstChild.textContent`)
		page.Wait(`$("found").hidden`)
	}
	for _, name := range []string{
		"index", "contents", "tutorial", "groups", "configuration", "performance", "guarantees",
	} {
		page := browser.Open(server.URL + "/" + name + ".html")
		page.Wait(`document.documentElement.classList.contains("scripted")`)
		page.Inject(axe)
		page.CheckAccess(name)
		page.Wait(`document.documentElement.scrollWidth <= innerWidth`)
		if name == "tutorial" {
			page.Eval(`void ($("query").value = "message", search())`)
			page.Wait(`$("results").childElementCount > 5`)
			page.CheckAccess("search")
		}
		keepPictures(page, "site-"+name)
	}
}

// search finds the page about logging in with keys only.
func search(page *browsertest.Page) {
	page.Wait(`document.documentElement.classList.contains("scripted")`)
	page.Press("/")
	page.Wait(`document.activeElement.id === "query"`)
	for _, letter := range "authorizers tok" {
		page.Press(string(letter))
	}
	page.Wait(`/\d+ results?/.test($("count").textContent) &&
		results.querySelector("a mark") !== null`)
	page.Press("ArrowDown")
	page.Wait(`document.activeElement.href.includes("authentication.html")`)
	page.Press("Enter")
}

// keepPictures leaves pictures of a page in the folder that TYG_SCREENSHOTS names, to be looked at.
func keepPictures(page *browsertest.Page, name string) {
	dir := os.Getenv("TYG_SCREENSHOTS")
	if dir == "" {
		return
	}
	for suffix, look := range browsertest.Looks() {
		page.Show(look)
		page.Screenshot(filepath.Join(dir, name+"-"+suffix+".png"))
	}
}
