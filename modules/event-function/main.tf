locals {
  name = "${var.context.prefix}${var.name}"
}

resource "aws_lambda_function" "default" {
  function_name    = local.name
  description      = var.description
  architectures    = [var.architecture]
  filename         = local.has_dependencies ? local.built : data.archive_file.default.output_path
  handler          = var.handler
  memory_size      = var.memory_mb
  role             = aws_iam_role.default.arn
  runtime          = var.runtime
  source_code_hash = local.has_dependencies ? try(filebase64sha256(local.built), "") : data.archive_file.default.output_base64sha256
  tags             = var.context.tags
  timeout          = var.timeout_seconds

  dynamic "dead_letter_config" {
    for_each = aws_sqs_queue.dead_letters
    content {
      target_arn = dead_letter_config.value.arn
    }
  }

  dynamic "environment" {
    for_each = length(var.environment) > 0 ? { default = var.environment } : {}
    content {
      variables = environment.value
    }
  }

  lifecycle {
    precondition {
      condition     = !local.has_dependencies || fileexists(local.built)
      error_message = "The dependencies of ${var.source_dir} are not installed for ${var.runtime} on ${var.architecture}. presso does that before it plans; for other uses of this module: presso build NAME."
    }
  }

  # A function that runs before its log group exists would make one itself,
  # which nothing would ever delete; and its role must already allow its calls.
  depends_on = [
    aws_cloudwatch_log_group.default,
    aws_iam_role_policy.default,
  ]
}

resource "aws_cloudwatch_log_group" "default" {
  name              = "/aws/lambda/${local.name}"
  retention_in_days = var.log_days
  tags              = var.context.tags
}

resource "aws_lambda_event_source_mapping" "default" {
  for_each                           = var.queue == null ? {} : { queue = var.queue }
  event_source_arn                   = each.value.arn
  function_name                      = aws_lambda_function.default.arn
  function_response_types            = ["ReportBatchItemFailures"]
  batch_size                         = each.value.batch_size
  maximum_batching_window_in_seconds = each.value.batching_window_seconds
  tags                               = var.context.tags

  dynamic "scaling_config" {
    for_each = each.value.maximum_concurrency == null ? {} : { default = each.value.maximum_concurrency }
    content {
      maximum_concurrency = scaling_config.value
    }
  }
}
