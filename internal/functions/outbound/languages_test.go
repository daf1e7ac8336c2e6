package outbound_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/internal/sampletest"
)

// run runs a program as a function, with the addresses as its last arguments, and expects that each
// call has arrived.
func (r rig) run(t *testing.T, times int, program string, args ...string) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		t.Skipf("calls from %s were not run: %v", program, err)
	}
	var want string
	for address, answer := range r.addresses() {
		args = append(args, address)
		want += strings.Repeat(answer+"\n", times)
	}
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Env = append(os.Environ(), r.Environ()...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if string(out) != want || err != nil {
		t.Errorf("%v, printed\n%s%swant\n%s", err, out, stderr.String(), want)
	}
}

// TestRuby: Ruby reaches the gateway at all addresses. It looks for a proxy in http_proxy only.
func TestRuby(t *testing.T) {
	start(t).run(t, 1, "ruby", "-e", `require "net/http"
ARGV.each do |address|
  uri = URI(address + "/@connections/a%3D")
  puts Net::HTTP.start(uri.host, uri.port, use_ssl: true) { |h| h.post(uri.path, "x").body }
end`)
}

// TestRubySDK: so does the client that all of AWS's SDK for Ruby shares.
func TestRubySDK(t *testing.T) {
	if exec.Command("ruby", "-e", `require "aws-sdk-core"`).Run() != nil {
		t.Skip("calls of the SDK for Ruby were not run: aws-sdk-core is not installed")
	}
	start(t).run(t, 1, "ruby", "-e", `require "aws-sdk-core"
api = Seahorse::Model::Api.new
api.add_operation(:post, Seahorse::Model::Operation.new)
client = Class.new(Seahorse::Client::Base).define(api: api)
ARGV.each do |address|
  request = client.new(endpoint: address).build_request(:post)
  request.handle_request do |context|
    context.http_request.http_method = "POST"
    context.http_request.endpoint = address + "/@connections/a%3D"
  end
  puts request.send_request.context.http_response.body_contents
end`)
}

// TestPHP: PHP reaches the gateway with curl, as AWS's SDK does, at all addresses.
func TestPHP(t *testing.T) {
	if exec.Command("php", "-r", "exit(function_exists('curl_init') ? 0 : 1);").Run() != nil {
		t.Skip("calls from PHP were not run: php or its curl extension is not installed")
	}
	start(t).run(t, 1, "php", "-r", `foreach (array_slice($argv, 1) as $address) {
    $call = curl_init($address . "/@connections/a%3D");
    curl_setopt_array($call, [CURLOPT_POSTFIELDS => "x", CURLOPT_RETURNTRANSFER => true]);
    $answer = curl_exec($call);
    echo $answer === false ? curl_error($call) : $answer, "\n";
}`, "--")
}

// TestPHPStreams: PHP without curl, which knows no proxy, trusts the gateway at its address.
func TestPHPStreams(t *testing.T) {
	if _, err := exec.LookPath("php"); err != nil {
		t.Skipf("calls from PHP were not run: %v", err)
	}
	r := start(t)
	cmd := exec.CommandContext(t.Context(), "php", "-r", `
$how = stream_context_create(["http" => ["method" => "POST"]]);
echo file_get_contents($argv[1] . "/@connections/a%3D", false, $how);`,
		"--", "https://"+r.address+"/api")
	cmd.Env = append(os.Environ(), r.Environ()...)
	out, err := cmd.CombinedOutput()
	if want := r.addresses()["https://"+r.address+"/api"]; string(out) != want || err != nil {
		t.Errorf("%v, printed %s, want %s", err, out, want)
	}
}

