package deploy

import (
	"context"

	"github.com/tyg-dev/tyg/internal/deploy/logs"
	"github.com/tyg-dev/tyg/internal/deploy/plan"
	"github.com/tyg-dev/tyg/internal/deploy/spec"
	"github.com/tyg-dev/tyg/internal/deploy/store"
)

// What package spec describes.
type (
	Application   = spec.Application
	Function      = spec.Function
	Role          = spec.Role
	API           = spec.API
	Route         = spec.Route
	Authorizer    = spec.Authorizer
	StageSettings = spec.StageSettings
	Table         = spec.Table
	Attribute     = spec.Attribute
	Index         = spec.Index
	Domain        = spec.Domain
	Trigger       = spec.Trigger
	TriggerSource = spec.TriggerSource
	Bundle        = spec.Bundle
	Account       = spec.Account
	Secret        = spec.Secret
	Policy        = spec.Policy
)

// What a plan and the state file consist of.
type (
	Action   = plan.Action
	Step     = plan.Step
	Change   = plan.Change
	State    = plan.State
	Resource = plan.Resource
)

// The actions of a [Step].
const (
	Create = plan.Create
	Update = plan.Update
	Delete = plan.Delete
	Record = plan.Record
)

// The logical names of functions.
const (
	ConnectFunction    = spec.ConnectFunction
	MessageFunction    = spec.MessageFunction
	DisconnectFunction = spec.DisconnectFunction
	AuthorizeFunction  = spec.AuthorizeFunction
	SingleFunction     = spec.SingleFunction
)

// The types of resources, as the state file and plans name them.
const (
	TypeTable       = plan.TypeTable
	TypeLogGroup    = plan.TypeLogGroup
	TypeRole        = plan.TypeRole
	TypeFunction    = plan.TypeFunction
	TypeVersion     = plan.TypeVersion
	TypeAlias       = plan.TypeAlias
	TypePermission  = plan.TypePermission
	TypeEventSource = plan.TypeEventSource
	TypeFunctionURL = plan.TypeFunctionURL
	TypeRule        = plan.TypeRule
	TypeSubscriber  = plan.TypeSubscriber
	TypeAPI         = plan.TypeAPI
	TypeIntegration = plan.TypeIntegration
	TypeAuthorizer  = plan.TypeAuthorizer
	TypeRoute       = plan.TypeRoute
	TypeDeployment  = plan.TypeDeployment
	TypeStage       = plan.TypeStage
	TypeDomain      = plan.TypeDomain
	TypeMapping     = plan.TypeMapping
	TypeCertificate = plan.TypeCertificate
	TypeValidation  = plan.TypeValidation
	TypeRecord      = plan.TypeRecord
)

// What the logs of functions have.
type (
	LogsOptions = logs.Options
	LogEvent    = logs.Event
)

// The values of [Domain.Zone] that are no ids.
const (
	AutoZone = spec.AutoZone
	NoZone   = spec.NoZone
)

// NoKey is the key of a log that ends its encryption.
const NoKey = spec.NoKey

// NoBoundary is the permissions boundary that removes one.
const NoBoundary = spec.NoBoundary

// NewBundle packs a program for Lambda. See [spec.NewBundle].
func NewBundle(bootstrap []byte) (*Bundle, error) { return spec.NewBundle(bootstrap) }

// GeneratedPolicy returns the policy of a generated role. See [spec.GeneratedPolicy].
func GeneratedPolicy(app Application, account Account, apiID string) Policy {
	return spec.GeneratedPolicy(app, account, apiID)
}

// Patience is how long something may take without a line of progress.
const Patience = plan.Patience

// A Store keeps the state of a stage.
type Store = plan.Store

// CheckStoreURL reports a URL that is not s3://bucket/prefix.
func CheckStoreURL(url string) error {
	_, _, err := store.ParseURL(url)
	return err
}

// A FileStore is a state file.
type FileStore = store.File

// ReadState reads a state. Without one, nothing is deployed.
func ReadState(ctx context.Context, s Store) (State, error) { return plan.ReadState(ctx, s) }

// RolePolicy returns the policy of a role with a generated policy. See [spec.RolePolicy].
func RolePolicy(app Application, account Account, apiID string, role Role) Policy {
	return spec.RolePolicy(app, account, apiID, role)
}
