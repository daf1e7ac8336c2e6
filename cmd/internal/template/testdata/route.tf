variable "api" {}
variable "key" {}
variable "function" {}

resource "aws_apigatewayv2_integration" "own" {
  api_id           = var.api
  integration_type = "AWS_PROXY"
  integration_uri  = var.function.invoke_arn
}

resource "aws_apigatewayv2_route" "own" {
  api_id    = var.api
  route_key = var.key
  target    = "integrations/${aws_apigatewayv2_integration.own.id}"
}
