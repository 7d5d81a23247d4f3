# A guest is a phone: it signs up with a random name and password of its own, and
# gives no address. Admins are made by the owner, baristas and displays by admins, too.
resource "aws_cognito_user_pool" "default" {
  name                = "${var.context.prefix}users"
  deletion_protection = "INACTIVE"
  # Sign-up, sign-in and groups are all that the bar uses; AWS's default costs three times as much a guest.
  user_pool_tier = "LITE"
  tags           = var.context.tags

  admin_create_user_config {
    allow_admin_create_user_only = false
  }

  lambda_config {
    pre_sign_up = module.signup.arn
  }

  password_policy {
    minimum_length    = 24
    require_lowercase = false
    require_numbers   = false
    require_symbols   = false
    require_uppercase = false
  }
}

resource "aws_cognito_user_pool_client" "default" {
  name                          = "pages"
  user_pool_id                  = aws_cognito_user_pool.default.id
  explicit_auth_flows           = ["ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_PASSWORD_AUTH"]
  prevent_user_existence_errors = "ENABLED"
  id_token_validity             = 1
  access_token_validity         = 1
  refresh_token_validity        = 1
}

# What their members may do, the functions know by these names.
resource "aws_cognito_user_group" "default" {
  for_each = {
    admin   = "Open and close the shop, change its settings, and all that baristas do"
    barista = "Claim and complete orders"
    display = "Show the code"
  }
  name         = each.key
  user_pool_id = aws_cognito_user_pool.default.id
  description  = each.value
}

module "staff" {
  source      = "../../event-function"
  context     = var.context
  name        = "staff"
  description = "Shows, adds and removes baristas and displays for admins"
  source_dir  = "${path.module}/../functions"
  handler     = "staff.handler"
  environment = {
    POOL   = aws_cognito_user_pool.default.id
    TENANT = var.context.tenant
  }
  policy_statements = {
    Staff = {
      actions = [
        "cognito-idp:AdminAddUserToGroup",
        "cognito-idp:AdminCreateUser",
        "cognito-idp:AdminDeleteUser",
        "cognito-idp:AdminSetUserPassword",
        "cognito-idp:ListUsersInGroup",
      ]
      resources = [aws_cognito_user_pool.default.arn]
    }
  }
}

module "signup" {
  source      = "../../event-function"
  context     = var.context
  name        = "signup"
  description = "Confirms guests who sign up"
  source_dir  = "${path.module}/../functions"
  handler     = "signup.handler"
}

resource "aws_lambda_permission" "signup" {
  statement_id  = "own-users"
  action        = "lambda:InvokeFunction"
  function_name = module.signup.name
  principal     = "cognito-idp.amazonaws.com"
  source_arn    = aws_cognito_user_pool.default.arn
}
