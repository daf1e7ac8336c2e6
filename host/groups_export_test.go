package host

// OpenGroups is openGroups.
var OpenGroups = openGroups
