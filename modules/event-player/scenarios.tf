# The scenarios are objects in a bucket, which the player reads a block at a
# time, by its range of bytes. So neither a definition nor a state grows with
# them, and Terraform does not decode them: some thousands of events would take
# it seconds, at every plan.
resource "aws_s3_bucket" "default" {
  bucket = local.bucket
  tags   = local.tags
}

resource "aws_s3_object" "default" {
  for_each     = local.files
  bucket       = aws_s3_bucket.default.bucket
  key          = "${each.key}.json"
  content_type = "application/json"
  content      = contains(keys(local.decoded), each.key) ? local.texts[each.key] : null
  source       = contains(keys(local.decoded), each.key) ? null : each.value
  source_hash  = filemd5(each.value)
}

locals {
  folder = coalesce(var.scenarios_dir, "${path.module}/scenarios")
  files = {
    for file in fileset(local.folder, "*.json") :
    trimsuffix(file, ".json") => "${local.folder}/${file}"
  }

  # One event a line, as `presso scenario` writes them; other JSON is made so.
  # An expression for the whole text would take Terraform a second for a file of
  # some megabytes. Line breaks and what is around each are quickly counted.
  start    = "    \\{\"at\": [0-9]+, \""
  open     = "  \"events\": [\n"
  contents = { for name, path in local.files : name => file(path) }
  parts = {
    for name, content in local.contents : name => split(local.open, content)
    if can(regex("^\\{\n[^\\[]*  \"events\": \\[\n${local.start}", content)) && endswith(content, "}\n  ]\n}\n")
  }
  bodies = { for name, parts in local.parts : name => trimsuffix(parts[1], "\n  ]\n}\n") }
  lined = {
    for name, body in local.bodies : name => split(",\n", body)
    if length(split("\n", body)) == 1 + length(regexall("\\},\n${local.start}", body))
  }
  decoded = {
    for name, content in local.contents : name => jsondecode(content) if !contains(keys(local.lined), name)
  }
  heads = {
    for name in keys(local.files) :
    name => contains(keys(local.lined), name) ? "${local.parts[name][0]}${local.open}" : "{\n${local.open}"
  }
  rows = merge(local.lined, {
    for name, scenario in local.decoded : name => [for event in scenario.events : "    ${jsonencode(event)}"]
  })
  texts = merge(
    { for name in keys(local.lined) : name => local.contents[name] },
    { for name in keys(local.decoded) : name => "${local.heads[name]}${join(",\n", local.rows[name])}\n  ]\n}\n" }
  )

  summaries = {
    for name, rows in local.rows : name => {
      for key, value in merge(
        try(local.decoded[name], jsondecode("${local.heads[name]}]}")),
        { events = length(rows) }
      ) : key => value if contains(["title", "minutes", "orders", "events"], key)
    }
  }

  # Where each block is in its object, after the head, two bytes between them.
  # The size of a text is known by its base64: three bytes for four characters.
  block_rows = 50
  sizes = {
    for name, rows in local.rows : name => [
      for text in [
        for part in concat([[local.heads[name]]], chunklist(rows, local.block_rows)) :
        base64encode(join(",\n", part))
      ] :
      length(text) / 4 * 3 - (endswith(text, "==") ? 2 : endswith(text, "=") ? 1 : 0)
    ]
  }
  ranges = {
    for name, sizes in local.sizes : name => [
      for place in range(1, length(sizes)) : format(
        "bytes=%d-%d",
        sum(slice(sizes, 0, place)) + 2 * (place - 1),
        sum(slice(sizes, 0, place + 1)) + 2 * (place - 1) - 1
      )
    ]
  }

  # A call puts up to ten events of one second, and takes nine entries of an
  # execution's history; a block takes seventeen, and may split a second in two.
  seconds = {
    for name, rows in local.rows :
    name => try(tonumber(regex("\"at\": ?([0-9]+)", rows[length(rows) - 1])[0]), 0) + 1
  }
  history = {
    for name, rows in local.rows : name => (
      9 * min(length(rows), local.seconds[name] + ceil(length(rows) / 10))
      + 26 * ceil(length(rows) / local.block_rows) + 20
    )
  }
}
