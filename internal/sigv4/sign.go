package sigv4

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Sign signs r, whose body will be body, in its Authorization header; r.Body is not read. It also
// sets X-Amz-Date and, for temporary credentials, X-Amz-Security-Token. The signature covers these,
// the host, and the headers Content-Type and X-Amz-* of r, which proxies do not change. The path
// and the query must not be changed afterwards.
//
// If r has a header X-Amz-Content-Sha256, its value is used as the hash of the body; set it to
// "UNSIGNED-PAYLOAD" if the body is not known yet.
func Sign(
	r *http.Request, body []byte, cred Credentials, region, service string, at time.Time,
) {
	at = at.UTC()
	r.Header.Set("X-Amz-Date", at.Format(timeFormat))
	if cred.SessionToken != "" {
		r.Header.Set("X-Amz-Security-Token", cred.SessionToken)
	}
	s := &signature{
		accessKeyID: cred.AccessKeyID,
		scope:       scope{date: at.Format(dateFormat), region: region, service: service},
		headers:     headersToSign(r.Header),
		at:          at,
	}
	s.sum = s.compute(r, cred.SecretAccessKey, cmp.Or(statedHash(r), hashHex(body)))
	r.Header.Set("Authorization", algorithm+
		" Credential="+s.accessKeyID+"/"+s.scope.String()+
		", SignedHeaders="+strings.Join(s.headers, ";")+
		", Signature="+s.sum)
}

func headersToSign(h http.Header) []string {
	names := []string{"host"}
	for name := range h {
		name = strings.ToLower(name)
		if name == "content-type" || strings.HasPrefix(name, "x-amz-") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
