package apigateway

import (
	"maps"
	"regexp"
	"strings"

	"github.com/tyg-dev/tyg/internal/awstest/account"
	"github.com/tyg-dev/tyg/internal/awstest/wire"
)

// A domain is a custom domain name with its mappings to stages.
type domain struct {
	members  map[string]any // of DomainName
	mappings collection     // by ApiMappingId
}

func (s *State) findDomain(in wire.Params) (*domain, error) {
	if d := s.domains[in.Str("DomainName")]; d != nil {
		return d, nil
	}
	return nil, notFound("Invalid domain name identifier specified")
}

func (s *State) createDomainName(in wire.Params) (map[string]any, error) {
	name := in.Str("DomainName")
	if s.domains[name] != nil {
		return nil, conflict("The domain name you provided already exists.")
	}
	if err := checkTags(in.Obj("Tags")); err != nil {
		return nil, err
	}
	configurations, err := s.configurationsOf(in, nil)
	if err != nil {
		return nil, err
	}
	members := maps.Clone(map[string]any(in))
	members["DomainNameConfigurations"] = configurations
	complete(members, map[string]any{
		"ApiMappingSelectionExpression": "$request.basepath", "RoutingMode": "API_MAPPING_ONLY",
		"DomainNameArn": "arn:aws:apigateway:" + account.Region + "::/domainnames/" + name,
		"Tags":          map[string]any{},
	})
	s.domains[name] = &domain{members: members, mappings: make(collection)}
	return members, nil
}

// configurationsOf completes the only configuration that a domain of WebSocket APIs has. It keeps
// the host that DNS points to.
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-custom-domain-names.html)
func (s *State) configurationsOf(in wire.Params, existing *domain) ([]any, error) {
	given := in.Objs("DomainNameConfigurations")
	if len(given) != 1 {
		return nil, badRequest("A domain name has one configuration, not %d", len(given))
	}
	if in.Has("MutualTlsAuthentication") || in.Str("RoutingMode") != "" &&
		in.Str("RoutingMode") != "API_MAPPING_ONLY" {
		return nil, wire.Unserved("mutual TLS and routing rules")
	}
	wanted := given[0]
	certificate := wanted.Str("CertificateArn")
	if !strings.HasPrefix(certificate, account.ARN("acm", "certificate/")) {
		return nil, badRequest("Invalid certificate ARN: %s. Certificate must be in '%s'.",
			certificate, account.Region)
	}
	if !s.Issued(certificate) {
		return nil, badRequest("Certificate %s must be ISSUED", certificate)
	}
	if wanted.Str("EndpointType") == "EDGE" || wanted.Str("SecurityPolicy") == "TLS_1_0" {
		return nil, badRequest("Domain names of WEBSOCKET APIs are REGIONAL and use TLS_1_2")
	}
	out := maps.Clone(map[string]any(wanted))
	host := "d-" + s.NewID() + ".execute-api." + account.Region + ".amazonaws.com"
	out["ApiGatewayDomainName"] = host
	if existing != nil {
		old := wire.Params(existing.members["DomainNameConfigurations"].([]any)[0].(map[string]any))
		out["ApiGatewayDomainName"] = old["ApiGatewayDomainName"]
	}
	out["DomainNameStatus"], out["HostedZoneId"] = "AVAILABLE", "Z2OJLYMUO9EFXC"
	complete(out, map[string]any{
		"EndpointType": "REGIONAL", "SecurityPolicy": "TLS_1_2", "IpAddressType": "ipv4",
	})
	return []any{out}, nil
}

// HasCertificate reports whether a domain name has a certificate.
func (s *State) HasCertificate(arn string) bool {
	for _, d := range s.domains {
		for _, at := range wire.Params(d.members).Objs("DomainNameConfigurations") {
			if at.Str("CertificateArn") == arn {
				return true
			}
		}
	}
	return false
}

func (s *State) getDomainName(in wire.Params) (map[string]any, error) {
	d, err := s.findDomain(in)
	if err != nil {
		return nil, err
	}
	return d.members, nil
}

func (s *State) getDomainNames(in wire.Params) (map[string]any, error) {
	all := make(collection)
	for name, d := range s.domains {
		all[name] = d.members
	}
	return s.listCollection(all, in)
}

func (s *State) updateDomainName(in wire.Params) (map[string]any, error) {
	d, err := s.findDomain(in)
	if err != nil {
		return nil, err
	}
	configurations, err := s.configurationsOf(in, d)
	if err != nil {
		return nil, err
	}
	d.members = maps.Clone(d.members)
	d.members["DomainNameConfigurations"] = configurations
	return d.members, nil
}

func (s *State) deleteDomainName(in wire.Params) (map[string]any, error) {
	if _, err := s.findDomain(in); err != nil {
		return nil, err
	}
	delete(s.domains, in.Str("DomainName"))
	return nil, nil
}

func (s *State) mappingKind() kind {
	return kind{
		state: s,
		name:  "ApiMapping", key: "ApiMappingId", path: []string{"DomainName"},
		collection: func(in wire.Params) (collection, error) {
			d, err := s.findDomain(in)
			if err != nil {
				return nil, err
			}
			return d.mappings, nil
		},
		prepare: s.prepareMapping,
	}
}

// mappingPattern is what the key of a mapping matches.
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-mappings.html)
var mappingPattern = regexp.MustCompile(`^[A-Za-z0-9$_.+!*'()/-]{0,300}$`)

// prepareMapping checks where a mapping leads. "(none)" is how the console writes an empty key.
func (s *State) prepareMapping(in wire.Params, _ map[string]any, mapping wire.Params) error {
	complete(mapping, map[string]any{"ApiMappingKey": ""})
	if mapping.Str("ApiMappingKey") == "(none)" {
		mapping["ApiMappingKey"] = ""
	}
	if !mappingPattern.MatchString(mapping.Str("ApiMappingKey")) {
		return badRequest("API mapping key should only contain letters, numbers and $-_.+!*'()")
	}
	a := s.apis[mapping.Str("ApiId")]
	if a == nil {
		return notFound("Invalid API identifier specified")
	}
	if a.stages[mapping.Str("Stage")] == nil {
		return badRequest("Invalid stage identifier specified")
	}
	for id, other := range s.domains[in.Str("DomainName")].mappings {
		if other["ApiMappingKey"] == mapping["ApiMappingKey"] && id != mapping["ApiMappingId"] {
			return conflict("ApiMapping key already exists for this domain name")
		}
	}
	return nil
}

// mapped tells whether a domain leads to a stage of an API, or to any stage for "".
func (s *State) mapped(apiID, stage string) bool {
	for _, d := range s.domains {
		for _, m := range d.mappings {
			if m["ApiId"] == apiID && (stage == "" || m["Stage"] == stage) {
				return true
			}
		}
	}
	return false
}
