package cfn

import (
	"github.com/tyg-dev/tyg/internal/deploy/spec"
	"github.com/tyg-dev/tyg/internal/deploy/template"
)

// The logical ids of the custom domain name, of its certificate, and of the hosted zone with the
// records of both.
const (
	domainID      = "WebsocketApiCustomDomain"
	certificateID = domainID + "Certificate"
	zoneID        = "HostedZone"
)

func (s *stack) domain() {
	d := s.app.API.Domain
	if d == nil {
		return
	}
	configuration := object{
		"CertificateArn": s.certificate(*d), "EndpointType": "REGIONAL",
		"SecurityPolicy": d.SecurityPolicy(),
	}
	if d.IPAddressType != "" {
		configuration["IpAddressType"] = d.IPAddressType
	}
	s.add(domainID, "AWS::ApiGatewayV2::DomainName", object{
		"DomainName": d.Name, "DomainNameConfigurations": []any{configuration},
		"Tags": template.Pairs(s.app.ResourceTags(d.Tags)),
	}, nil)
	mapping := object{"ApiId": ref(apiID), "DomainName": ref(domainID), "Stage": ref(stageID)}
	if key := d.Key(); key != "" {
		mapping["ApiMappingKey"] = key
	}
	s.add(domainID+"Mapping", "AWS::ApiGatewayV2::ApiMapping", mapping, nil)
	s.aliases(*d)
	s.output(domainID+"AliasName", "What "+d.Name+" must be an alias of",
		attribute(domainID, "RegionalDomainName"))
	s.output(domainID+"HostedZoneId", "The hosted zone of that alias",
		attribute(domainID, "RegionalHostedZoneId"))
}

// zone returns the id of the hosted zone with the records, nil if there is none. CloudFormation
// cannot look for one, so it is a parameter unless it is named.
func (s *stack) zone(d spec.Domain) any {
	switch d.HostedZone() {
	case spec.NoZone:
		return nil
	case spec.AutoZone:
		s.parameters[zoneID] = object{
			"Type":        "AWS::Route53::HostedZone::Id",
			"Description": "The public hosted zone of Route 53 that has the records of " + d.Name,
		}
		return ref(zoneID)
	}
	return d.Zone
}

// certificate returns the ARN of the certificate, and adds the one that is requested. Without a
// hosted zone, CloudFormation waits until its record was made by hand.
func (s *stack) certificate(d spec.Domain) any {
	if !d.Request {
		return d.CertificateARN
	}
	p := object{"DomainName": d.Name, "ValidationMethod": "DNS", "Tags": s.tags(d.Tags)}
	if zone := s.zone(d); zone != nil {
		p["DomainValidationOptions"] = []any{object{"DomainName": d.Name, "HostedZoneId": zone}}
	}
	s.add(certificateID, "AWS::CertificateManager::Certificate", p, nil)
	return ref(certificateID)
}

// aliases adds the records by which clients find the domain name.
func (s *stack) aliases(d spec.Domain) {
	zone := s.zone(d)
	if zone == nil {
		return
	}
	for _, kind := range []string{"A", "AAAA"} {
		s.add(domainID+"Record"+kind, "AWS::Route53::RecordSet", object{
			"HostedZoneId": zone, "Name": d.Name, "Type": kind,
			"AliasTarget": object{
				"DNSName":      attribute(domainID, "RegionalDomainName"),
				"HostedZoneId": attribute(domainID, "RegionalHostedZoneId"),
			},
		}, nil)
	}
}
