// Package template has what CloudFormation and Terraform share: options, identifiers, and values in
// which both find references. Packages cfn and tf below it write an application as a template: the
// same resources, with the same names, policies and settings, that package deploy makes.
//
//	text, err := cfn.Template(app, template.Options{})
//	text, err := tf.Config(app, template.Options{})
//
// Both call nothing. The account, the region and the partition are left for the tools to fill in,
// so that one template serves everywhere. The code of the functions is a file beside the template,
// [Zip].
//
// The stage of the API deploys by itself: routes that come, change or go are live, changed or gone
// seconds after the tool has ended. Package deploy publishes all changes at once; here each is live
// when it is made, in an order in which no route leads to a function that is not there.
//
// Tables hold data: CloudFormation keeps them when the stack is deleted, and Terraform refuses to
// destroy them.
//
// # Reading the source
//
// cfn/cfn.go and tf/tf.go are the ways through; the files beside them have one kind of resource
// each. dialect.go says how text with references in it is written, and merge.go how a merge patch
// changes a template.
package template
