"""EC2: what is looked up."""

from __future__ import annotations

from offline_aws.services.ec2_lookups import DATA_SOURCES as LOOKUPS
from offline_aws.services.ec2_networks import NETWORKS

DATA_SOURCES = {**LOOKUPS, **NETWORKS}
