package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// signNamespace keeps a signature from counting as one of something else, such as a commit.
const signNamespace = "tyg-release"

// verifyCommand verifies the signature.
const verifyCommand = "ssh-keygen -Y verify -f allowed_signers -I tyg -n " + signNamespace +
	" -s checksums.txt.sig < checksums.txt"

// sign signs the checksums with an SSH key, which may be in an agent or on a token, if there is
// one: checksums.txt.sig. It uses OpenSSH because its users have it: it comes with Linux, macOS,
// Windows and Git.
func (r *release) sign(ctx context.Context) error {
	if r.Key == "" {
		return nil
	}
	sums := filepath.Join(r.Out, "checksums.txt")
	cmd := exec.CommandContext(ctx, "ssh-keygen", "-Y", "sign", "-f", r.Key, "-n", signNamespace, sums)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr // for the passphrase
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("sign checksums with %s: %w; the key must be that of ssh-keygen -t ed25519, "+
			"or its public half if ssh-agent has it", r.Key, err)
	}
	return nil
}
