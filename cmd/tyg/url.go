package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
	"github.com/tyg-dev/tyg/internal/deploy"
)

const urlHelp = `url prints where clients connect to a stage on AWS. It looks into the state file and
calls nobody.

With --json it prints the URL of the custom domain name, too, if there is one.`

func newURL(e *cli.Env) *cobra.Command {
	r := newRemote(e)
	cmd := &cobra.Command{
		Use:     "url",
		Short:   "Print the URL of a stage on AWS",
		Long:    urlHelp,
		Example: "  tyg url\n  tyg connect \"$(tyg url --stage prod)\"",
		Args:    cli.ExactArgs(),
		RunE:    func(*cobra.Command, []string) error { return r.printURL() },
	}
	r.stageFlags(cmd)
	return cmd
}

func (r *remote) printURL() error {
	s, err := r.state()
	if err != nil {
		return err
	}
	if s.URL() == "" {
		return fmt.Errorf("stage %q has no URL yet: its deploy did not end; run tyg deploy", r.stage)
	}
	if !r.asJSON {
		_, err = fmt.Fprintln(r.e.Stdout, s.URL())
		return err
	}
	found := struct {
		URL          string `json:"url"`
		CustomDomain string `json:"custom_domain_url,omitempty"`
	}{URL: s.URL()}
	for _, domain := range s.Of(deploy.TypeDomain) {
		found.CustomDomain = domainURL(domain)
	}
	return cli.PrintJSON(r.e.Stdout, found)
}
