"""What Linux has to keep a program inside: namespaces, Landlock, seccomp and limits.

`presso.confinement` defines what a program may do; `runner` is the small program in between that gives up the
rest and becomes the program. It starts often, so this package imports only what a bare Python loads fast.
"""

# The environment of the program that `runner` becomes, in one variable of its own.
ENVIRONMENT = "PRESSO_ENVIRONMENT"
