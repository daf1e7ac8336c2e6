package deploy

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/tyg-dev/tyg/internal/deploy/spec"
	"github.com/tyg-dev/tyg/internal/deploy/store"
)

// DeployerPolicy returns the policy that the credentials of a deploy need, and no more: to deploy
// an application, read its logs, and delete it.
//
// It names the resources of the application wherever IAM distinguishes resources by name. The ids
// of APIs are not known before the first deploy.
func DeployerPolicy(app Application, account Account) Policy {
	p := Policy{Version: spec.PolicyVersion}
	iam := "arn:" + account.Partition + ":iam::" + account.ID + ":role/"
	roles := iam + strings.TrimPrefix(app.RolePath, "/") + app.Prefix()
	p.Allow("Roles", []string{
		"iam:CreateRole", "iam:DeleteRole", "iam:DeleteRolePolicy", "iam:DetachRolePolicy", "iam:GetRole",
		"iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:ListRolePolicies", "iam:PutRolePolicy",
		"iam:TagRole", "iam:UntagRole", "iam:UpdateAssumeRolePolicy",
	}, roles, roles+"-*")
	allowPassRole(&p, "PassRole", roles, roles+"-*")
	if app.PermissionsBoundary != "" {
		p.Allow("Boundary", []string{
			"iam:DeleteRolePermissionsBoundary", "iam:PutRolePermissionsBoundary",
		}, roles, roles+"-*")
	}
	p.Allow("Functions", []string{
		"lambda:AddPermission", "lambda:CreateFunction", "lambda:DeleteFunction",
		"lambda:DeleteFunctionConcurrency", "lambda:GetFunction", "lambda:GetFunctionConfiguration",
		"lambda:GetPolicy", "lambda:InvokeFunction", "lambda:ListTags", "lambda:PutFunctionConcurrency",
		"lambda:RemovePermission", "lambda:TagResource", "lambda:UntagResource",
		"lambda:UpdateFunctionCode", "lambda:UpdateFunctionConfiguration",
	}, account.FunctionARN(app.Prefix()+"-*"))
	if app.Releases > 0 {
		p.Allow("Releases", []string{
			"lambda:CreateAlias", "lambda:ListAliases", "lambda:ListVersionsByFunction",
			"lambda:PublishVersion", "lambda:UpdateAlias",
		}, account.FunctionARN(app.Prefix()+"-*"))
	}
	groups := account.ARN("logs", "log-group:"+spec.LogGroup(app.Prefix()+"-*"))
	p.Allow("Logs", []string{
		"logs:CreateLogGroup", "logs:DeleteLogGroup", "logs:DeleteRetentionPolicy",
		"logs:FilterLogEvents",
		"logs:ListTagsForResource", "logs:PutRetentionPolicy", "logs:TagResource", "logs:UntagResource",
	}, groups, groups+":*")
	if slices.ContainsFunc(app.Functions, func(fn Function) bool { return fn.LogKMSKey != "" }) {
		// CloudWatch Logs uses the key by the key's own policy.
		// (https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html)
		p.Allow("LogKeys", []string{"logs:AssociateKmsKey", "logs:DisassociateKmsKey"},
			groups, groups+":*")
	}
	p.Allow("FindLogs", []string{"logs:DescribeLogGroups"}, "*")
	// API Gateway's actions are those of HTTP
	// (https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonapigatewaymanagementv2.html).
	apis := "arn:" + account.Partition + ":apigateway:" + account.Region + "::"
	p.Allow("APIs", []string{
		"apigateway:DELETE", "apigateway:GET", "apigateway:PATCH", "apigateway:POST", "apigateway:PUT",
		"apigateway:TagResource", "apigateway:UntagResource",
	}, apis+"/apis", apis+"/apis/*", apis+"/tags/*")
	for i, t := range app.Tables {
		p.Allow(fmt.Sprintf("Table%d", i+1), tableActions(t), account.ARN("dynamodb", "table/"+t.Name))
	}
	p.AllowSecrets(app, account, true)
	allowKeys(&p, app)
	if d := app.API.Domain; d != nil {
		p.Allow("Domain", []string{
			"apigateway:DELETE", "apigateway:GET", "apigateway:PATCH", "apigateway:POST",
			"apigateway:TagResource", "apigateway:UntagResource",
		}, apis+"/domainnames", apis+"/domainnames/"+d.Name, apis+"/domainnames/"+d.Name+"/*")
		allowDNS(&p, *d, account)
		// Creating the first custom domain name of an account creates this role.
		// (https://docs.aws.amazon.com/apigateway/latest/developerguide/using-service-linked-roles.html)
		p.Allow("DomainNames", []string{"iam:CreateServiceLinkedRole"},
			iam+"aws-service-role/ops.apigateway.amazonaws.com/AWSServiceRoleForAPIGateway")
	}
	for i, fn := range app.Functions {
		if fn.Role.ARN != "" {
			allowPassRole(&p, fmt.Sprintf("PassRole%d", i+1), fn.Role.ARN)
		}
		if len(fn.Layers) > 0 {
			p.Allow(fmt.Sprintf("Layers%d", i+1), []string{"lambda:GetLayerVersion"}, fn.Layers...)
		}
	}
	allowState(&p, app, account)
	allowTriggers(&p, app, account)
	if bucket, prefix, err := store.ParseURL(app.CodeURL); err == nil {
		p.Allow("Code", []string{"s3:GetObject", "s3:PutObject"}, "arn:"+account.Partition+":s3:::"+
			bucket+"/"+path.Join(prefix, app.Prefix())+"/*")
	}
	anywhere := []string{"sts:GetCallerIdentity"}
	if slices.ContainsFunc(app.Functions, func(fn Function) bool { return len(fn.SubnetIDs) > 0 }) {
		// Lambda reads the network with the permissions of the caller that creates the function.
		// (https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html)
		anywhere = append(anywhere,
			"ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcs")
	}
	p.Allow("Account", anywhere, "*")
	return p
}

