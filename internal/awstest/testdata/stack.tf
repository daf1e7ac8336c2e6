# Everything that a WebSocket application of tyg is on AWS, as Terraform makes it.
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

variable "endpoint" {}
variable "zip" {
  default = "echo.zip"
}
variable "routes" {
  type    = set(string)
  default = ["$connect", "$default"]
}
variable "timeout" {
  default = 29
}

provider "aws" {
  region                  = "us-west-2"
  skip_metadata_api_check = true
  max_retries             = 2
  endpoints {
    apigatewayv2 = var.endpoint
    dynamodb     = var.endpoint
    iam          = var.endpoint
    lambda       = var.endpoint
    logs         = var.endpoint
    sts          = var.endpoint
  }
}

resource "aws_iam_role" "echo" {
  name = "echo-dev"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" }
    }]
  })
  tags = { app = "echo" }
}

resource "aws_iam_role_policy" "echo" {
  name = "echo-dev"
  role = aws_iam_role.echo.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow", Action = "execute-api:ManageConnections"
        Resource = "${aws_apigatewayv2_api.echo.execution_arn}/dev/*"
      },
      {
        Effect   = "Allow", Action = ["dynamodb:GetItem", "dynamodb:PutItem"]
        Resource = [aws_dynamodb_table.echo.arn, "${aws_dynamodb_table.echo.arn}/index/*"]
      },
    ]
  })
}

resource "aws_cloudwatch_log_group" "echo" {
  name              = "/aws/lambda/echo-dev"
  retention_in_days = 14
}

resource "aws_lambda_function" "echo" {
  function_name    = "echo-dev"
  role             = aws_iam_role.echo.arn
  runtime          = "provided.al2023"
  handler          = "bootstrap"
  architectures    = ["arm64"]
  filename         = var.zip
  source_code_hash = filebase64sha256(var.zip)
  timeout          = var.timeout
  memory_size      = 256
  environment {
    variables = { TABLE = aws_dynamodb_table.echo.name }
  }
  tags       = { app = "echo" }
  depends_on = [aws_cloudwatch_log_group.echo]
}

resource "aws_dynamodb_table" "echo" {
  name         = "echo-dev"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "PK"
  range_key    = "SK"
  attribute {
    name = "PK"
    type = "S"
  }
  attribute {
    name = "SK"
    type = "S"
  }
  global_secondary_index {
    name            = "ReverseLookup"
    hash_key        = "SK"
    range_key       = "PK"
    projection_type = "ALL"
  }
  ttl {
    attribute_name = "ttl"
    enabled        = true
  }
}

resource "aws_apigatewayv2_api" "echo" {
  name                       = "echo-dev"
  protocol_type              = "WEBSOCKET"
  route_selection_expression = "$request.body.action"
  tags                       = { app = "echo" }
}

resource "aws_apigatewayv2_integration" "echo" {
  api_id                    = aws_apigatewayv2_api.echo.id
  integration_type          = "AWS_PROXY"
  integration_uri           = aws_lambda_function.echo.invoke_arn
  content_handling_strategy = "CONVERT_TO_TEXT"
}

resource "aws_apigatewayv2_authorizer" "echo" {
  api_id           = aws_apigatewayv2_api.echo.id
  name             = "gate"
  authorizer_type  = "REQUEST"
  authorizer_uri   = aws_lambda_function.echo.invoke_arn
  identity_sources = ["route.request.querystring.token"]
}

resource "aws_apigatewayv2_route" "echo" {
  for_each                            = var.routes
  api_id                              = aws_apigatewayv2_api.echo.id
  route_key                           = each.key
  target                              = "integrations/${aws_apigatewayv2_integration.echo.id}"
  route_response_selection_expression = "$default"
  authorization_type                  = each.key == "$connect" ? "CUSTOM" : "NONE"
  authorizer_id                       = each.key == "$connect" ? aws_apigatewayv2_authorizer.echo.id : null
}

resource "aws_apigatewayv2_route_response" "echo" {
  api_id             = aws_apigatewayv2_api.echo.id
  route_id           = aws_apigatewayv2_route.echo["$default"].id
  route_response_key = "$default"
}

resource "aws_apigatewayv2_deployment" "echo" {
  api_id   = aws_apigatewayv2_api.echo.id
  triggers = { routes = join(" ", [for r in aws_apigatewayv2_route.echo : r.id]) }
  lifecycle {
    create_before_destroy = true
  }
  depends_on = [aws_apigatewayv2_route_response.echo]
}

resource "aws_apigatewayv2_stage" "echo" {
  api_id          = aws_apigatewayv2_api.echo.id
  name            = "dev"
  deployment_id   = aws_apigatewayv2_deployment.echo.id
  stage_variables = { colour = "blue" }
  default_route_settings {
    throttling_rate_limit  = 100
    throttling_burst_limit = 50
  }
}

resource "aws_apigatewayv2_domain_name" "echo" {
  domain_name = "ws.example.com"
  domain_name_configuration {
    certificate_arn = "arn:aws:acm:us-west-2:123456789012:certificate/00000000-0000-4000-8000-000000000000"
    endpoint_type   = "REGIONAL"
    security_policy = "TLS_1_2"
  }
}

resource "aws_apigatewayv2_api_mapping" "echo" {
  api_id      = aws_apigatewayv2_api.echo.id
  domain_name = aws_apigatewayv2_domain_name.echo.id
  stage       = aws_apigatewayv2_stage.echo.id
}

resource "aws_lambda_permission" "echo" {
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.echo.function_name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_apigatewayv2_api.echo.execution_arn}/*"
}

output "api" {
  value = aws_apigatewayv2_api.echo.id
}
