// Package plan has the steps of a deploy: how they are collected, carried out and written down.
//
// A [Kind] finds what there is of one kind of resource. What it has found adds steps to a
// [Planner]. A [Run] carries them out, and keeps a [State], the state file, as AWS is.
package plan
