package main

// served is every operation that package awstest serves, or hands on.
var served = map[string]string{
	"iam": `AttachRolePolicy CreateRole CreateServiceLinkedRole DeleteRole
		DeleteRolePermissionsBoundary DeleteRolePolicy DetachRolePolicy GetRole GetRolePolicy
		ListAttachedRolePolicies ListInstanceProfilesForRole ListRolePolicies ListRoleTags
		PutRolePermissionsBoundary PutRolePolicy TagRole UntagRole UpdateAssumeRolePolicy
		UpdateRole`,
	"secretsmanager": `GetSecretValue`,
	"ssm":            `GetParameter GetParameters`,
	"sts":            `GetCallerIdentity`,
	"acm": `AddTagsToCertificate DeleteCertificate DescribeCertificate ListCertificates
		ListTagsForCertificate RemoveTagsFromCertificate RequestCertificate`,
	"route53": `ChangeResourceRecordSets GetChange ListHostedZones ListResourceRecordSets`,
	"logs": `AssociateKmsKey CreateLogGroup CreateLogStream DeleteLogGroup DeleteRetentionPolicy
		DescribeLogGroups DisassociateKmsKey FilterLogEvents ListTagsForResource PutLogEvents
		PutRetentionPolicy TagResource UntagResource`,
	"lambda": `AddPermission CreateAlias CreateFunction DeleteAlias DeleteFunction
		DeleteFunctionConcurrency GetAlias GetFunction
		GetFunctionCodeSigningConfig GetFunctionConcurrency GetFunctionConfiguration GetPolicy
		Invoke ListAliases ListFunctions ListTags ListVersionsByFunction PublishVersion
		PutFunctionConcurrency RemovePermission UpdateAlias TagResource UntagResource UpdateFunctionCode
		UpdateFunctionConfiguration CreateEventSourceMapping CreateFunctionUrlConfig
		DeleteEventSourceMapping DeleteFunctionUrlConfig GetEventSourceMapping
		GetFunctionUrlConfig ListEventSourceMappings UpdateEventSourceMapping
		UpdateFunctionUrlConfig`,
	"events": `DeleteRule DescribeRule ListTagsForResource ListTargetsByRule PutRule PutTargets
		RemoveTargets TagResource UntagResource`,
	"sns": `GetSubscriptionAttributes ListSubscriptionsByTopic SetSubscriptionAttributes
		Subscribe Unsubscribe`,
	"apigatewayv2": `CreateApi CreateApiMapping CreateAuthorizer CreateDeployment
		CreateDomainName CreateIntegration CreateRoute CreateRouteResponse CreateStage
		DeleteAccessLogSettings DeleteApi DeleteApiMapping DeleteAuthorizer DeleteDeployment
		DeleteDomainName DeleteIntegration DeleteRoute DeleteRouteResponse DeleteRouteSettings
		DeleteStage GetApi GetApiMapping GetApiMappings GetApis GetAuthorizer GetAuthorizers
		GetDeployment GetDeployments GetDomainName GetDomainNames GetIntegration GetIntegrations
		GetRoute GetRouteResponse GetRouteResponses GetRoutes GetStage GetStages GetTags
		TagResource UntagResource UpdateApi UpdateApiMapping UpdateAuthorizer UpdateDeployment
		UpdateDomainName UpdateIntegration UpdateRoute UpdateRouteResponse UpdateStage`,
	"dynamodb": `BatchGetItem BatchWriteItem CreateTable DeleteItem DeleteTable
		DescribeContinuousBackups DescribeTable DescribeTimeToLive GetItem ListTables
		ListTagsOfResource PutItem Query TagResource TransactWriteItems UntagResource
		UpdateContinuousBackups UpdateItem
		UpdateTable UpdateTimeToLive`,
}
