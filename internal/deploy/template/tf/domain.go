package tf

import (
	"github.com/tyg-dev/tyg/internal/deploy/spec"
	"github.com/tyg-dev/tyg/internal/deploy/template"
)

// domainName is the name of the custom domain name, its certificate and its records; zoneVariable
// that of the hosted zone with the records.
const (
	domainName   = "websocket_api_custom_domain"
	zoneVariable = "hosted_zone_id"
)

func (m *module) domain() {
	d := m.app.API.Domain
	if d == nil {
		return
	}
	configuration := object{
		"certificate_arn": m.certificate(*d), "endpoint_type": "REGIONAL",
		"security_policy": d.SecurityPolicy(),
	}
	if d.IPAddressType != "" {
		configuration["ip_address_type"] = d.IPAddressType
	}
	m.add("aws_apigatewayv2_domain_name", domainName, object{
		"domain_name": d.Name, "domain_name_configuration": configuration, "tags": m.tags(d.Tags),
	})
	mapping := object{
		"api_id":      m.apiID(),
		"domain_name": template.Expr(ref("aws_apigatewayv2_domain_name", domainName, "id")),
		"stage":       template.Expr(ref("aws_apigatewayv2_stage", stageName, "name")),
	}
	if key := d.Key(); key != "" {
		mapping["api_mapping_key"] = key
	}
	m.add("aws_apigatewayv2_api_mapping", domainName+"_mapping", mapping)
	m.aliases(*d)
	m.output("custom_domain_alias_name", "What "+d.Name+" must be an alias of",
		target("target_domain_name"))
	m.output("custom_domain_hosted_zone_id", "The hosted zone of that alias",
		target("hosted_zone_id"))
}

// target returns an attribute of what the domain name must be an alias of.
func target(attribute string) template.Expr {
	attribute = "domain_name_configuration[0]." + attribute
	return template.Expr(ref("aws_apigatewayv2_domain_name", domainName, attribute))
}

// zone returns the id of the hosted zone with the records, nil if there is none. It is a variable
// unless it is named: which of several zones is the nearest one cannot be looked up.
func (m *module) zone(d spec.Domain) any {
	switch d.HostedZone() {
	case spec.NoZone:
		return nil
	case spec.AutoZone:
		m.variables[zoneVariable] = object{
			"type":        "string",
			"description": "The public hosted zone of Route 53 that has the records of " + d.Name,
		}
		return template.Expr("${var." + zoneVariable + "}")
	}
	return d.Zone
}

// certificate returns the ARN of the certificate, and adds the one that is requested. It is that of
// the validation, which waits until the certificate is issued.
func (m *module) certificate(d spec.Domain) any {
	if !d.Request {
		return d.CertificateARN
	}
	const kind = "aws_acm_certificate"
	m.add(kind, domainName, object{
		"domain_name": d.Name, "validation_method": "DNS", "tags": m.tags(d.Tags),
		"lifecycle": object{"create_before_destroy": true},
	})
	validation := object{"certificate_arn": template.Expr(ref(kind, domainName, "arn"))}
	option := func(attribute string) template.Expr {
		return template.Expr("${tolist(" + kind + "." + domainName +
			".domain_validation_options)[0]." + attribute + "}")
	}
	if zone := m.zone(d); zone != nil {
		const record = domainName + "_validation"
		m.add("aws_route53_record", record, object{
			"zone_id": zone, "name": option("resource_record_name"), "type": option("resource_record_type"),
			"records": []any{option("resource_record_value")}, "ttl": 300, "allow_overwrite": true,
		})
		validation["validation_record_fqdns"] = []any{
			template.Expr(ref("aws_route53_record", record, "fqdn")),
		}
	}
	m.add("aws_acm_certificate_validation", domainName, validation)
	return template.Expr(ref("aws_acm_certificate_validation", domainName, "certificate_arn"))
}

// aliases adds the records by which clients find the domain name.
func (m *module) aliases(d spec.Domain) {
	zone := m.zone(d)
	if zone == nil {
		return
	}
	for name, kind := range map[string]string{"_a": "A", "_aaaa": "AAAA"} {
		m.add("aws_route53_record", domainName+name, object{
			"zone_id": zone, "name": d.Name, "type": kind,
			"alias": object{
				"name": target("target_domain_name"), "zone_id": target("hosted_zone_id"),
				"evaluate_target_health": false,
			},
		})
	}
}
