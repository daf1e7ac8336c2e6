package main

import (
	"context"
	"fmt"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
	"github.com/tyg-dev/tyg/internal/deploy"
)

func (r *stageCommand) printURL(ctx context.Context) error {
	s, err := r.deployed(ctx)
	if err != nil {
		return err
	}
	if s.URL() == "" {
		return fmt.Errorf("stage %q has no URL yet: its deploy did not finish; run tyg deploy", r.Stage)
	}
	if !r.JSON {
		_, err = fmt.Fprintln(r.e.Stdout, s.URL())
		return err
	}
	found := struct {
		URL          string `json:"url"`
		CustomDomain string `json:"custom_domain_url,omitempty"`

		HTTP map[string]string `json:"http_urls,omitempty"` // by trigger
	}{URL: s.URL(), HTTP: httpURLs(s)}
	for _, domain := range s.Of(deploy.TypeDomain) {
		found.CustomDomain = domainURL(domain)
	}
	return cli.PrintJSON(r.e.Stdout, found)
}

// httpURLs returns the URLs of triggers that serve HTTP, by their names.
func httpURLs(s deploy.State) map[string]string {
	urls := make(map[string]string)
	for _, u := range s.Of(deploy.TypeFunctionURL) {
		urls[u.Name] = u.FunctionURL
	}
	return urls
}
