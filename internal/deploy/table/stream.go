package table

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// Streams returns an application whose triggers have the streams of the tables that they name, as
// far as there are any: a stream that is still to be made has no ARN. It is an error if a table
// has no stream, and will have none.
func Streams(
	ctx context.Context, cfg aws.Config, app spec.Application,
) (spec.Application, error) {
	return streams(ctx, cfg, app, func(err error) error { return err })
}

// ExistingStreams is Streams, and leaves out what does not exist.
func ExistingStreams(
	ctx context.Context, cfg aws.Config, app spec.Application,
) (spec.Application, error) {
	return streams(ctx, cfg, app, func(error) error { return nil })
}

func streams(
	ctx context.Context, cfg aws.Config, app spec.Application, missing func(error) error,
) (spec.Application, error) {
	c := client{Client: dynamodb.NewFromConfig(cfg)}
	app.Triggers = slices.Clone(app.Triggers)
	for i, t := range app.Triggers {
		if t.Table == "" {
			continue
		}
		have, err := c.describe(ctx, t.Table)
		if err != nil {
			return app, err
		}
		arn, err := streamOf(t.Table, app.Table(t.Table), have)
		if err != nil {
			err = missing(fmt.Errorf("triggers.%s: %w", t.Name, err))
		}
		if err != nil {
			return app, err
		}
		app.Triggers[i].From = arn
	}
	return app, nil
}

// streamOf returns the ARN of the stream of a table, which may be one of the application. It is
// empty for a stream that deploy makes: of a new table, or in place of one of another view type.
func streamOf(name string, own *spec.Table, have *foundTable) (string, error) {
	gone := have == nil || have.status == types.TableStatusDeleting
	switch {
	case own != nil && own.Stream == spec.NoStream:
		return "", fmt.Errorf("it needs the stream of table %s, which \"stream_view_type\": \"NONE\" "+
			"in tables.%s ends", name, own.LogicalName)
	case own != nil && own.Streams() && (gone || have.stream != own.Stream):
		return "", nil
	case own != nil && (gone || have.streamARN == ""):
		return "", fmt.Errorf("table %s has no stream: give tables.%s \"stream_view_type\", such as "+
			"\"NEW_AND_OLD_IMAGES\"", name, own.LogicalName)
	case gone:
		return "", fmt.Errorf("there is no table %s, neither in tables nor in this region", name)
	case have.streamARN == "":
		return "", fmt.Errorf("table %s has no stream; \"aws dynamodb update-table --table-name %s "+
			"--stream-specification StreamEnabled=true,StreamViewType=NEW_AND_OLD_IMAGES\" makes one",
			name, name)
	}
	return have.streamARN, nil
}

// noteStream notes the stream of a table for the triggers that name it.
func (r run) noteStream(ctx context.Context, t spec.Table) error {
	if !t.Streams() {
		return nil
	}
	have, err := r.describe(ctx, t.Name)
	if err != nil || have == nil {
		return err
	}
	if r.IDs.Streams == nil {
		r.IDs.Streams = make(map[string]string)
	}
	r.IDs.Streams[t.Name] = have.streamARN
	return nil
}

// warnStream warns of a table that must stay as it is and lacks the stream that is wanted.
func (p *planner) warnStream(t spec.Table, have foundTable) {
	if !t.Streams() || have.stream == t.Stream {
		return
	}
	p.Warn("table %s was not created by this application, so it stays unchanged, and its stream is "+
		"%s and not %s", t.Name, have.stream, t.Stream)
	for _, trigger := range p.App.Triggers {
		if trigger.Table == t.Name {
			p.Conflict("triggers.%s needs the stream %s of table %s, which was not created by this "+
				"application and stays unchanged: change it with \"aws dynamodb update-table\", or leave "+
				"out stream_view_type in tables.%s", trigger.Name, t.Stream, t.Name, t.LogicalName)
		}
	}
}
