package main

import (
	"context"
	"fmt"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
	"github.com/tyg-dev/tyg/cmd/internal/project"
	"github.com/tyg-dev/tyg/cmd/tyg-aws/internal/application"
	"github.com/tyg-dev/tyg/internal/deploy"
	"github.com/tyg-dev/tyg/internal/visible"
)

// deploy deploys the stage and prints its resources.
func (r *stageCommand) deploy(ctx context.Context) error {
	c, d, err := r.open(ctx)
	if err != nil {
		return err
	}
	release, err := d.Lock(ctx)
	if err != nil {
		return cli.Interrupted(ctx, err)
	}
	defer r.warnError(release)
	plan, err := r.plan(ctx, c, d)
	if err != nil {
		return err
	}
	r.warn(plan.Warnings)
	if err := d.Apply(ctx, plan); err != nil {
		if cli.Interrupted(ctx, err) == cli.ErrInterrupted {
			fmt.Fprintln(r.e.Stderr, "tyg: interrupted; the state is saved, run tyg deploy again to "+
				"continue")
			return cli.ErrInterrupted
		}
		return err
	}
	state, err := d.State(ctx)
	if err != nil {
		return err
	}
	return r.report(state)
}

// open reads the configuration and opens the account, before the build, which takes longer.
func (r *stageCommand) open(ctx context.Context) (project.Config, *deploy.Deployer, error) {
	c, err := project.ReadConfig(r.Dir)
	if err == nil {
		err = application.CheckProgram(c.At(r.Stage))
	}
	if err != nil {
		return c, nil, err
	}
	r.warnUnused(c)
	d, err := r.deployer(ctx, c)
	return c, d, err
}

// plan builds the project and compares it with the account.
func (r *stageCommand) plan(
	ctx context.Context, c project.Config, d *deploy.Deployer,
) (deploy.Plan, error) {
	app, err := r.application(ctx, c)
	if err != nil {
		return deploy.Plan{}, err
	}
	state, err := d.State(ctx)
	if err == nil {
		err = application.CheckRenamed(state, r.Stage, app.Name)
	}
	if err != nil {
		return deploy.Plan{}, err
	}
	plan, err := d.Plan(ctx, app)
	if e := c.CheckStage(r.Stage); e != nil && len(state.Resources) == 0 {
		plan.Warnings = append(plan.Warnings, e.Error()+"; it gets the settings of the top level")
	}
	return plan, cli.Interrupted(ctx, err)
}

// deployer returns the Deployer of the stage.
func (r *stageCommand) deployer(ctx context.Context, c project.Config) (*deploy.Deployer, error) {
	cloud, err := r.cloud(ctx, c)
	if err != nil {
		return nil, err
	}
	store, err := r.store(c, cloud)
	if err != nil {
		return nil, err
	}
	return &deploy.Deployer{Cloud: cloud, Store: store, Progress: r.progress}, nil
}

// deployed is the result of deploy --json.
type deployed struct {
	Stage     string            `json:"stage"`
	Region    string            `json:"region"`
	AccountID string            `json:"account_id"`
	URL       string            `json:"url"`
	APIID     string            `json:"api_id"`
	Functions map[string]string `json:"functions"`           // ARNs, by logical name
	Tables    map[string]string `json:"tables"`              // names, by logical name
	HTTP      map[string]string `json:"http_urls,omitempty"` // by trigger

	CustomDomain *customDomain `json:"custom_domain,omitempty"`

	// Waiting is the certificate whose record is to be made before a later deploy goes on.
	Waiting *waiting `json:"certificate_waits_for,omitempty"`
}

// A waiting certificate has the DNS record that its owner must create.
type waiting struct {
	DomainName string `json:"domain_name"`
	Name       string `json:"record_name"`
	Type       string `json:"record_type"`
	Value      string `json:"record_value"`
}

// A customDomain has the DNS alias that its owner must create, from Name to AliasDomainName.
type customDomain struct {
	Name            string `json:"name"`
	URL             string `json:"url"`
	HostedZoneID    string `json:"hosted_zone_id"`
	AliasDomainName string `json:"alias_domain_name"`
}

// report prints the resources of the stage.
func (r *stageCommand) report(s deploy.State) error {
	if r.JSON {
		return cli.PrintJSON(r.e.Stdout, r.deployedStage(s))
	}
	for _, line := range s.Report() {
		if _, err := fmt.Fprintln(r.e.Stdout, visible.Line(line)); err != nil {
			return err
		}
	}
	return nil
}

func (r *stageCommand) deployedStage(s deploy.State) deployed {
	api, _ := s.Find(deploy.TypeAPI, "websocket_api")
	d := deployed{
		Stage: r.Stage, Region: s.Region, AccountID: s.AccountID, URL: s.URL(), APIID: api.APIID,
		Functions: make(map[string]string), Tables: make(map[string]string),
	}
	for _, fn := range s.Of(deploy.TypeFunction) {
		d.Functions[fn.Name] = fn.FunctionARN
	}
	for _, t := range s.Of(deploy.TypeTable) {
		d.Tables[t.Name] = t.TableName
	}
	d.HTTP = httpURLs(s)
	for _, c := range s.Waiting() {
		d.Waiting = &waiting{c.DomainName, c.RecordName, "CNAME", c.RecordValue}
	}
	for _, domain := range s.Of(deploy.TypeDomain) {
		d.CustomDomain = &customDomain{
			Name: domain.DomainName, URL: domainURL(domain), HostedZoneID: domain.HostedZoneID,
			AliasDomainName: domain.AliasDomainName,
		}
	}
	return d
}

// domainURL returns the URL of a custom domain name.
func domainURL(domain deploy.Resource) string {
	path := "/"
	for _, m := range domain.APIMapping {
		path = m.Key
	}
	return "wss://" + domain.DomainName + path
}
