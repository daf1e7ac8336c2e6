package spec

// NewBundleWithin is NewBundle with other limits, in bytes.
func NewBundleWithin(bootstrap []byte, zip, unpacked int) (*Bundle, error) {
	return bundleLimits{zip, unpacked}.bundle(bootstrap)
}

// The limits of a deployment package, in bytes.
const (
	MaxZip      = maxZip
	MaxUnpacked = maxUnpacked
)
