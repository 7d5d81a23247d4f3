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
  content      = try(local.texts[each.key], null)
  source       = contains(keys(local.texts), each.key) ? null : each.value
  source_hash  = local.digests[each.key]
}

locals {
  folder = coalesce(var.scenarios_dir, "${path.module}/scenarios")
  files = {
    for file in fileset(local.folder, "*.json") :
    trimsuffix(file, ".json") => "${local.folder}/${file}"
  }
  digests = { for name, path in local.files : name => filemd5(path) }

  # `presso scenario` writes an index with all that is needed of the scenarios.
  # An entry holds for the file of its MD5: any other is read here, its events
  # one a line.
  index   = try(yamldecode(file("${local.folder}/index.yaml")), {})
  indexed = { for name, md5 in local.digests : name => local.index[name] if try(local.index[name].md5 == md5, false) }
  decoded = {
    for name, path in local.files : name => jsondecode(file(path)) if !contains(keys(local.indexed), name)
  }
  head  = "{\n  \"events\": [\n"
  rows  = { for name, scenario in local.decoded : name => [for event in scenario.events : "    ${jsonencode(event)}"] }
  texts = { for name, rows in local.rows : name => "${local.head}${join(",\n", rows)}\n  ]\n}\n" }

  # Where each block is in its object, after the head, two bytes between them.
  # The size of a text is known by its base64: three bytes for four characters.
  block_rows = 50
  sizes = {
    for name, rows in local.rows : name => [
      for text in [
        for part in concat([[local.head]], chunklist(rows, local.block_rows)) :
        base64encode(join(",\n", part))
      ] :
      length(text) / 4 * 3 - (endswith(text, "==") ? 2 : endswith(text, "=") ? 1 : 0)
    ]
  }
  computed_ranges = {
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
    for name, scenario in local.decoded : name => try(floor(scenario.events[length(scenario.events) - 1].at), 0) + 1
  }
  computed_history = {
    for name, rows in local.rows : name => (
      9 * min(length(rows), local.seconds[name] + ceil(length(rows) / 10))
      + 26 * ceil(length(rows) / local.block_rows) + 20
    )
  }

  ranges  = merge(local.computed_ranges, { for name, entry in local.indexed : name => entry.ranges })
  largest = merge({ for name, sizes in local.sizes : name => max(sizes...) }, { for name, entry in local.indexed : name => entry.largest })
  history = merge(local.computed_history, { for name, entry in local.indexed : name => entry.history })
  summaries = {
    for name, scenario in merge(
      { for name, scenario in local.decoded : name => merge(scenario, { events = length(scenario.events) }) },
      local.indexed
    ) : name => { for key, value in scenario : key => value if contains(["title", "minutes", "orders", "events"], key) }
  }
}