// javaSource calls as the SDK for Java does: by the proxy of HTTPS_PROXY, unless NO_PROXY has the
// host, with the certificates that Java trusts. It has no signature, which is not what differs.
// (https://docs.aws.amazon.com/sdk-for-java/latest/developer-guide/http-config-proxy-support.html)
const javaSource = `
import java.io.*;
import java.net.*;
import java.nio.charset.StandardCharsets;
import java.util.*;
import javax.net.ssl.*;

public class Calls {
  public static void main(String[] addresses) throws Exception {
    for (String address : addresses) System.out.println(call(new URI(address)));
  }

  static String call(URI uri) throws Exception {
    int port = uri.getPort() < 0 ? 443 : uri.getPort();
    List<String> direct = Arrays.asList(System.getenv("NO_PROXY").split(","));
    Socket plain;
    if (direct.contains(uri.getHost())) {
      plain = new Socket(uri.getHost(), port);
    } else {
      URI proxy = new URI(System.getenv("HTTPS_PROXY"));
      plain = new Socket(proxy.getHost(), proxy.getPort());
      String user = Base64.getEncoder().encodeToString(proxy.getUserInfo().getBytes());
      String target = uri.getHost() + ":" + port;
      plain.getOutputStream().write(("CONNECT " + target + " HTTP/1.1\r\nHost: " + target
          + "\r\nProxy-Authorization: Basic " + user + "\r\n\r\n").getBytes());
      if (!line(plain.getInputStream()).contains(" 200 ")) throw new IOException("proxy");
      while (!line(plain.getInputStream()).isEmpty()) { }
    }
    SSLSocketFactory factory = (SSLSocketFactory) SSLSocketFactory.getDefault();
    try (SSLSocket tls = (SSLSocket) factory.createSocket(plain, uri.getHost(), port, true)) {
      SSLParameters check = tls.getSSLParameters();
      check.setEndpointIdentificationAlgorithm("HTTPS");
      tls.setSSLParameters(check);
      tls.getOutputStream().write(("POST " + uri.getRawPath() + "/@connections/a%3D HTTP/1.1"
          + "\r\nHost: " + uri.getRawAuthority() + "\r\nContent-Length: 1"
          + "\r\nConnection: close\r\n\r\nx").getBytes());
      while (!line(tls.getInputStream()).isEmpty()) { }
      return new String(tls.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  static String line(InputStream in) throws IOException {
    StringBuilder text = new StringBuilder();
    for (int c = in.read(); c >= 0 && c != '\n'; c = in.read()) text.append((char) c);
    return text.toString().trim();
  }
}
`

// TestJava: Java reaches the gateway at all addresses, by the proxy for those on AWS.
func TestJava(t *testing.T) {
	sampletest.Part(t, 4) // it compiles for seconds
	if exec.Command("java", "--list-modules", "jdk.compiler").Run() != nil {
		t.Skip("calls from Java were not run: there is no JDK")
	}
	file := filepath.Join(t.TempDir(), "Calls.java")
	if err := os.WriteFile(file, []byte(javaSource), 0o600); err != nil {
		t.Fatal(err)
	}
	start(t).run(t, 1, "java", file)
}

// TestJavaTrustsWhatItTrusted: the authorities of the system are in the store, too.
func TestJavaTrustsWhatItTrusted(t *testing.T) {
	if _, err := exec.LookPath("keytool"); err != nil {
		t.Skipf("the store of Java was not read: %v", err)
	}
	r := start(t)
	_, store, _ := strings.Cut(r.env("JAVA_TOOL_OPTIONS"), "-Djavax.net.ssl.trustStore=")
	store, _, _ = strings.Cut(store, " ")
	out, err := exec.CommandContext(t.Context(), "keytool", "-list", "-keystore", store,
		"-storepass", "changeit", "-storetype", "JKS").CombinedOutput()
	bundle, _ := os.ReadFile(r.env("SSL_CERT_FILE"))
	want := strings.Count(string(bundle), "BEGIN CERTIFICATE")
	if got := strings.Count(string(out), "trustedCertEntry"); err != nil || got != want || got < 2 {
		t.Errorf("%v, keytool lists %d certificates, want %d: %.300s", err, got, want, out)
	}
}

// TestKeepsOptionsOfLanguages has a developer with options for each language.
func TestKeepsOptionsOfLanguages(t *testing.T) {
	r := start(t, "JAVA_TOOL_OPTIONS=-Xmx64m", "RUBYOPT=-W0", "PHP_INI_SCAN_DIR=/own")
	for name, prefix := range map[string]string{
		"JAVA_TOOL_OPTIONS": "-Xmx64m -Djavax.net.ssl.trustStore=",
		"RUBYOPT":           "-W0 -r",
		"PHP_INI_SCAN_DIR":  "/own" + string(os.PathListSeparator),
	} {
		if got := r.env(name); !strings.HasPrefix(got, prefix) || got == prefix {
			t.Errorf("%s is %q, want it to begin with %s", name, got, prefix)
		}
	}
	r = start(t, "JAVA_TOOL_OPTIONS=-Djavax.net.ssl.trustStore=/own")
	for _, entry := range r.Environ() {
		if strings.HasPrefix(entry, "JAVA_TOOL_OPTIONS=") {
			t.Errorf("a store of the developer was replaced: %s", entry)
		}
	}
}
