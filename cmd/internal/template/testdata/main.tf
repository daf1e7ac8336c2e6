terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {
  skip_credentials_validation = true
  skip_requesting_account_id  = true
  skip_metadata_api_check     = true
}

resource "aws_iam_role" "functions" {
  name = "functions"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } }]
  })
}

resource "aws_lambda_layer_version" "shared" {
  layer_name = "shared"
  filename   = "${path.module}/layer.zip"
}

resource "aws_lambda_function" "all" {
  for_each      = toset(["connect", "echo"])
  function_name = "ws-${each.key}"
  role          = aws_iam_role.functions.arn
  runtime       = "python3.12"
  handler       = "app.${each.key}"
  filename      = "${path.module}/src.zip"
  layers        = [aws_lambda_layer_version.shared.arn]
  environment {
    variables = { TABLE = aws_dynamodb_table.clients.name }
  }
}

resource "aws_dynamodb_table" "clients" {
  name         = "clients"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"
  attribute {
    name = "id"
    type = "S"
  }
}

resource "aws_apigatewayv2_api" "ws" {
  name                       = "ws"
  protocol_type              = "WEBSOCKET"
  route_selection_expression = "$request.body.action"
}

resource "aws_apigatewayv2_integration" "all" {
  for_each         = aws_lambda_function.all
  api_id           = aws_apigatewayv2_api.ws.id
  integration_type = "AWS_PROXY"
  integration_uri  = each.value.invoke_arn
}

resource "aws_apigatewayv2_route" "connect" {
  api_id    = aws_apigatewayv2_api.ws.id
  route_key = "$connect"
  target    = "integrations/${aws_apigatewayv2_integration.all["connect"].id}"
}

resource "aws_apigatewayv2_route" "default" {
  api_id    = aws_apigatewayv2_api.ws.id
  route_key = "$default"
  target    = "integrations/${aws_apigatewayv2_integration.all["echo"].id}"
}

module "send" {
  source   = "./route"
  for_each = { send = "echo", join = "connect" }
  api      = aws_apigatewayv2_api.ws.id
  key      = each.key
  function = aws_lambda_function.all[each.value]
}

resource "aws_apigatewayv2_stage" "live" {
  api_id          = aws_apigatewayv2_api.ws.id
  name            = "live"
  auto_deploy     = true
  stage_variables = { colour = "blue" }
}