// allowDNS lets the deployer request the certificate of a domain name, and write the records of
// that name and below it, where it does so. Both services have calls that name no resource.
// (https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscertificatemanager.html,
// https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/specifying-conditions-route53.html)
func allowDNS(p *Policy, d Domain, account Account) {
	if d.Request {
		p.Allow("RequestCertificate", []string{"acm:ListCertificates", "acm:RequestCertificate"}, "*")
		p.Allow("Certificate", []string{
			"acm:AddTagsToCertificate", "acm:DeleteCertificate", "acm:DescribeCertificate",
			"acm:ListTagsForCertificate", "acm:RemoveTagsFromCertificate",
		}, account.ARN("acm", "certificate/*"))
	}
	zone := d.HostedZone()
	if zone == spec.NoZone {
		return
	}
	if zone == spec.AutoZone {
		zone = "*"
	}
	route53 := "arn:" + account.Partition + ":route53:::"
	p.Allow("Zones", []string{"route53:ListHostedZones"}, "*")
	p.Allow("Changes", []string{"route53:GetChange"}, route53+"change/*")
	p.Allow("Records", []string{"route53:ListResourceRecordSets"}, route53+"hostedzone/"+zone)
	const names = "route53:ChangeResourceRecordSetsNormalizedRecordNames"
	for _, allowed := range []struct{ sid, operator, name string }{
		{"ChangeRecords", "ForAllValues:StringEquals", strings.ReplaceAll(d.Name, "*", `\052`)},
		{"ChangeValidation", "ForAllValues:StringLike", "_*." + strings.TrimPrefix(d.Name, "*.")},
	} {
		if allowed.sid == "ChangeValidation" && !d.Request {
			continue
		}
		p.Statement = append(p.Statement, spec.Statement{
			SID: allowed.sid, Effect: "Allow", Action: []string{"route53:ChangeResourceRecordSets"},
			Resource:  []string{route53 + "hostedzone/" + zone},
			Condition: spec.Condition{allowed.operator: {names: allowed.name}},
		})
	}
}

// allowPassRole lets the deployer give roles to functions, and to nothing else.
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html)
func allowPassRole(p *Policy, sid string, roles ...string) {
	p.Statement = append(p.Statement, spec.Statement{
		SID: sid, Effect: "Allow", Action: []string{"iam:PassRole"}, Resource: roles,
		Condition: spec.Condition{"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}},
	})
}

// allowState lets the deployer keep the state in S3. Without s3:ListBucket, S3 does not say that an
// object is missing, but that access is denied.
// (https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html)
func allowState(p *Policy, app Application, account Account) {
	bucket, prefix, err := store.ParseURL(app.StateURL)
	if err != nil {
		return
	}
	arn := "arn:" + account.Partition + ":s3:::" + bucket
	p.Allow("State", []string{"s3:DeleteObject", "s3:GetObject", "s3:PutObject"},
		arn+"/"+path.Join(prefix, app.Name, app.Stage)+".json*")
	p.Allow("StateBucket", []string{"s3:ListBucket"}, arn)
}

// tableActions returns what a deploy does with a table, sorted.
func tableActions(t Table) []string {
	actions := []string{
		"dynamodb:CreateTable", "dynamodb:DeleteTable", "dynamodb:DescribeTable",
		"dynamodb:DescribeTimeToLive", "dynamodb:ListTagsOfResource", "dynamodb:TagResource",
		"dynamodb:UntagResource", "dynamodb:UpdateTable", "dynamodb:UpdateTimeToLive",
	}
	if t.PointInTimeRecovery != nil {
		actions = append(actions,
			"dynamodb:DescribeContinuousBackups", "dynamodb:UpdateContinuousBackups")
		slices.Sort(actions)
	}
	return actions
}

// allowKeys allows to use the keys of functions and tables: these encrypt with the permissions of
// the caller.
// (https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars-encryption.html,
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html)
func allowKeys(p *Policy, app Application) {
	var keys []string
	for _, fn := range app.Functions {
		keys = append(keys, fn.KMSKeyARN)
	}
	for _, t := range app.Tables {
		keys = append(keys, t.KMSKeyARN)
	}
	slices.Sort(keys)
	keys = slices.DeleteFunc(slices.Compact(keys), func(key string) bool { return key == "" })
	if len(keys) > 0 {
		p.Allow("Keys", []string{
			"kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt",
		}, keys...)
	}
}
