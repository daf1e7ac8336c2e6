package deploy

// Report returns the lines that say where the application is: the functions in the order in which they
// were made, then the URL of the API, then its custom domain name.
func (s State) Report() []string {
	lines := []string{"Resources deployed:"}
	for _, fn := range s.Of(TypeFunction) {
		lines = append(lines, "  - Lambda ARN: "+fn.FunctionARN)
	}
	if url := s.URL(); url != "" {
		lines = append(lines, "  - Websocket API URL: "+url)
	}
	for _, d := range s.Of(TypeDomain) {
		lines = append(lines, "  - Custom domain name:",
			"      HostedZoneId: "+d.HostedZoneID, "      AliasDomainName: "+d.AliasDomainName)
	}
	return lines
}

// URL returns where clients connect, or "" if nothing is deployed.
func (s State) URL() string {
	api, _ := s.Find(TypeAPI, "websocket_api")
	return api.APIURL
}
