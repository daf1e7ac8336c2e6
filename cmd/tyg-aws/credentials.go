package main

import (
	"encoding/json"

	"github.com/spf13/cobra"

	"github.com/tyg-dev/tyg/cmd/internal/awsconfig"
	"github.com/tyg-dev/tyg/cmd/internal/awskeys"
	"github.com/tyg-dev/tyg/cmd/internal/cli"
	"github.com/tyg-dev/tyg/lambda"
)

// newCredentials returns the verb by which tyg looks for credentials, see package awskeys.
func newCredentials(e *cli.Env) *cobra.Command {
	var q awskeys.Query
	cmd := &cobra.Command{
		Use: awskeys.Verb, Short: "Print AWS credentials for tyg", Hidden: true, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			a, err := findCredentials(cmd, q)
			if err != nil {
				return err
			}
			return json.NewEncoder(e.Stdout).Encode(a)
		},
	}
	cmd.Flags().StringVar(&q.Region, "region", "", "region, if not that of the environment")
	cmd.Flags().StringVar(&q.Default, "default-region", "", "region if nothing else names one")
	cmd.Flags().StringVar(&q.Service, "service", "", "service whose endpoint is wanted")
	return cmd
}

func findCredentials(cmd *cobra.Command, q awskeys.Query) (a awskeys.Answer, err error) {
	ctx := cmd.Context()
	cfg, err := awsconfig.Load(ctx, awsconfig.Choice{
		Region: q.Region, DefaultRegion: q.Default, Quiet: true,
	})
	if err != nil {
		return a, err
	}
	a.Region, a.Endpoint = cfg.Region, awsconfig.Endpoint(ctx, cfg, q.Service)
	if cfg.Credentials == nil {
		a.Missing = awsconfig.ErrNoCredentials.Error()
		return a, nil
	}
	c, err := cfg.Credentials.Retrieve(ctx)
	if err != nil {
		a.Missing = awsconfig.ErrNoCredentials.Error() + ": " + err.Error()
		return a, ctx.Err()
	}
	a.Key = &lambda.Key{
		AccessKeyID: c.AccessKeyID, SecretAccessKey: c.SecretAccessKey, SessionToken: c.SessionToken,
	}
	a.Source = c.Source
	if c.CanExpire {
		a.Expires = c.Expires
	}
	return a, nil
}
