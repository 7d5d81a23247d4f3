# What Lambda gets: the code as it is, or, where it declares dependencies, the
# package that presso has built of both. The name of that is a hash of its files,
# runtime and architecture, so that no other package can take its place.
locals {
  # What tools leave beside the code.
  left_out = "(^|/)(\\.git|\\.hypothesis|\\.mypy_cache|\\.pytest_cache|\\.ruff_cache|\\.terraform|\\.venv|__pycache__|build|node_modules)/|(^|/)\\.(DS_Store|git)$|\\.pyc$"

  has_dependencies = (
    startswith(var.runtime, "python")
    ? fileexists("${var.source_dir}/requirements.txt")
    : length(try(jsondecode(file("${var.source_dir}/package.json")).dependencies, {})) > 0
  )
  files = !local.has_dependencies ? [] : [
    for file in sort(fileset(var.source_dir, "**")) : file if !can(regex(local.left_out, file))
  ]
  key = sha256(join("\n", concat(
    ["presso packages 1", var.runtime, var.architecture],
    [for file in local.files : "${filesha256("${var.source_dir}/${file}")} ${file}"],
  )))
  built = "${var.source_dir}/build/${substr(local.key, 0, 32)}.zip"
}

data "archive_file" "default" {
  type             = "zip"
  source_dir       = var.source_dir
  output_path      = "${path.root}/build/${local.name}.zip"
  output_file_mode = "0644"
  excludes         = ["**/__pycache__/**", "**/*.pyc", "**/.DS_Store", "build/**"]
}
