package template_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/tyg-dev/tyg/cmd/internal/template"
)

func TestNear(t *testing.T) {
	const api = "Resources: {Api: {Type: AWS::ApiGatewayV2::Api}}"
	for _, tt := range []struct {
		name  string
		files map[string]string
		want  string
	}{
		{"nothing", map[string]string{"README.md": api, "src/app.py": ""}, ""},
		{
			"below",
			map[string]string{"a/b/template.yml": api, "backend/template.yml": api},
			"a template is at backend/template.yml; run: tyg local --template backend/template.yml",
		},
		{
			"another name",
			map[string]string{"stack.yaml": api, "other.yaml": "a: 1"},
			"a template is at stack.yaml; run: tyg local --template stack.yaml",
		},
		{
			"Serverless",
			map[string]string{"api/serverless.dev.yml": "events:\n  - websocket: $connect\n"},
			"a template is at api/serverless.dev.yml; run: tyg local --template api/serverless.dev.yml",
		},
		{
			"program",
			map[string]string{"api/serverless.ts": "export default {}"},
			"a template is at api/serverless.ts; run: tyg local --template api/serverless.ts",
		},
		{
			"CDK",
			map[string]string{"infra/cdk.json": "{}"},
			"a project of the CDK is in infra; run there: npx cdk synth && tyg local",
		},
		{
			"CDK that is printed",
			map[string]string{"infra/cdk.json": "{}", "infra/cdk.out/x": ""},
			"a project of the CDK is in infra; run there: tyg local",
		},
		{
			"Terraform",
			map[string]string{"a.tf": "", "main.tf": `resource "aws_apigatewayv2_api" "x" {}`},
			"a project of Terraform is here; run: terraform plan -out plan && " +
				"terraform show -json plan > plan.json && tyg local --template plan.json",
		},
		{
			"of others", map[string]string{
				"node_modules/x/template.yaml": api, ".git/template.yaml": api, "a/b/c/d/template.yaml": api,
			}, "",
		},
	} {
		dir := t.TempDir()
		for name, text := range tt.files {
			path := filepath.Join(dir, filepath.FromSlash(name))
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if got := template.Near(dir); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}
