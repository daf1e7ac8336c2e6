package lambda

import (
	"time"

	"github.com/tyg-dev/tyg/internal/awstest/wire"
)

// interfaceLife is how long the network interfaces of a function stay after it has left a VPC.
// (https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html)
const interfaceLife = 20 * time.Minute

// checkVPC refuses a VPC to a role that may not make network interfaces.
func (s *State) checkVPC(in wire.Params) error {
	if len(in.Obj("VpcConfig").Strs("SubnetIds")) == 0 {
		return nil
	}
	if len(in.Obj("VpcConfig").Strs("SecurityGroupIds")) == 0 {
		return badParameter("SecurityGroupIds must not be empty when SubnetIds are given.")
	}
	role := in.Str("Role")
	if f := s.functions[functionName(in.Str("FunctionName"))]; role == "" && f != nil {
		role = wire.Params(f.config).Str("Role")
	}
	if !s.roles.Allows(role, "ec2:CreateNetworkInterface", "*") {
		return badParameter("The provided execution role does not have permissions to call " +
			"CreateNetworkInterface on EC2")
	}
	return nil
}

// join puts a function into a VPC, or takes it out of it.
func (f *function) join(vpc wire.Params) {
	was := wire.Params(f.config).Obj("VpcConfig").Strs("SubnetIds")
	f.config["VpcConfig"] = map[string]any{
		"SubnetIds": vpc["SubnetIds"], "SecurityGroupIds": vpc["SecurityGroupIds"], "VpcId": "vpc-0",
		"Ipv6AllowedForDualStack": vpc.Flag("Ipv6AllowedForDualStack"),
	}
	f.leaving = len(was) > 0 && len(vpc.Strs("SubnetIds")) == 0
}

// interfaces returns the network interfaces of functions that have left a VPC. Lambda deletes them
// after a while if the role of the function allows it then, and never otherwise.
func (s *State) interfaces() []string {
	now := s.Now()
	for _, f := range s.functions {
		if f.leaving {
			f.leaving, f.leaves = false, now.Add(interfaceLife)
		}
		if f.leaves.IsZero() || now.Before(f.leaves) {
			continue
		}
		f.leaves = time.Time{}
		if !s.roles.Allows(wire.Params(f.config).Str("Role"), "ec2:DeleteNetworkInterface", "*") {
			s.lost[f.name] = true
		}
	}
	var all []string
	for name := range s.lost {
		all = append(all, "ec2 network interface of "+name)
	}
	return all
}
