package host

// Parse is parse.
var Parse = parse
