package awstest

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
	mappings shelf          // by ApiMappingId
}

func findDomain(c *Cloud, in wire.Params) (*domain, error) {
	if d := c.gateway.domains[in.Str("DomainName")]; d != nil {
		return d, nil
	}
	return nil, notThere("Invalid domain name identifier specified")
}

func createDomainName(c *Cloud, in wire.Params) (map[string]any, error) {
	name := in.Str("DomainName")
	if c.gateway.domains[name] != nil {
		return nil, gatewayConflict("The domain name you provided already exists.")
	}
	if err := checkTags(in.Obj("Tags")); err != nil {
		return nil, err
	}
	configurations, err := configurationsOf(c, in, nil)
	if err != nil {
		return nil, err
	}
	is := maps.Clone(map[string]any(in))
	is["DomainNameConfigurations"] = configurations
	complete(is, map[string]any{
		"ApiMappingSelectionExpression": "$request.basepath", "RoutingMode": "API_MAPPING_ONLY",
		"DomainNameArn": "arn:aws:apigateway:" + Region + "::/domainnames/" + name,
		"Tags":          map[string]any{},
	})
	c.gateway.domains[name] = &domain{members: is, mappings: make(shelf)}
	return is, nil
}

// configurationsOf completes the only configuration that a domain of WebSocket APIs has. It keeps
// the host that DNS points to.
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-custom-domain-names.html)
func configurationsOf(c *Cloud, in wire.Params, was *domain) ([]any, error) {
	given := in.Objs("DomainNameConfigurations")
	if len(given) != 1 {
		return nil, badRequest("A domain name has one configuration, not %d", len(given))
	}
	if in.Has("MutualTlsAuthentication") || in.Str("RoutingMode") != "" &&
		in.Str("RoutingMode") != "API_MAPPING_ONLY" {
		return nil, wire.Unserved("mutual TLS and routing rules")
	}
	is := given[0]
	certificate := is.Str("CertificateArn")
	if !strings.HasPrefix(certificate, account.ARN("acm", "certificate/")) {
		return nil, badRequest("Invalid certificate ARN: %s. Certificate must be in '%s'.",
			certificate, Region)
	}
	if is.Str("EndpointType") == "EDGE" || is.Str("SecurityPolicy") == "TLS_1_0" {
		return nil, badRequest("Domain names of WEBSOCKET APIs are REGIONAL and use TLS_1_2")
	}
	out := maps.Clone(map[string]any(is))
	out["ApiGatewayDomainName"] = "d-" + c.NewID() + ".execute-api." + Region + ".amazonaws.com"
	if was != nil {
		old := wire.Params(was.members["DomainNameConfigurations"].([]any)[0].(map[string]any))
		out["ApiGatewayDomainName"] = old["ApiGatewayDomainName"]
	}
	out["DomainNameStatus"], out["HostedZoneId"] = "AVAILABLE", "Z2OJLYMUO9EFXC"
	complete(out, map[string]any{
		"EndpointType": "REGIONAL", "SecurityPolicy": "TLS_1_2", "IpAddressType": "ipv4",
	})
	return []any{out}, nil
}

func getDomainName(c *Cloud, in wire.Params) (map[string]any, error) {
	d, err := findDomain(c, in)
	if err != nil {
		return nil, err
	}
	return d.members, nil
}

func getDomainNames(c *Cloud, in wire.Params) (map[string]any, error) {
	all := make(shelf)
	for name, d := range c.gateway.domains {
		all[name] = d.members
	}
	return listShelf(c, all, in)
}

func updateDomainName(c *Cloud, in wire.Params) (map[string]any, error) {
	d, err := findDomain(c, in)
	if err != nil {
		return nil, err
	}
	configurations, err := configurationsOf(c, in, d)
	if err != nil {
		return nil, err
	}
	d.members = maps.Clone(d.members)
	d.members["DomainNameConfigurations"] = configurations
	return d.members, nil
}

func deleteDomainName(c *Cloud, in wire.Params) (map[string]any, error) {
	if _, err := findDomain(c, in); err != nil {
		return nil, err
	}
	delete(c.gateway.domains, in.Str("DomainName"))
	return nil, nil
}

func mappingKind() kind {
	return kind{
		name: "ApiMapping", key: "ApiMappingId", path: []string{"DomainName"},
		shelf: func(c *Cloud, in wire.Params) (shelf, error) {
			d, err := findDomain(c, in)
			if err != nil {
				return nil, err
			}
			return d.mappings, nil
		},
		finish: finishMapping,
	}
}

// mappingPattern: https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-mappings.html
var mappingPattern = regexp.MustCompile(`^[A-Za-z0-9$_.+!*'()/-]{0,300}$`)

// finishMapping checks where a mapping leads. "(none)" is how the console writes an empty key.
func finishMapping(c *Cloud, in wire.Params, _, mapping map[string]any) error {
	is := wire.Params(mapping)
	complete(is, map[string]any{"ApiMappingKey": ""})
	if is.Str("ApiMappingKey") == "(none)" {
		is["ApiMappingKey"] = ""
	}
	if !mappingPattern.MatchString(is.Str("ApiMappingKey")) {
		return badRequest("API mapping key should only contain letters, numbers and $-_.+!*'()")
	}
	a := c.gateway.apis[is.Str("ApiId")]
	if a == nil {
		return notThere("Invalid API identifier specified")
	}
	if a.stages[is.Str("Stage")] == nil {
		return badRequest("Invalid stage identifier specified")
	}
	for id, other := range c.gateway.domains[in.Str("DomainName")].mappings {
		if other["ApiMappingKey"] == is["ApiMappingKey"] && id != is["ApiMappingId"] {
			return gatewayConflict("ApiMapping key already exists for this domain name")
		}
	}
	return nil
}

// mapped tells whether a domain leads to a stage of an API, or to any stage for "".
func (s *gatewayState) mapped(apiID, stage string) bool {
	for _, d := range s.domains {
		for _, m := range d.mappings {
			if m["ApiId"] == apiID && (stage == "" || m["Stage"] == stage) {
				return true
			}
		}
	}
	return false
}
