// Package template writes an application down for who deploys with CloudFormation or Terraform: the
// same resources, with the same names, policies and settings, that package deploy makes by itself.
//
//	text, err := template.CloudFormation(app, template.Options{})
//	text, err := template.Terraform(app, template.Options{})
//
// Both ask nobody. The account, the region and the partition are left for the tools to fill in, so
// that one template serves everywhere. The code of the functions is a file beside the template,
// [Zip].
//
// The stage of the API deploys by itself: routes that come, change or go are live, changed or gone
// seconds after the tool has ended. Package deploy publishes all changes at once; here each is live
// when it is made, in an order in which nothing leads to what is not there.
//
// Tables hold what people have written: CloudFormation keeps them when the stack is deleted, and
// Terraform refuses to destroy them.
//
// # Reading the source
//
// cloudformation.go and terraform.go are the ways through; the files that begin with cfn and tf
// have one kind of resource each. value.go says how text with references in it is written, and
// merge.go how a template is changed by whoever uses it.
package template
